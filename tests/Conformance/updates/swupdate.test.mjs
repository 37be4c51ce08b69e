// Debian's swupdate, as it comes, updated by rollouts: signed images, a boot loader's environment in a file, reboots by the power switch.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connection, newDevice, newId, rest } from '../lib/muster.mjs';
import { act, cancel, facts, newRelease, rollout, startRollout, update, updateAt, way } from '../lib/rollouts.mjs';
import { SwUpdateDevice, newImage, newSigner } from '../lib/swupdate.mjs';
import { until } from '../lib/until.mjs';

const folder = mkdtempSync(join(tmpdir(), 'muster-swupdate-tests-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const signer = newSigner(folder, 'signer');
const stranger = newSigner(folder, 'stranger');
const canary = { groups: [{ name: 'all', successPercent: 1, minSucceeded: 0 }] };

/** A device of a model of its own that runs 1.0.0, once the hub knows that. */
async function booted(t, options = {}) {
  const device = new SwUpdateDevice(t, { deviceId: newId('swu'), signer, model: newId('m'), ...options });
  device.boot('1.0.0');
  await until(`what ${device.deviceId} runs`, async () => (await facts(device.deviceId))?.swVersion === '1.0.0');
  return device;
}

/** A release of 2.0.0 for the device, with an image that goes where the device looks. */
const releaseFor = (device, image = {}) => newRelease({
  version: '2.0.0', model: device.model,
  files: [{ name: 'pump.swu', bytes: newImage({ signer, version: '2.0.0', path: device.path, content: 'two', ...image }) }],
});

const offered = async (device, image, plan) => startRollout(await releaseFor(device, image), [device.deviceId], { ...canary, ...plan });

/** The device's update at one of the statuses; what the agent said is told where it does not come there. */
const at = (device, statuses) => updateAt(device.deviceId, statuses).catch((error) => {
  throw new Error(`${error.message}\n${device.output.slice(-6000)}`);
});

// Where an image is refused. Now and then the agent says "All Chunks Installed." first, and thinks better of it a second later: it then counts as gone back.
const refused = ['failed', 'rolledBack'];

/** The device has installed, and loses power. */
async function installedAndOff(device) {
  await at(device, ['installed', 'rebooting', 'verifying']);
  await until(`the boot loader of ${device.deviceId} to be told`, () => device.ustate === '1');
  await device.off();
}

// Side by side: most of the time they wait.
describe('SWUpdate', { concurrency: 5 }, () => {
  test('An update is done once what was installed has booted and says so.', async (t) => {
    const device = await booted(t);
    assert.deepEqual({ ...await facts(device.deviceId) }, { model: device.model, hwRevision: '1', swVersion: '1.0.0', updateAgent: 'swupdate' });
    const id = await offered(device);
    await installedAndOff(device);
    assert.equal(device.installed, 'two');
    assert.notEqual((await update(device.deviceId)).status, 'succeeded');

    device.ustate = '2';
    device.boot('2.0.0');
    const done = await at(device, 'succeeded');
    assert.equal(done.runningVersion, '2.0.0');
    for (const status of ['offered', 'accepted', 'downloading', 'installed', 'succeeded']) {
      assert.ok(way(done).includes(status), `${status} in ${way(done)}`);
    }
    await until('the confirmation to be taken', () => device.ustate === '0');
    await until('the rollout to be completed', async () => (await rollout(id)).status === 'completed');
  });

  test('A boot loader that falls back ends the update as rolled back.', async (t) => {
    const device = await booted(t);
    await offered(device);
    await installedAndOff(device);
    device.ustate = '3';
    device.boot('1.0.0');
    const done = await at(device, ['rolledBack', 'failed']);
    assert.equal(done.status, 'rolledBack');
    assert.equal(done.runningVersion, '1.0.0');
  });

  test('A device that never comes back is unreachable.', async (t) => {
    const device = await booted(t);
    await offered(device, {}, { timeouts: { beforeReboot: 'PT4S', reboot: 'PT4S', verify: 'PT4S' } });
    await installedAndOff(device);
    const done = await at(device, ['unreachable', 'quarantined', 'failed', 'rolledBack']);
    assert.equal(done.status, 'unreachable');
  });

  test('An image by another signer is not installed, and the update says why.', async (t) => {
    const device = await booted(t);
    await offered(device, { signer: stranger });
    const done = await at(device, refused);
    assert.equal(device.installed, null);
    assert.match(JSON.stringify(done.history), /ERROR/);
  });

  test('A script that fails fails the update.', async (t) => {
    const device = await booted(t);
    await offered(device, { exit: 1 });
    const done = await at(device, refused);
    assert.match(JSON.stringify(done.history), /ERROR/);
  });

  test('A download that is cut goes on where it was cut.', async (t) => {
    const ranges = [];
    const proxy = createServer((asked, answer) => {
      const url = new URL(asked.url);
      const isArtifact = asked.method === 'GET' && url.pathname.startsWith('/artifacts/');
      const onward = request(url, { method: asked.method, headers: asked.headers }, (reply) => {
        answer.writeHead(reply.statusCode, reply.headers);
        if (!isArtifact) {
          reply.pipe(answer);
          return;
        }
        ranges.push(asked.headers.range ?? null);
        const mayHave = ranges.length === 1 ? 300_000 : Infinity;
        let sent = 0;
        reply.on('data', (chunk) => {
          sent += chunk.length;
          if (sent > mayHave) {
            reply.destroy();
            answer.destroy();
          } else {
            answer.write(chunk);
          }
        });
        reply.on('end', () => answer.end());
        reply.on('error', () => answer.destroy());
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    t.after(() => proxy.close());
    t.after(() => proxy.closeAllConnections());

    const device = await booted(t, { url: connection.ddi.httpBaseUrl, options: `-y http://127.0.0.1:${proxy.address().port}` });
    await offered(device, { content: 'x'.repeat(1_000_000) });
    await installedAndOff(device);
    assert.equal(device.installed.length, 1_000_000);
    assert.equal(ranges[0], null);
    assert.match(ranges[1], /^bytes=[1-9]\d*-$/);
  });

  test('Cancelled before the device fetched it, an update is never begun.', async (t) => {
    const device = await booted(t);
    await device.off();
    await offered(device);
    await at(device, 'offered');
    await cancel(device.deviceId);
    device.boot('1.0.0');
    await at(device, 'canceled');
    assert.equal(device.installed, null);
  });

  test('Cancelled while the device downloads, an update stops.', async (t) => {
    const device = await booted(t, { options: '-n 100k' });
    await offered(device, { content: 'x'.repeat(3_000_000) });
    await at(device, 'downloading');

    // Said before the first byte came, it may be lost on the agent until the download is over.
    await delay(2000);
    await cancel(device.deviceId);
    const done = await at(device, ['canceled', 'installed']);
    assert.equal(done.status, 'canceled');
    assert.notEqual(device.installed?.length, 3_000_000);
  });

  test('Cancelled once the device installed, an update goes on to its end.', async (t) => {
    const device = await booted(t);
    await offered(device);
    await at(device, ['installed', 'rebooting', 'verifying']);
    const answer = await rest('GET', `/api/v1/devices/${device.deviceId}/update`, { apiVersion: null });
    assert.equal(answer.status, 200);
    await cancel(device.deviceId).catch(() => {});
    await installedAndOff(device);
    device.ustate = '2';
    device.boot('2.0.0');
    await at(device, 'succeeded');
  });

  test('While it may not install a device sees no deployment, and skips none.', async (t) => {
    const device = await booted(t);
    const hence = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
    await offered(device, {}, { blackouts: [{ from: hence(-1), until: hence(1), why: 'test' }] });
    const waiting = await at(device, 'gated');
    assert.match(waiting.because.join(' '), /window/);

    // Several polls later.
    await delay(4000);
    assert.equal((await update(device.deviceId)).status, 'gated');
    assert.equal(device.installed, null);
  });

  test('Another rollout that comes while the device reboots does not get its confirmation.', async (t) => {
    const device = await booted(t);
    const first = await offered(device);
    await installedAndOff(device);
    const second = await startRollout(await newRelease({
      version: '3.0.0', model: device.model,
      files: [{ name: 'pump.swu', bytes: newImage({ signer, version: '3.0.0', path: device.path, content: 'three' }) }],
    }), [device.deviceId], { ...canary, priority: 1000 });
    device.ustate = '2';
    device.boot('2.0.0');
    await until('the first rollout to be completed', async () => (await rollout(first)).status.startsWith('completed'));
    const { history } = await update(device.deviceId);
    assert.ok(history.some((step) => step.rollout === first && step.to === 'succeeded'), JSON.stringify(history));
    await at(device, ['installed', 'rebooting', 'verifying']);
    assert.equal((await update(device.deviceId)).rollout, second);
    assert.equal(device.installed, 'three');
  });

  test('Without a token that holds, a device is a stranger; with its own, it is itself.', async (t) => {
    const { deviceId } = await newDevice();
    const other = new SwUpdateDevice(t, { deviceId: newId('swu'), signer, model: 'm', credentials: '-k 00000000000000000000000000000000' });
    other.boot('1.0.0');
    const { token } = (await rest('GET', `/api/v1/devices/${deviceId}/ddi-token`, { apiVersion: null })).json;
    const device = new SwUpdateDevice(t, { deviceId, signer, model: 'm', credentials: `-k ${token}` });
    device.boot('1.0.0');
    await until('what the device runs', async () => (await facts(deviceId))?.swVersion === '1.0.0');
    assert.equal((await rest('GET', `/devices/${other.deviceId}`)).status, 404);
  });

  test('An agent without the hub\'s authority comes without TLS.', async (t) => {
    const device = await booted(t, { url: connection.ddi.httpBaseUrl });
    await offered(device);
    await installedAndOff(device);
    assert.equal(device.installed, 'two');
  });

  test('Three devices update side by side.', async (t) => {
    const model = newId('m');
    const devices = await Promise.all([1, 2, 3].map(() => booted(t, { model })));
    const shared = join(folder, 'shared.txt');
    const release = await newRelease({
      version: '2.0.0', model, files: [{ name: 'pump.swu', bytes: newImage({ signer, version: '2.0.0', path: shared, content: 'two' }) }],
    });
    const id = await startRollout(release, devices.map((device) => device.deviceId), canary);
    await Promise.all(devices.map(installedAndOff));
    devices.forEach((device) => {
      device.ustate = '2';
      device.boot('2.0.0');
    });
    await Promise.all(devices.map((device) => at(device, 'succeeded')));
    await until('the rollout to be completed', async () => (await rollout(id)).status === 'completed');
  });

  test('A rollout that is aborted leaves a device that has not begun alone.', async (t) => {
    const device = await booted(t);
    await device.off();
    const id = await offered(device);
    await at(device, 'offered');
    await act(id, 'abort', { reason: 'test' });
    await until('the rollout to be aborted', async () => (await rollout(id)).status === 'aborted');
    device.boot('1.0.0');
    await until('the device to be seen', async () => device.output.includes('suricatta'));
    assert.equal(device.installed, null);
  });
});
