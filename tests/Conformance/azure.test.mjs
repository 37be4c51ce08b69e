import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHub } from './lib/hub.mjs';
import { until } from './lib/until.mjs';

// Azurite's own, published account.
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const [address, port] = ['127.0.0.21', 10443];

function certificate(folder) {
  const [cert, key] = [join(folder, 'azurite.pem'), join(folder, 'azurite.key')];
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=azurite', '-addext', `subjectAltName=IP:${address}`, '-keyout', key, '-out', cert,
  ], { stdio: 'ignore' });
  return { cert, key };
}

const answers = () => new Promise((resolve) => {
  const socket = net.connect(port, address, () => resolve(true)).on('error', () => resolve(false));
  socket.on('connect', () => socket.destroy());
});

test('83. With Files:AzureConnectionString devices upload straight to Azure Blob Storage.', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-azure-'));
  const { cert, key } = certificate(folder);
  const azurite = spawn(process.execPath, [
    join(import.meta.dirname, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js'),
    '--blobHost', address, '--blobPort', `${port}`, '--location', folder, '--cert', cert, '--key', key, '--silent', '--skipApiVersionCheck', '--disableTelemetry',
    // The device SDK asks for encryption as a real account has it; Azurite has none, and would refuse to be asked.
    '--loose',
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [azurite.stdout, azurite.stderr]) {
    stream.on('data', (chunk) => said.push(chunk));
  }
  const ended = once(azurite, 'exit');
  try {
    await until('Azurite', () => {
      if (azurite.exitCode !== null) {
        throw new Error(`Azurite ended with ${azurite.exitCode}: ${Buffer.concat(said)}`);
      }
      return answers();
    }, 60_000);

    // Both the hub and the device's process trust Azurite's certificate. The hub's processes inherit what is set here, whichever way it is started.
    process.env.SSL_CERT_FILE = cert;
    const connectionString = `DefaultEndpointsProtocol=https;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=https://${address}:${port}/${account};`;
    process.env.Files__AzureConnectionString = connectionString;
    const hub = await startHub({ address: '127.0.0.20', data: join(folder, 'data') });
    try {
      const bundle = join(folder, 'bundle.pem');
      writeFileSync(bundle, `${readFileSync(hub.connection.caCertificate, 'utf8')}\n${readFileSync(cert, 'utf8')}`);
      const output = execFileSync(process.execPath, [join(import.meta.dirname, 'lib', 'azure-upload.mjs')], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: bundle, MUSTER_CONNECTION: hub.connectionFile }, encoding: 'utf8', timeout: 60_000,
      });
      assert.equal(output.trim(), `uploaded to ${address}:${port}`);
    } finally {
      await hub.stop();
    }
  } finally {
    azurite.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
});
