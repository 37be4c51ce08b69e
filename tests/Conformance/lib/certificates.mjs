// Self-signed client certificates, made by openssl since node makes none.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `{ cert, key, sha1, sha256 }`: PEM texts and thumbprints in hex. */
export function selfSigned(commonName) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-certificate-'));
  try {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', `/CN=${commonName}`, '-keyout', key, '-out', cert,
    ], { stdio: 'ignore' });
    const pem = readFileSync(cert, 'utf8');
    const parsed = new X509Certificate(pem);
    const hex = (fingerprint) => fingerprint.replaceAll(':', '');
    return { cert: pem, key: readFileSync(key, 'utf8'), sha1: hex(parsed.fingerprint), sha256: hex(parsed.fingerprint256) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
