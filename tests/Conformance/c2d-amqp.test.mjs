// Back offices and devices over AMQP: messages to devices, what becomes of them, and their feedback.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import amqpTransports from 'azure-iot-device-amqp';
import iothub from 'azure-iothub';
import { Message, NoRetry, connection, failure, newDevice, newId, open, rest } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';
import { Inbox, until, within } from './lib/until.mjs';

const { Amqp, AmqpWs } = amqpTransports;
const service = iothub.Client.fromConnectionString(connection.serviceConnectionString);
service.setRetryPolicy(new NoRetry());

// Receivers of feedback share what there is, so all tests here look into one book.
const feedback = new Map();
before(async () => {
  await service.open();
  const receiver = await new Promise((resolve, reject) => {
    service.getFeedbackReceiver((error, made) => (error ? reject(error) : resolve(made)));
  });
  receiver.on('message', (message) => {
    assert.equal(message.contentType, 'application/vnd.microsoft.iothub.feedback.json');
    for (const record of JSON.parse(message.getData().toString())) {
      feedback.set(record.originalMessageId, record);
    }
    receiver.complete(message, () => {});
  });
});
after(() => service.close());

const fed = (id) => until(`feedback of ${id}`, () => feedback.get(id));
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

test('The file notification receiver opens; a device policy opens neither it nor the sender.', async (t) => {
  const receiver = await within('the receiver', new Promise((resolve, reject) => {
    service.getFileNotificationReceiver((error, made) => (error ? reject(error) : resolve(made)));
  }));
  assert.ok(receiver);
  const stranger = iothub.Client.fromConnectionString(connection.policies.registryRead);
  t.after(() => stranger.close().catch(() => {}));
  await stranger.open();
  const device = await newDevice();
  assert.equal((await failure(within('a refusal', stranger.send(device.deviceId, messageOf('m'))))).name, 'UnauthorizedError');
});
