// Back offices and devices over AMQP: messages to devices, what becomes of them, and their feedback.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import amqpTransports from 'azure-iot-device-amqp';
import { Book, openService } from './lib/back-office.mjs';
import { Message, at, connection, failure, host, newDevice, newId, nodes, open, registry, rest } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';
import { Inbox, until, within } from './lib/until.mjs';

const { Amqp, AmqpWs } = amqpTransports;

// On every silo there is a receiver, and messages come in by the last.
const feedback = Book.feedback();
let services;
let service;
before(async () => {
  services = await Promise.all(nodes.map((node) => openService(at(node, connection.serviceConnectionString))));
  service = services.at(-1);
  await Promise.all(services.map((each) => feedback.keep(each)));
});
after(() => Promise.all(services.map((each) => each.close().catch(() => {}))));

const fed = (id) => feedback.of(id);
const queued = async (device) => (await rest('GET', `/devices/${device.deviceId}`)).json.cloudToDeviceMessageCount;
const emptied = (device) => until('the queue to be empty', async () => (await queued(device)) === 0);

function messageOf(messageId, { body = 'x', ...over } = {}) {
  return Object.assign(new Message(body), { messageId, ...over });
}

const send = (device, message) => within('the message to be queued', service.send(device.deviceId, message));

/** What the SDK gives its application; each is settled by the test. */
function inboxOf(client) {
  const inbox = new Inbox();
  client.on('message', (message) => inbox.add(message));
  return inbox;
}

for (const [name, transport] of Object.entries({ Amqp, AmqpWs })) {
  test(`32, 33. ${name}: a message arrives with all it was sent with; completing it empties the queue and is told as Success.`, async (t) => {
    const device = await newDevice();
    const client = await open(t, device.connectionString, { transport });
    const inbox = inboxOf(client);
    const id = randomUUID();
    const sent = messageOf(id, { ack: 'full', correlationId: 'c/1', userId: 'me', contentType: 'application/json', contentEncoding: 'utf-8', body: '{"on":true}' });
    sent.properties.add('a=b', 'c&d é');
    await send(device, sent);
    const message = await inbox.next('the message');
    assert.equal(message.messageId, id);
    assert.equal(message.correlationId, 'c/1');
    assert.equal(message.to, `/devices/${device.deviceId}/messages/devicebound`);
    assert.deepEqual([message.contentType, message.contentEncoding, message.ack], ['application/json', 'utf-8', 'full']);
    assert.equal(message.properties.getValue('a=b'), 'c&d é');
    assert.equal(message.getData().toString(), '{"on":true}');
    await within('completing', client.complete(message));
    await emptied(device);
    const record = await fed(id);
    assert.equal(record.statusCode, 'Success');
    assert.equal(record.deviceId, device.deviceId);
    assert.equal(record.deviceGenerationId, device.generationId);
    assert.match(record.enqueuedTimeUtc, /^\d{4}-\d\d-\d\dT/);
    assert.equal(record.message.contentType, 'application/vnd.microsoft.iothub.feedback.json');
    assert.equal(record.message.userId, host);
  });
}

test('32, 33. The AMQP service client reaches an MQTT device; feedback comes for full and positive, none for none.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await client.subscribe({ topic: `devices/${device.deviceId}/messages/devicebound/#`, qos: 1 });
  const ids = Object.fromEntries(['none', 'negative', 'positive', 'full'].map((ack) => [ack, newId(ack)]));
  for (const [ack, id] of Object.entries(ids)) {
    await send(device, messageOf(id, { ack }));
    const packet = await client.messages.next(`the message with ack ${ack}`);
    assert.ok(packet.topic.includes(`%24.mid=${id}`), packet.topic);
    client.send({ cmd: 'puback', messageId: packet.messageId });
  }
  assert.equal((await fed(ids.positive)).statusCode, 'Success');
  assert.equal((await fed(ids.full)).statusCode, 'Success');
  assert.deepEqual([feedback.get(ids.none), feedback.get(ids.negative)], [undefined, undefined]);
});

