# What ./run, ./cluster, ./test and ./bench share. Sourced; $root is the repository.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

missing() {
  echo "muster: $1" >&2
  exit 5
}

need_dotnet() {
  command -v dotnet >/dev/null || missing "the .NET 10 SDK is missing: no dotnet on the PATH (https://dotnet.microsoft.com/download)"
  # From the repository: global.json says which SDK.
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    missing "the .NET 10 SDK is missing: 'dotnet --list-sdks' has none that global.json accepts"
  # Our programs look for their runtime in the usual folders, not along the PATH.
  local folder
  folder="$(dirname "$(readlink -f "$(command -v dotnet)")")"
  [ ! -d "$folder/host/fxr" ] || export DOTNET_ROOT="${DOTNET_ROOT:-$folder}"
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null || missing "Node 20 is missing: no node and npm on the PATH"
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || missing "Node 20 is missing: this is $(node --version)"
}

# Installs Debian packages that are not there yet.
need_packages() {
  local wanted=() package sudo=""
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || wanted+=("$package")
  done
  [ "${#wanted[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || missing "needed and not installed: ${wanted[*]}"
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  echo "Installing ${wanted[*]} ..."
  { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${wanted[@]}"; } >/dev/null 2>&1 ||
    missing "apt-get could not install: ${wanted[*]}"
}

# Installs the npm packages of a folder, if they are not those of its lock file.
need_npm() {
  # npm leaves a copy of the lock file in node_modules: an older one than ours means that something was added since.
  local folder="$root/$1" copy="$root/$1/node_modules/.package-lock.json"
  [ ! -e "$copy" ] || [ "$folder/package-lock.json" -nt "$copy" ] || return 0
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error) || missing "npm could not install the packages of $1"
  touch "$copy"
}

# build PROJECT... in Release; says nothing but how long it took, or the errors.
build() {
  local log="$root/artifacts/build.log" started=$SECONDS project
  mkdir -p "$root/artifacts"
  for project in "$@"; do
    # Without the lock's descriptor: the compiler and build servers that stay behind would hold it for many minutes.
    # The committed lock files pin what is restored; CI=true would also refuse to run where they lag behind a project.
    if ! (cd "$root" && dotnet build "$project" -c Release -v quiet -nologo --tl:off -p:RestoreLockedMode=false 9>&-) >"$log" 2>&1; then
      grep -E "error|warning" "$log" | sort -u | head -20 >&2 || tail -20 "$log" >&2
      echo "muster: the build failed (all of it is in $log)" >&2
      exit 1
    fi
  done
  echo "Built in $((SECONDS - started)) s."
}

# One build at a time in this clone: tests start several hubs at once.
with_build_lock() {
  mkdir -p "$root/artifacts"
  exec 9>"$root/artifacts/build.lock"
  flock 9
  "$@"
  exec 9>&-
}

product=(Grains.Interfaces Grains Storage Hub Gateway.Api Silo Simulator deploy/Local)

# True if nothing that the product is built from is newer than its last build.
product_is_built() {
  local stamp="$root/artifacts/product.built"
  [ -e "$stamp" ] && [ -e "$root/artifacts/bin/Silo/release/Muster.Silo.dll" ] && [ -e "$root/artifacts/bin/Simulator/release/Muster.Simulator.dll" ] &&
    [ -e "$root/artifacts/bin/LocalCluster/release/Muster.LocalCluster.dll" ] &&
    [ -z "$(cd "$root" && find "${product[@]}" Directory.Build.props Directory.Packages.props global.json .editorconfig BannedSymbols.txt \
      \( -name bin -o -name obj \) -prune -o -newer "$stamp" -print -quit)" ]
}

build_product() {
  ! product_is_built || return 0
  echo "Building Muster (the first time takes a minute or two) ..."
  touch "$root/artifacts/product.building"
  build Silo Simulator deploy/Local
  mv "$root/artifacts/product.building" "$root/artifacts/product.built"
}
