import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendToDevice } from './lib/device-http.mjs';
import { bodyOf, eventsOf, untilEvents } from './lib/events.mjs';
import { Client, Message, Mqtt, MqttWs, host, invoke, newDevice, newModule, open, registry } from './lib/muster.mjs';
import { cable } from './lib/proxy.mjs';
import { closed, connect, connected, userName } from './lib/raw.mjs';
import { inAnHour, sas } from './lib/sas.mjs';
import { Inbox, until, within } from './lib/until.mjs';

const methods = '$iothub/methods/POST/#';
const twinReplies = '$iothub/twin/res/#';
const desired = '$iothub/twin/PATCH/properties/desired/#';
const devicebound = (device) => ({ topic: `devices/${device.deviceId}/messages/devicebound/#`, qos: 1 });

/** Methods, twin replies, desired changes and messages all arrive on `client`, which has sent no SUBSCRIBE. */
async function deliversEverything(client, device) {
  assert.equal((await client.twin('GET/')).status, 200);

  const patched = await registry.updateTwin(device.deviceId, { properties: { desired: { probe: Math.random() } } }, '*');
  const { $version, probe } = patched.responseBody.properties.desired;
  const change = await client.messages.next('the desired change');
  assert.equal(change.topic, `$iothub/twin/PATCH/properties/desired/?$version=${$version}`);
  assert.deepEqual(JSON.parse(change.payload), { probe, $version });

  const call = invoke(device.deviceId, 'ping', { payload: { n: 1 } });
  const request = await client.messages.next('the method request');
  const rid = request.topic.match(/^\$iothub\/methods\/POST\/ping\/\?\$rid=(.+)$/)[1];
  client.publish(`$iothub/methods/res/200/?$rid=${rid}`, '{"pong":1}', { qos: 0 });
  assert.deepEqual((await call).json, { status: 200, payload: { pong: 1 } });

  await sendToDevice(device, { messageId: 'm1', body: 'hello' });
  const message = await client.messages.next('the message');
  assert.deepEqual([message.qos, message.payload.toString()], [1, 'hello']);
  client.send({ cmd: 'puback', messageId: message.messageId });
}

test('13. CONNECT with `clean=false`, DISCONNECT, reconnect: all subscriptions (methods, twin/res, desired, devicebound) still deliver with no SUBSCRIBE.', async (t) => {
  const device = await newDevice();
  const first = await connected(t, device, { clean: false });
  assert.deepEqual(await first.subscribe(methods, twinReplies, desired, devicebound(device)), [0, 0, 0, 1]);
  await first.disconnect();

  const second = await connected(t, device, { clean: false });
  assert.equal(second.sessionPresent, true);
  await deliversEverything(second, device);
});

test('14. Same after an abrupt TCP drop: `getTwin` works on the new connection.', async (t) => {
  const device = await newDevice();
  const first = await connected(t, device, { clean: false });
  await first.subscribe(methods, twinReplies, desired, devicebound(device));
  first.drop();

  const second = await connected(t, device, { clean: false });
  assert.equal(second.sessionPresent, true);
  await deliversEverything(second, device);
  second.drop();

  // The SDK by itself, with its own retries: after a drop it subscribes to methods again, never to the twin's topics.
  const wire = await cable(t);
  const another = await newDevice();
  const client = Client.fromConnectionString(wire.through(another.connectionString), Mqtt);
  t.after(() => client.close().catch(() => {}));
  client.on('error', () => {});
  await client.open();
  await client.getTwin();
  client.onDeviceMethod('ping', (request, response) => response.send(200, 'pong'));
  const answers = async () => (await invoke(another.deviceId, 'ping')).status === 200;
  await until('the method to be subscribed', answers);
  wire.cut();
  await until('the SDK to come back', () => wire.connections === 2);
  await until('the method to be answered again', answers);
  assert.ok((await within('getTwin after the drop', client.getTwin())).properties.desired.$version > 0);
});

test('15. sessionPresent=1 on the second connect, 0 after clean=true.', async (t) => {
  const device = await newDevice();
  const connectAs = async (clean) => {
    const client = await connected(t, device, { clean });
    const { sessionPresent } = client;
    if (!clean) {
      await client.subscribe(twinReplies);
    }
    await client.disconnect();
    return sessionPresent;
  };
  assert.equal(await connectAs(false), false);
  assert.equal(await connectAs(false), true);
  assert.equal(await connectAs(true), false);
  assert.equal(await connectAs(false), false);
});

test('16. Second connection with the same client id closes the first.', async (t) => {
  const device = await newDevice();
  const first = await connected(t, device);
  const second = await connected(t, device);
  await closed('the older connection', first.socket);
  await second.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, 'still here');
});

test('17. No packets for 1.5 × keepalive → closed; PINGREQ answered.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device, { keepalive: 2 });
  client.send({ cmd: 'pingreq' });
  assert.equal((await client.ack('PINGRESP')).cmd, 'pingresp');
  await closed('a connection that is silent for longer than 1.5 × keepalive', client.socket);
});

test('18. Will published on TCP drop, not on DISCONNECT; carries `iothub-MessageType=Will`.', async (t) => {
  const device = await newDevice();
  const will = { topic: `devices/${device.deviceId}/messages/events/reason=lost`, payload: 'gone', qos: 1, retain: false };
  await (await connected(t, device, { will })).disconnect();

  const dropped = await connected(t, device, { will });
  await dropped.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, 'alive');
  dropped.drop();

  const [alive, last] = await untilEvents(device.deviceId, 2);
  assert.equal(bodyOf(alive).toString(), 'alive');
  assert.equal(bodyOf(last).toString(), 'gone');
  assert.deepEqual(last.properties, { reason: 'lost', 'iothub-MessageType': 'Will' });
});

