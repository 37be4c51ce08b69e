// Debian's mender-client 3.4, as it comes, updated by rollouts.
import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { newDevice, newId, registry, rest } from '../lib/muster.mjs';
import { MenderDevice, newArtifact } from '../lib/mender.mjs';
import { facts, newRelease, rollout, startRollout, update, updateAt, way, act } from '../lib/rollouts.mjs';
import { until } from '../lib/until.mjs';

const canary = { groups: [{ name: 'all', successPercent: 0, minSucceeded: 0 }] };

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

const releaseFor = (device, model) => newRelease({
  version: '2.0.0', model, files: [{ name: 'pump.mender', bytes: newArtifact({ name: '2.0.0', model, path: device.path, content: 'two'.padEnd(5000) }) }],
});

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
  assert.equal(device.installed.trim(), 'two');
  for (const status of ['offered', 'accepted', 'downloading', 'installing', 'succeeded']) {
    assert.ok(way(done).includes(status), `${status} in ${way(done)}`);
  }
  await until('the rollout to be completed', async () => (await rollout(id)).status === 'completed');
});

test('A client whose installs are paused waits where the map says, and goes on once they are not.', async (t) => {
  const model = newId('m');
  const device = await accepted(t, { model });
  const id = await startRollout(await releaseFor(device, model), [device.deviceId], canary);
  await act(id, 'pause', { level: 'installs' });
  await until('the client to wait', () => device.output.includes('pause_before_installing'));
  assert.equal(device.installed, null);
  await act(id, 'resume');
  await updateAt(device.deviceId, 'succeeded');
  assert.equal(device.installed.trim(), 'two');
});

test('A client that is told so goes back before it commits.', async (t) => {
  const model = newId('m');
  const device = await accepted(t, { model });
  const id = await startRollout(await releaseFor(device, model), [device.deviceId], canary);
  await updateAt(device.deviceId, ['installing', 'installed', 'verifying']);
  const answer = await rest('POST', `/api/v1/devices/${device.deviceId}/update/rollback`, { apiVersion: null, body: { reason: 'test', rollout: id } });
  assert.ok([200, 401].includes(answer.status));
  const done = await updateAt(device.deviceId, ['rolledBack', 'failed']);
  assert.notEqual(device.installed?.trim(), 'two');
  assert.ok(done.history.length > 0);
  assert.equal((await update(device.deviceId)).runningVersion, '1.0.0');
});
