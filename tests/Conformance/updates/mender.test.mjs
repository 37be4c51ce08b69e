// Debian's mender-client 3.4, as it comes, updated by rollouts.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { newDevice, newId, registry } from '../lib/muster.mjs';
import { MenderDevice, newArtifact } from '../lib/mender.mjs';
import { act, facts, newRelease, rollBack, rollout, startRollout, updateAt, way } from '../lib/rollouts.mjs';
import { until } from '../lib/until.mjs';

const canary = { groups: [{ name: 'all', successPercent: 1, minSucceeded: 0 }] };

/** A client that was accepted as a device of a model of its own, once the hub knows that it runs 1.0.0. */
async function accepted(t, options = {}) {
  const { deviceId } = await newDevice({ deviceId: newId('mnd') });
  const device = new MenderDevice(t, { deviceId, model: newId('m'), version: '1.0.0', ...options });
  device.start();
  const pem = await until('the key of the client', () => device.publicKey);
  const keySha256 = createHash('sha256').update(createPublicKey(pem).export({ type: 'spki', format: 'der' })).digest('hex');
  await registry.updateTwin(deviceId, { tags: { mender: { keySha256 } } }, '*');
  await until('what the client runs', async () => (await facts(deviceId))?.swVersion === '1.0.0');
  return device;
}

const releaseFor = (device, model, content = 'two'.padEnd(5000)) => newRelease({
  version: '2.0.0', model, files: [{ name: 'pump.mender', bytes: newArtifact({ name: '2.0.0', model, path: device.path, content }) }],
});

// Side by side: most of the time they wait.
describe('Mender', { concurrency: 5 }, () => {
  test('A client that waits is accepted by its key\'s fingerprint, and says what it is.', async (t) => {
    const model = newId('m');
    const device = await accepted(t, { model });
    assert.deepEqual({ ...await facts(device.deviceId) }, { model, swVersion: '1.0.0', updateAgent: 'mender' });
  });

  test('A deployment is installed, committed and done.', async (t) => {
    const model = newId('m');
    const device = await accepted(t, { model });
    const id = await startRollout(await releaseFor(device, model), [device.deviceId], canary);
    const done = await updateAt(device.deviceId, 'succeeded');
    assert.equal(done.runningVersion, '2.0.0');
    assert.equal(device.installed.toString().trim(), 'two');
    for (const status of ['offered', 'accepted', 'downloading', 'installing', 'succeeded']) {
      assert.ok(way(done).includes(status), `${status} in ${way(done)}`);
    }
    await until('the rollout to be completed', async () => (await rollout(id)).status === 'completed');
  });

  // Large enough, and not to be compressed, that its download takes seconds at the rate that the hub gives a device: time to say something.
  const slow = () => randomBytes(8_000_000);

  test('A client whose installs are paused waits where the map says, and goes on once they are not.', async (t) => {
    const model = newId('m');
    const device = await accepted(t, { model });
    const content = slow();
    const id = await startRollout(await releaseFor(device, model, content), [device.deviceId], canary);
    await updateAt(device.deviceId, ['accepted', 'downloading']);
    await act(id, 'pause', { level: 'installs' });
    await updateAt(device.deviceId, 'readyToInstall');
    await until('the client to wait', () => device.output.includes('pause_before_installing'));
    assert.equal(device.installed.toString(), 'one');
    await act(id, 'resume');
    await updateAt(device.deviceId, 'succeeded');
    assert.ok(device.installed.equals(content));
  });

  test('A device that reboots says so, and is done once what was installed runs.', async (t) => {
    const model = newId('m');
    const device = await accepted(t, { model, rebootSeconds: 1 });
    await startRollout(await releaseFor(device, model), [device.deviceId], canary);
    const done = await updateAt(device.deviceId, 'succeeded');
    for (const status of ['installing', 'installed', 'rebooting', 'verifying', 'succeeded']) {
      assert.ok(way(done).includes(status), `${status} in ${way(done)}`);
    }
  });

  test('A client that is told so after the reboot goes back before it commits.', async (t) => {
    const model = newId('m');
    const device = await accepted(t, { model, rebootSeconds: 3 });
    await startRollout(await releaseFor(device, model), [device.deviceId], { ...canary, rollsBack: true });
    await updateAt(device.deviceId, 'rebooting');
    assert.equal(device.installed.toString().trim(), 'two');
    await rollBack(device.deviceId);
    const done = await updateAt(device.deviceId, 'rolledBack');
    await until('what was there before', () => device.installed.toString() === 'one');
    assert.equal(done.runningVersion, '1.0.0');
    assert.match(device.output, /ArtifactRollback/);
  });
});