test('19. QoS 2 publish closes; publish to a foreign device\'s topic closes; >256 KiB closes.', async (t) => {
  const device = await newDevice();
  const other = await newDevice();
  const own = `devices/${device.deviceId}/messages/events/`;
  const offences = {
    'a QoS 2 publish': { topic: own, payload: 'x', qos: 2 },
    'a publish to another device\'s topic': { topic: `devices/${other.deviceId}/messages/events/`, payload: 'x' },
    'a publish to no topic of the hub': { topic: 'hello/world', payload: 'x' },
    'a publish of more than 256 KiB': { topic: own, payload: Buffer.alloc(256 * 1024 + 1) },
  };
  for (const [what, { topic, payload, ...options }] of Object.entries(offences)) {
    const client = await connected(t, device);
    client.publish(topic, payload, options);
    await closed(`the connection after ${what}`, client.socket);
  }

  const client = await connected(t, device);
  await client.publishAcknowledged(own, Buffer.alloc(255 * 1024));
  assert.equal((await untilEvents(device.deviceId, 1)).length, 1);
  assert.equal((await eventsOf(other.deviceId)).length, 0);
});

test('20. Username variants: with and without `?`, no query at all, unencoded model-id, module form, host with port.', async (t) => {
  const device = await newDevice();
  const module = await newModule(device);
  const id = device.deviceId;
  const variants = [
    `${host}/${id}/?api-version=2021-04-12&DeviceClientType=azure-iot-device%2F1.18.4%20(node%20v20)`,
    `${host}/${id}/api-version=2016-11-14`,
    `${host}/${id}`,
    `${host}/${id}/`,
    `${host}/${id}/?api-version=2021-04-12&model-id=dtmi:com:example;1&DeviceClientType=x`,
    `${host}/${id}/?api-version=2021-04-12&model-id=dtmi%3Acom%3Aexample%3B1`,
    `${host}:8883/${id}/?api-version=2021-04-12`,
  ];
  for (const username of variants) {
    assert.equal((await connect(t, device, { username })).returnCode, 0, username);
  }
  const portInResource = sas(encodeURIComponent(`${host}:8883/devices/${id}`), { key: device.key });
  assert.equal((await connect(t, device, { username: variants[6], password: portInResource })).returnCode, 0);
  for (const username of [userName(`${id}/${module.moduleId}`), `${host}/${id}/${module.moduleId}`]) {
    assert.equal((await connect(t, module, { username })).returnCode, 0, username);
  }
  for (const username of [userName(`${id}x`), `elsewhere.example/${id}/?api-version=2021-04-12`, id, '', userName(`${id}/${module.moduleId}`)]) {
    assert.notEqual((await connect(t, device, { username })).returnCode, 0, username);
  }
});

test('21. Token expiry drops the connection at `se`; Node renewal (disconnect, reconnect) loses no C2D and no subscription.', async (t) => {
  const device = await newDevice();
  const expiry = inAnHour() - 3600 + 4;
  const resource = encodeURIComponent(`${host}/devices/${device.deviceId}`);
  const client = await connected(t, device, { password: sas(resource, { key: device.key, expiry }) });
  await closed('a connection whose token has expired', client.socket);
  assert.ok(Math.floor(Date.now() / 1000) >= expiry, 'closed before its time');

  // Half-way through its token's life the SDK disconnects, connects again and sends no SUBSCRIBE.
  const wire = await cable(t);
  const other = await newDevice();
  const sdk = await open(t, wire.through(other.connectionString), {
    options: { tokenRenewal: { tokenValidTimeInSeconds: 10, tokenRenewalMarginInSeconds: 5 } },
  });
  const changes = new Inbox();
  (await sdk.getTwin()).on('properties.desired', (delta) => changes.add(delta));
  await changes.next('the first desired properties');
  sdk.onDeviceMethod('ping', (request, response) => response.send(200, 'pong'));
  const messages = new Inbox();
  sdk.on('message', (message) => sdk.complete(message, () => messages.add(message.messageId)));
  let sent = 0;
  await until('the renewal, with messages all the while', async () => {
    if (sent < messages.size + 10) {
      await sendToDevice(other, { messageId: `${sent}`, body: 'x' });
      sent++;
    }
    return wire.connections === 2;
  });
  await sendToDevice(other, { messageId: `${sent++}`, body: 'x' });
  const arrived = new Set();
  while (arrived.size < sent) {
    arrived.add(await messages.next(`message ${arrived.size} of ${sent}`));
  }
  await until('the device to be back', async () => (await invoke(other.deviceId, 'ping')).status === 200);
  await registry.updateTwin(other.deviceId, { properties: { desired: { after: 'renewal' } } }, '*');
  assert.equal((await changes.next('the change after the renewal')).after, 'renewal');
});

test('22. WebSocket at `/$iothub/websocket`, subprotocol `mqtt`, works with `MqttWs`.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: MqttWs });
  const twin = await client.getTwin();
  await new Promise((resolve, reject) => twin.properties.reported.update({ over: 'wss' }, (error) => (error ? reject(error) : resolve())));
  client.onDeviceMethod('echo', (request, response) => response.send(200, request.payload));
  const answer = await until('the method over WebSocket', async () => {
    const reply = await invoke(device.deviceId, 'echo', { payload: 'hello' });
    return reply.status === 200 && reply;
  });
  assert.deepEqual(answer.json, { status: 200, payload: 'hello' });
  assert.equal((await registry.getTwin(device.deviceId)).responseBody.properties.reported.over, 'wss');

  const large = Buffer.alloc(100_000, 'w');
  await client.sendEvent(new Message(large));
  assert.deepEqual(bodyOf((await untilEvents(device.deviceId, 1))[0]), large);
});
