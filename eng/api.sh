# A shell to call the API of the hub that runs with ./data: source eng/api.sh, beside the data folder. Needs curl, node and openssl.
hub() { node -p "JSON.parse(require('fs').readFileSync('data/connection.json','utf8')).$1"; }
field() { node -p "JSON.parse(require('fs').readFileSync(0,'utf8')).$1"; }
sas() { node -p '
  const text = JSON.parse(require("fs").readFileSync("data/connection.json", "utf8")).serviceConnectionString;
  const part = (name) => new RegExp(`${name}=([^;]+)`).exec(text)[1];
  const resource = encodeURIComponent(part("HostName")), expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = require("crypto").createHmac("sha256", Buffer.from(part("SharedAccessKey"), "base64")).update(`${resource}\n${expiry}`).digest("base64");
  `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${part("SharedAccessKeyName")}`'; }
call() { curl --silent --show-error --fail-with-body --cacert data/ca.pem --header "Authorization: $1" --request "$2" "https://$(hub hostName):$(hub httpsPort)/api/v1$3" "${@:4}"; echo; }

# owner METHOD PATH [curl's options]: as the policy iothubowner.
owner() { call "$(sas)" "$@"; }

# as NAME METHOD PATH [curl's options]: as the principal whose token is in the variable NAME.
as() { call "Bearer ${!1}" "${@:2}"; }

# principal NAME ROLE: makes a principal; its token goes into the variable NAME.
principal() { declare -g "$1=$(owner POST /principals --json "{\"name\":\"$1\",\"roles\":[\"$2\"]}" | field token)"; }

# release NAME VERSION FILE MODEL: signs the file with ./signing.pem (made at the first call, and registered as the key "firmware"), uploads and publishes it.
release() {
  local id="$1@$2" artifact="${3##*/}" upload signature key
  [ -e signing.pem ] || openssl ecparam -name prime256v1 -genkey -noout -out signing.pem
  key="$(openssl ec -in signing.pem -pubout 2>/dev/null | node -p 'JSON.stringify(require("fs").readFileSync(0,"utf8"))')"
  signature="$(openssl dgst -sha256 -sign signing.pem "$3" | base64 -w0)"
  owner PUT /signing-keys/firmware --json "{\"pem\":$key}" >/dev/null &&
    owner POST /releases --json "{\"name\":\"$1\",\"version\":\"$2\",\"compatibility\":{\"models\":[\"$4\"]}}" >/dev/null &&
    upload="$(owner POST "/releases/$id/artifacts" --json "{\"name\":\"$artifact\",\"signature\":{\"keyId\":\"firmware\",\"value\":\"$signature\"}}" | field uploadUrl)" &&
    curl --silent --show-error --fail-with-body --cacert data/ca.pem --upload-file "$3" "$upload" >/dev/null &&
    owner POST "/releases/$id/publish" | node -p 'const r = JSON.parse(require("fs").readFileSync(0, "utf8")); `${r.id} is ${r.status}`'
}
