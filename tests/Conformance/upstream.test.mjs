// A Muster that stands on an IoT hub, which here is another Muster.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { isCluster } from './lib/hub.mjs';
import { startPair, startWorker } from './upstream/pair.mjs';
import { killUnderLoad, randomOf } from './upstream/rounds.mjs';

async function withPair(options, use) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-upstream-'));
  try {
    const pair = await startPair({ folder, cluster: isCluster, ...options });
    try {
      await use(pair);
    } catch (error) {
      error.message += `\nabove: ${pair.up.output().slice(-3000)}\nbelow: ${pair.down.output().slice(-6000)}`;
      throw error;
    } finally {
      await pair.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('A device of one hub is managed through another that stands on it and finds its events by redirect.', () =>
  withPair({ addresses: ['127.0.0.42', '127.0.0.43'], redirected: true }, async (pair) => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'upstream', 'managed.mjs')], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: pair.trust, MUSTER_UP: pair.up.connectionFile, MUSTER_DOWN: pair.down.connectionFile },
      timeout: 180_000,
    });
    assert.equal(stdout.trim().split('\n').at(-1), 'managed');
  }));

test('Either hub may be killed under load: nothing acknowledged is lost, and both twins are equal again.', () =>
  withPair({ addresses: ['127.0.0.44', '127.0.0.45'] }, async (pair) => {
    const worker = startWorker(pair);
    try {
      await worker.ask('start', 4);
      const random = randomOf(20261129);
      for (const victim of ['up', 'down']) {
        const figures = await killUnderLoad(pair, worker, victim, random);
        assert.ok(figures.events > 0);
      }
    } finally {
      await worker.stop();
    }
  }));