test('34. AMQP: messages for an offline device wait, and come in order.', async (t) => {
  const device = await newDevice();
  for (let i = 0; i < 30; i++) {
    await send(device, messageOf(`${i}`));
  }
  const client = await open(t, device.connectionString, { transport: Amqp });
  const inbox = inboxOf(client);
  for (let i = 0; i < 30; i++) {
    const message = await inbox.next(`message ${i}`);
    assert.equal(message.messageId, `${i}`);
    await client.complete(message);
  }
  await emptied(device);
});

test('35. 51st queued message → `amqp:resource-limit-exceeded`; unknown device → `amqp:not-found`; over 64 KB is too large.', async () => {
  const device = await newDevice();
  for (let i = 0; i < 50; i++) {
    await send(device, messageOf(`${i}`));
  }
  assert.equal((await failure(send(device, messageOf('51')))).name, 'DeviceMaximumQueueDepthExceededError');
  assert.equal((await failure(send({ deviceId: newId() }, messageOf('m')))).name, 'DeviceNotFoundError');
  const other = await newDevice();
  assert.equal((await failure(send(other, messageOf('m', { body: Buffer.alloc(65_537) })))).name, 'MessageTooLargeError');
  assert.equal((await failure(send(other, messageOf('m', { ack: 'perhaps' })))).name, 'ArgumentError');
  await send(other, messageOf('m', { body: Buffer.alloc(60_000) }));
});

test('36. Expiry → feedback `Expired`; purge yields `Purged`.', async () => {
  const device = await newDevice();
  const [expiring, purged] = [newId('e'), newId('p')];
  await send(device, messageOf(expiring, { ack: 'negative', expiryTimeUtc: Date.now() + 2000 }));
  assert.equal((await fed(expiring)).statusCode, 'Expired');
  await send(device, messageOf(purged, { ack: 'full' }));
  assert.equal((await rest('DELETE', `/devices/${device.deviceId}/commands`)).json.totalMessagesPurged, 1);
  assert.equal((await fed(purged)).statusCode, 'Purged');
});

test('37. AMQP device: release redelivers with deliverycount + 1; over the max → `DeliveryCountExceeded`; reject → `Rejected`.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Amqp });
  const inbox = inboxOf(client);
  const [tired, unwanted] = [newId('t'), newId('u')];
  await send(device, messageOf(tired, { ack: 'full' }));
  for (let count = 0; count < 10; count++) {
    const message = await inbox.next(`delivery ${count}`);
    assert.equal(message.transportObj.message_annotations['iothub-deliverycount'], count);
    await client.abandon(message);
  }
  assert.equal((await fed(tired)).statusCode, 'DeliveryCountExceeded');
  await send(device, messageOf(unwanted, { ack: 'negative' }));
  await client.reject(await inbox.next('the message to reject'));
  assert.equal((await fed(unwanted)).statusCode, 'Rejected');
  await emptied(device);
});

test('34. What an AMQP device had not settled when its connection broke comes again.', async (t) => {
  const device = await newDevice();
  const first = await open(t, device.connectionString, { transport: Amqp });
  const inbox = inboxOf(first);
  await send(device, messageOf('again'));
  await inbox.next('the message');
  await first.close();
  const second = await open(t, device.connectionString, { transport: Amqp });
  const message = await inboxOf(second).next('the message once more');
  assert.equal(message.messageId, 'again');
  await second.complete(message);
  await emptied(device);
});

test('6. A policy without ServiceConnect sends nothing.', async (t) => {
  const stranger = await openService(connection.policies.registryRead);
  t.after(() => stranger.close().catch(() => {}));
  const device = await newDevice();
  assert.equal((await failure(within('a refusal', stranger.send(device.deviceId, messageOf('m'))))).name, 'UnauthorizedError');
});

