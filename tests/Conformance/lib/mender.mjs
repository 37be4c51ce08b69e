// Debian's mender-client as a device, in a mount namespace of its own.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connection } from './muster.mjs';
import { newEtc, ownEtc, powerOff } from './machine.mjs';

/** An artifact that puts `content` into the file `path`, through the update module single-file. Resolves to its bytes. */
export function newArtifact({ name, model, path, content }) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-artifact-'));
  try {
    const [directory, fileName] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
    const files = { dest_dir: `${directory}\n`, filename: `${fileName}\n`, permissions: '644\n', [fileName]: content };
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(join(folder, file), text);
    }
    const out = join(folder, 'out.mender');
    execFileSync('mender-artifact', [
      'write', 'module-image', '-T', 'single-file', '-t', model, '-n', name, '-o', out, ...Object.keys(files).flatMap((file) => ['-f', join(folder, file)]),
    ], { stdio: 'ignore' });
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A device with a Mender client. */
export class MenderDevice {
  #folder = mkdtempSync(join(tmpdir(), 'muster-mender-'));
  #child;
  #lines = [];

  constructor(t, { deviceId, model, version, tenantToken = '', url = connection.mender.serverUrl, rebootSeconds }) {
    this.deviceId = deviceId;
    this.path = join(this.#folder, 'files', 'installed.txt');
    for (const name of ['data', 'files', 'identity', 'inventory', 'modules']) {
      mkdirSync(join(this.#folder, name));
    }
    writeFileSync(this.path, 'one');
    this.etc = newEtc(this.#folder, {
      'mender/artifact_info': `artifact_name=${version}\n`,
      'mender/device_type': `device_type=${model}\n`,
      'mender/mender.conf': JSON.stringify({
        ServerURL: url, ServerCertificate: connection.caCertificate, TenantToken: tenantToken, DeviceTypeFile: '/etc/mender/device_type', UpdatePollIntervalSeconds: 2, InventoryPollIntervalSeconds: 5,
        RetryPollIntervalSeconds: 2, UpdateControlMapExpirationTimeSeconds: 12, UpdateControlMapBootExpirationTimeSeconds: 12,
      }),
    });
    this.#script('identity/mender-device-identity', `echo mac=${deviceId}`);
    this.#script('inventory/mender-inventory-nothing', 'true');

    // The update module of the package, for a device that reboots if that is wanted.
    copyFileSync('/usr/share/mender/modules/v3/single-file', join(this.#folder, 'single-file'));
    this.#script('modules/single-file', `${rebootSeconds === undefined ? '' : `case "$1" in
  NeedsArtifactReboot) echo Yes; exit 0 ;;
  ArtifactReboot) sleep ${rebootSeconds}; exit 0 ;;
  ArtifactVerifyReboot | ArtifactRollbackReboot | ArtifactVerifyRollbackReboot) exit 0 ;;
esac`}
exec ${join(this.#folder, 'single-file')} "$@"`);
    t.after(() => this.dispose());
  }

  #script(name, text) {
    writeFileSync(join(this.#folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(this.#folder, name), 0o755);
  }

  #run(args) {
    const at = (name) => join(this.#folder, name);
    return ownEtc(this.etc, `exec mender --config /etc/mender/mender.conf --data ${at('data')} ${args}`, {
      '/usr/share/mender/identity': at('identity'), '/usr/share/mender/inventory': at('inventory'), '/usr/share/mender/modules/v3': at('modules'),
    });
  }

  start() {
    const [program, args] = this.#run('--log-level debug daemon');
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.#lines.push(...chunk.toString().split('\n'));
        this.#lines.splice(0, this.#lines.length - 400);
      });
    }
  }

  /** The key by which it signs, in PEM, once it has made one. */
  get publicKey() {
    const file = join(this.#folder, 'data', 'mender-agent.pem');
    return existsSync(file) && readFileSync(file, 'utf8').includes('END')
      ? execFileSync('openssl', ['pkey', '-in', file, '-pubout'], { encoding: 'utf8' })
      : null;
  }

  get installed() {
    return existsSync(this.path) ? readFileSync(this.path) : null;
  }

  get output() {
    return this.#lines.join('\n');
  }

  async dispose() {
    await powerOff(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
