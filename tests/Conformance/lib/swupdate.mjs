// Debian's swupdate as a device: images that it takes, a boot loader's environment in a file, and the daemon itself.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connection } from './muster.mjs';
import { newEtc, ownEtc, powerOff } from './machine.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Who signs images: a key with the certificate that swupdate is given. */
export function newSigner(folder, name) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, '-subj', `/O=Test/CN=${name}`,
    '-addext', 'keyUsage=digitalSignature', '-addext', 'extendedKeyUsage=emailProtection',
  ], { stdio: 'ignore' });
  return { key, cert };
}

/** A signed image that writes `content` to `path`, after a script that ends with `exit`. Resolves to its bytes. */
export function newImage({ signer, version, path, content, exit = 0, hardware = '1.0' }) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-swu-'));
  try {
    const script = `#!/bin/sh\nexit ${exit}\n`;
    writeFileSync(join(folder, 'fw.txt'), content);
    writeFileSync(join(folder, 'run.sh'), script);
    writeFileSync(join(folder, 'sw-description'), `software = {
  version = "${version}";
  hardware-compatibility: [ "${hardware}" ];
  files: ({ filename = "fw.txt"; path = "${path}"; sha256 = "${sha256(content)}"; });
  scripts: ({ filename = "run.sh"; type = "shellscript"; sha256 = "${sha256(script)}"; });
}
`);
    execFileSync('openssl', [
      'cms', '-sign', '-in', 'sw-description', '-out', 'sw-description.sig', '-signer', signer.cert, '-inkey', signer.key, '-outform', 'DER', '-nosmimecap', '-binary',
    ], { cwd: folder, stdio: 'ignore' });
    // In this order: the signature follows what it signs.
    return execFileSync('cpio', ['-o', '-H', 'crc'], {
      cwd: folder, input: 'sw-description\nsw-description.sig\nfw.txt\nrun.sh\n', stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 64 << 20,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A device with swupdate: what it is told with `identify`, and a boot loader's environment that outlives the daemon. */
export class SwUpdateDevice {
  #folder = mkdtempSync(join(tmpdir(), 'muster-swupdate-'));
  #child;
  #command;
  #lines = [];

  /** @param {{ deviceId: string, signer: { cert: string }, model: string, credentials?: string, url?: string, options?: string }} device credentials and options: suricatta's own. */
  constructor(t, { deviceId, signer, model, credentials = `-g ${connection.ddi.gatewayToken}`, url = connection.ddi.baseUrl, options = '' }) {
    Object.assign(this, { deviceId, signer, model, credentials, url, options });
    this.path = join(this.#folder, 'installed.txt');
    mkdirSync(join(this.#folder, 'tmp'));
    // Whoever looks for the environment's place looks in /etc.
    this.etc = newEtc(this.#folder, { 'fw_env.config': `${join(this.#folder, 'uboot.env')} 0x0 0x1000\n` });
    writeFileSync(join(this.#folder, 'uboot.env'), Buffer.alloc(4096));
    writeFileSync(join(this.#folder, 'defaults.txt'), 'bootcount=0\n');
    this.#inside(`fw_setenv -f ${join(this.#folder, 'defaults.txt')} -s ${join(this.#folder, 'defaults.txt')}`);
    t.after(() => this.dispose());
  }

  #inside(command) {
    const [program, args] = ownEtc(this.etc, command);
    return execFileSync(program, args, { encoding: 'utf8' });
  }

  /** Boots: the daemon says that it runs `version`, and reads how the boot loader fared. */
  boot(version) {
    writeFileSync(join(this.#folder, 'swupdate.cfg'), `globals : { verbose = true; };
identify : (
  { name = "model"; value = "${this.model}"; },
  { name = "hwId"; value = "1"; },
  { name = "swVersion"; value = "${version}"; }
);
suricatta : { cafile = "${connection.caCertificate}"; };
`);
    const suricatta = `-t default -u ${this.url} -i ${this.deviceId} ${this.credentials} -w 1 -r 20 ${this.options}`;
    this.#command = ownEtc(
      this.etc, `exec swupdate -v -k ${this.signer.cert} -H testboard:1.0 -f ${join(this.#folder, 'swupdate.cfg')} -B uboot -u "${suricatta}"`);
    this.#run();
  }

  // As a system's supervisor does: an agent that ended is started again.
  #run() {
    const [program, args] = this.#command;
    this.#child = spawn(program, args, { env: { ...process.env, TMPDIR: join(this.#folder, 'tmp') }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.#lines.push(...chunk.toString().split('\n'));
        this.#lines.splice(0, this.#lines.length - 400);
      });
    }
    const child = this.#child;
    child.on('exit', (code, signal) => {
      if (child === this.#child) {
        this.#lines.push(`swupdate ended: ${code ?? signal}`);
        try {
          // What it left behind.
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // Nothing.
        }
        setTimeout(() => child === this.#child && this.#run(), 500);
      }
    });
  }

  /** The power goes. */
  async off() {
    const child = this.#child;
    this.#child = undefined;
    await powerOff(child);
    // Sockets of the daemon that is gone.
    rmSync(join(this.#folder, 'tmp'), { recursive: true, force: true });
    mkdirSync(join(this.#folder, 'tmp'));
  }

  /** `1` after an installation. The boot loader makes it 2 where what was installed booted, and 3 where it fell back. */
  get ustate() {
    return this.#inside('fw_printenv -n ustate 2>/dev/null || true').trim();
  }

  set ustate(value) {
    this.#inside(`fw_setenv ustate ${value}`);
  }

  get installed() {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : null;
  }

  get output() {
    return this.#lines.join('\n');
  }

  async dispose() {
    await this.off();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