test('21. An AMQP device whose token is renewed time and again while messages come loses none.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, {
    transport: Amqp, options: { tokenRenewal: { tokenValidTimeInSeconds: 3, tokenRenewalMarginInSeconds: 2 } },
  });
  const inbox = inboxOf(client);
  const opened = Date.now();
  for (let i = 0; Date.now() < opened + 5000; i++) {
    await send(device, messageOf(`${i}`));
    const message = await inbox.next(`message ${i}`);
    assert.equal(message.messageId, `${i}`);
    await client.complete(message);
  }
  await emptied(device);
});

test('62. Delete then re-create gives an empty queue; what waited for the old device never comes.', async (t) => {
  const device = await newDevice();
  await send(device, messageOf('old', { ack: 'full' }));
  await registry.delete(device.deviceId);
  assert.equal((await failure(send(device, messageOf('none')))).name, 'DeviceNotFoundError');
  await newDevice({ deviceId: device.deviceId, authentication: device.authentication });
  assert.equal(await queued(device), 0);
  const client = await open(t, device.connectionString, { transport: Amqp });
  const inbox = inboxOf(client);
  await send(device, messageOf('new'));
  const message = await inbox.next('the new message');
  assert.equal(message.messageId, 'new');
  await client.complete(message);
  await emptied(device);
});

test('32, 33, 34. Sender, device and receiver of feedback each on another silo, as the device moves from silo to silo.', async (t) => {
  const device = await newDevice();
  for (const [i, node] of nodes.entries()) {
    const sender = services[(i + 1) % nodes.length];
    const ids = Array.from({ length: 3 }, () => newId('s'));
    for (const id of ids) {
      await within('the message to be queued', sender.send(device.deviceId, messageOf(id, { ack: 'full' })));
    }
    const client = await open(t, at(node, device.connectionString), { transport: Amqp });
    const inbox = inboxOf(client);
    for (const id of ids) {
      const message = await inbox.next(`message ${id} on ${node}`);
      assert.equal(message.messageId, id);
      await client.complete(message);
      assert.equal((await fed(id)).statusCode, 'Success');
    }
    await client.close();
  }
});

test('33. Feedback over HTTPS, for who does not speak AMQP: received, given back, and completed; 204 when there is none.', async () => {
  // While others listen, they get it: from here on nobody does.
  await Promise.all(services.map((each) => each.close()));
  const path = '/messages/serviceBound/feedback';
  const device = await newDevice();
  const sent = await rest('POST', `/api/v1/devices/${device.deviceId}/messages`, { body: { messageId: 'by REST', ack: 'full' }, apiVersion: null });
  assert.equal(sent.status, 200);
  assert.equal((await rest('DELETE', `/devices/${device.deviceId}/commands`)).json.totalMessagesPurged, 1);
  const receive = () => until('feedback', async () => {
    const answer = await rest('GET', path, { policy: 'service' });
    return answer.status === 200 && answer;
  });
  const settle = (method, token, end = '') => rest(method, `${path}/${token}${end}`, { policy: 'service' });
  const tokenOf = (answer) => answer.headers.get('etag').slice(1, -1);

  const first = await receive();
  assert.equal(first.headers.get('content-type'), 'application/vnd.microsoft.iothub.feedback.json');
  const mine = first.json.find((record) => record.deviceId === device.deviceId);
  assert.deepEqual([mine.originalMessageId, mine.statusCode, mine.deviceGenerationId], ['by REST', 'Purged', device.generationId]);
  assert.equal((await rest('GET', path, { policy: 'service' })).status, 204);
  assert.equal((await settle('POST', tokenOf(first), '/abandon')).status, 204);
  const again = await receive();
  assert.deepEqual(again.json, first.json);
  assert.equal((await settle('DELETE', tokenOf(again))).status, 204);
  const late = await settle('DELETE', tokenOf(again));
  assert.deepEqual([late.status, late.headers.get('iothub-errorcode')], [412, 'DeviceMessageLockLost']);
  assert.equal((await rest('GET', path, { policy: 'registryRead' })).status, 401);
});
