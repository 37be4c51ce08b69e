import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newDevice, open, rest } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';
import { Inbox, until } from './lib/until.mjs';

const devicebound = (device) => ({ topic: `devices/${device.deviceId}/messages/devicebound/#`, qos: 1 });
const send = async (device, message) => {
  const reply = await rest('POST', `/api/v1/devices/${device.deviceId}/messages`, { body: message, apiVersion: null });
  assert.equal(reply.status, 200, reply.text);
};
const queued = async (device) => (await rest('GET', `/devices/${device.deviceId}`)).json.cloudToDeviceMessageCount;
const emptied = (device) => until('the queue to be empty', async () => (await queued(device)) === 0);

/** What the SDK's client gives its application, each completed as it comes. */
function inboxOf(client) {
  const inbox = new Inbox();
  client.on('message', (message) => {
    inbox.add(message);
    client.complete(message, () => {});
  });
  return inbox;
}

test('32. MQTT device receives topic bag with `$.mid`, `$.to`, custom properties; PUBACK completes.', async (t) => {
  const device = await newDevice();
  const inbox = inboxOf(await open(t, device.connectionString));
  await send(device, {
    messageId: 'm1', correlationId: 'c/1', userId: 'u', contentType: 'application/json', contentEncoding: 'utf-8', ack: 'full',
    properties: { k: 'v', 'a=b': 'c&d é' }, body: { on: true },
  });
  const message = await inbox.next('the message');
  assert.equal(message.messageId, 'm1');
  assert.equal(message.correlationId, 'c/1');
  assert.equal(message.userId, 'u');
  assert.equal(message.to, `/devices/${device.deviceId}/messages/devicebound`);
  assert.equal(message.contentType, 'application/json');
  assert.equal(message.properties.getValue('iothub-ack'), 'full');
  assert.equal(message.properties.getValue('k'), 'v');
  assert.equal(message.properties.getValue('a=b'), 'c&d é');
  assert.equal(message.getData().toString(), '{"on":true}');
  await emptied(device);
});

test('34. Offline device: messages queued and delivered in order after reconnect.', async (t) => {
  const device = await newDevice();
  const first = await connected(t, device, { clean: false });
  await first.subscribe(devicebound(device));
  await first.disconnect();
  for (let i = 0; i < 30; i++) {
    await send(device, { messageId: `${i}`, body: `${i}` });
  }
  assert.equal(await queued(device), 30);

  // With no SUBSCRIBE, and what is not acknowledged once more, marked as a duplicate.
  const second = await connected(t, device, { clean: false });
  assert.equal(second.sessionPresent, true);
  assert.equal((await second.messages.next('the first message')).dup, false);
  second.drop();
  const third = await connected(t, device, { clean: false });
  for (let i = 0; i < 30; i++) {
    const message = await third.messages.next(`message ${i}`);
    assert.equal(message.payload.toString(), `${i}`);
    assert.equal(i > 0 || message.dup, true);
    third.send({ cmd: 'puback', messageId: message.messageId });
  }
  await emptied(device);
});

test('36. Purge (DELETE `/commands`) returns the count; the queue has its bound of 50.', async () => {
  const device = await newDevice();
  for (let i = 0; i < 50; i++) {
    await send(device, { body: 'x' });
  }
  const full = await rest('POST', `/api/v1/devices/${device.deviceId}/messages`, { body: { body: 'x' }, apiVersion: null });
  assert.equal(full.status, 403);
  const purged = await rest('DELETE', `/devices/${device.deviceId}/commands`);
  assert.deepEqual([purged.status, purged.json], [200, { deviceId: device.deviceId, totalMessagesPurged: 50 }]);
  assert.equal((await rest('DELETE', '/devices/nobody-of-this-name/commands')).status, 404);
});
