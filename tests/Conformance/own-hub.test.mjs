// What no hub that others use would survive: each test has one of its own, and its devices in processes of their own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCluster, startHub } from './lib/hub.mjs';

/** Runs lib/NAME.mjs against the hub; resolves to what it printed. */
const script = (hub, [name, ...args], env = {}) => execFileSync(process.execPath, [join(import.meta.dirname, 'lib', `${name}.mjs`), ...args], {
  env: { ...process.env, NODE_EXTRA_CA_CERTS: hub.connection.caCertificate, MUSTER_CONNECTION: hub.connectionFile, ...env }, encoding: 'utf8', timeout: 240_000,
}).trim();

test('81. Retention trims from the front; begin_sequence_number moves, and a reader from the start begins there.', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-retention-'));
  try {
    // Retention by time is a day at the least. The same happens, in a moment, to a log that is too big: a partition's files, or the cluster's tables.
    const small = ['EventLog:MaxBytes=67108864', 'EventLog:SegmentBytes=1048576', 'EventLog:SegmentAge=00:01:00'];
    const hub = await startHub({ address: '127.0.0.19', data: join(folder, 'data'), options: small.flatMap((setting) => ['--set', setting]) });
    try {
      assert.equal(script(hub, ['retention', isCluster ? '80' : '4']), 'trimmed');
    } finally {
      await hub.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('23. Session state survives a restart of the server process that held it.', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-restart-'));
  const session = (hub, phase) => script(hub, ['restart-session', phase], { MUSTER_DEVICE: join(folder, 'device.json') });
  try {
    const where = { address: '127.0.0.19', data: join(folder, 'data') };
    const hub = await startHub(where);
    try {
      for (const signal of ['SIGTERM', 'SIGKILL']) {
        session(hub, 'before');
        await hub.restart(signal);
        assert.equal(session(hub, 'after'), 'delivered');
      }
    } finally {
      await hub.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
