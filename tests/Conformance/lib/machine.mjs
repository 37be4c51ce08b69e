// What a device of a test has to itself on a machine that others use: an /etc of its own, and a power switch.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

const shared = ['passwd', 'group', 'hosts', 'nsswitch.conf', 'ld.so.cache', 'ssl/openssl.cnf', 'ssl/certs/ca-certificates.crt'];

/** A folder to be seen as /etc, with `files` (name to text) beside what every program wants. Resolves to its path. */
export function newEtc(folder, files) {
  const etc = join(folder, 'etc');
  for (const name of shared.filter((one) => existsSync(join('/etc', one)))) {
    mkdirSync(dirname(join(etc, name)), { recursive: true });
    copyFileSync(join('/etc', name), join(etc, name));
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(etc, name)), { recursive: true });
    writeFileSync(join(etc, name), text);
  }
  return etc;
}

/** Program and arguments that run the shell's `command` where `etc` is /etc, and `mounts` (path to folder) are as they say; nobody else sees that. */
export const ownEtc = (etc, command, mounts = {}) => ['unshare', ['-m', '--propagation', 'private', 'sh', '-c',
  `${Object.entries({ ...mounts, '/etc': etc }).map(([path, folder]) => `mount --bind ${folder} ${path}`).join(' && ')} && ${command}`]];

/** Ends a daemon that was spawned detached, and its helpers with it, at once. */
export async function powerOff(child) {
  if (child && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }
}
