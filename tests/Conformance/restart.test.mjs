import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHub } from './lib/hub.mjs';

test('23. Session state survives a restart of the server process that held it.', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-restart-'));
  const session = (hub, phase) => execFileSync(process.execPath, [join(import.meta.dirname, 'lib', 'restart-session.mjs'), phase], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: hub.connection.caCertificate, MUSTER_CONNECTION: hub.connectionFile, MUSTER_DEVICE: join(folder, 'device.json') },
    encoding: 'utf8',
    timeout: 60_000,
  });
  try {
    const where = { address: '127.0.0.19', data: join(folder, 'data') };
    const hub = await startHub(where);
    try {
      for (const signal of ['SIGTERM', 'SIGKILL']) {
        session(hub, 'before');
        await hub.restart(signal);
        assert.equal(session(hub, 'after').trim(), 'delivered');
      }
    } finally {
      await hub.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
