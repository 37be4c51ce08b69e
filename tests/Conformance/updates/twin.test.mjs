// A device of Azure's Node SDK, whose agent is the example twin-agent.mjs, updated by rollouts over its twin.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { newDevice, newId } from '../lib/muster.mjs';
import { act, facts, newRelease, rollout, startRollout, updateAt, way } from '../lib/rollouts.mjs';
import { until } from '../lib/until.mjs';

const agent = join(import.meta.dirname, 'twin-agent.mjs');

// Loaded before the agent: flips a bit of whatever it fetches, as bad memory does.
const badMemory = `data:text/javascript,${encodeURIComponent(`
  const fetched = globalThis.fetch;
  globalThis.fetch = async (...asked) => {
    const bytes = new Uint8Array(await (await fetched(...asked)).arrayBuffer());
    bytes[0] ^= 1;
    return new Response(bytes);
  };`)}`;

/** A device, its agent running, that the hub knows to run 1.0.0. */
class TwinDevice {
  #folder = mkdtempSync(join(tmpdir(), 'muster-twin-'));
  #options;
  #child;
  output = '';

  static async boot(t, ...options) {
    const device = new TwinDevice();
    Object.assign(device, await newDevice({ deviceId: newId('twin') }));
    device.#options = options;
    t.after(async () => {
      await device.off();
      rmSync(device.#folder, { recursive: true, force: true });
    });
    device.on();
    await until(`what ${device.deviceId} runs`, async () => (await facts(device.deviceId))?.swVersion === '1.0.0');
    return device;
  }

  on() {
    this.#child = spawn(process.execPath, [...this.#options, agent, this.connectionString, this.#folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    }
  }

  /** The power goes. */
  async off() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
  }

  get image() {
    return this.#read('image');
  }

  get downloaded() {
    return this.#read('download');
  }

  #read(name) {
    return existsSync(join(this.#folder, name)) ? readFileSync(join(this.#folder, name)) : null;
  }
}

/** A rollout of 2.0.0 over the device, started. */
async function offered(device, bytes) {
  const release = await newRelease({ version: '2.0.0', model: 'P7', files: [{ name: 'pump.bin', bytes }] });
  return startRollout(release, [device.deviceId], { groups: [{ name: 'all', successPercent: 1, minSucceeded: 0 }] });
}

const at = (device, statuses) => updateAt(device.deviceId, statuses).catch((error) => {
  throw new Error(`${error.message}\n${device.output.slice(-6000)}`);
});

describe('The agent of a twin', { concurrency: 5 }, () => {
  test('An image is downloaded, checked, installed, booted and done.', async (t) => {
    const device = await TwinDevice.boot(t);
    const bytes = randomBytes(300_000);
    const id = await offered(device, bytes);
    const done = await at(device, ['succeeded', 'failed', 'rolledBack']);
    assert.equal(done.status, 'succeeded');
    assert.equal(done.runningVersion, '2.0.0');
    assert.deepEqual(device.image, bytes);
    assert.equal((await facts(device.deviceId)).swVersion, '2.0.0');
    for (const status of ['offered', 'accepted', 'downloading', 'installing', 'installed', 'rebooting', 'succeeded']) {
      assert.ok(way(done).includes(status), `${status} in ${way(done)}`);
    }
    await until('the rollout to be completed', async () => (await rollout(id)).status === 'completed');
  });

  test('An image that is not what the manifest says is not installed, and the update says why.', async (t) => {
    const device = await TwinDevice.boot(t, '--import', badMemory);
    await offered(device, randomBytes(1000));
    const done = await at(device, ['failed', 'succeeded', 'rolledBack']);
    assert.equal(done.status, 'failed');
    assert.match(JSON.stringify(done.history), /10000002: The SHA-256 is not that of the manifest\./);
    assert.equal(device.image, null);
    assert.equal((await facts(device.deviceId)).swVersion, '1.0.0');
  });

  test('A device that loses power while it may not install goes on from there.', async (t) => {
    const device = await TwinDevice.boot(t);
    // At the rate that the hub gives a device it downloads for seconds: time to say something.
    const bytes = randomBytes(8_000_000);
    const id = await offered(device, bytes);
    await at(device, ['accepted', 'downloading']);
    await act(id, 'pause', { level: 'installs' });
    assert.equal((await at(device, ['readyToInstall', 'succeeded', 'failed'])).status, 'readyToInstall');
    await device.off();
    assert.deepEqual(device.downloaded, bytes);
    assert.equal(device.image, null);

    device.on();
    await act(id, 'resume');
    const done = await at(device, ['succeeded', 'failed']);
    assert.equal(done.status, 'succeeded');
    assert.equal(way(done).filter((status) => status === 'downloading').length, 1);
    assert.deepEqual(device.image, bytes);
  });
});
