import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import { test } from 'node:test';
import amqpTransports from 'azure-iot-device-amqp';
import iothub from 'azure-iothub';
import { sendToDevice } from './lib/device-http.mjs';
import { consumer, deviceOf, receiver, webSocket } from './lib/eventhubs.mjs';
import { eventsOf } from './lib/events.mjs';
import { Message, MqttWs, connection, host, invoke, newDevice, nodes, open, rest } from './lib/muster.mjs';
import { closed, connect, connected, dial } from './lib/raw.mjs';
import { Inbox, until } from './lib/until.mjs';

const { Amqp, AmqpWs } = amqpTransports;

/** The status of the answer to a WebSocket upgrade. */
function upgrade(path, protocol) {
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'bXVzdGVyLXRlc3Qta2V5IQ==', 'Sec-WebSocket-Protocol': protocol };
  return new Promise((resolve, reject) => {
    const request = https.get({ host, path, headers, agent: false }, (response) => {
      resolve(response.statusCode);
      response.destroy();
    });
    request.on('upgrade', (response, socket) => {
      resolve(response.statusCode);
      socket.destroy();
    });
    request.on('error', reject);
  });
}

test('95. REST, MQTT and MQTT over WebSocket of the hub on one host are told apart.', async (t) => {
  const device = await newDevice();
  const [raw, overWebSocket] = await Promise.all([connected(t, device), newDevice().then((other) => open(t, other.connectionString, { transport: MqttWs }))]);
  await raw.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, 'x');
  assert.ok((await overWebSocket.getTwin()).properties.desired);
  assert.equal((await rest('GET', `/devices/${device.deviceId}`)).status, 200);

  // The WebSocket's path without an upgrade, and an upgrade to a protocol that is not spoken there.
  assert.ok((await fetch(`https://${host}/$iothub/websocket`)).status >= 400);
  assert.notEqual(await upgrade('/$iothub/websocket', 'chat'), 101);
  assert.notEqual(await upgrade('/elsewhere', 'mqtt'), 101);
  assert.equal(await upgrade('/$iothub/websocket', 'mqtt'), 101);
  assert.equal(await upgrade('/$iothub/websocket?iothub-no-client-cert=true', 'mqtt'), 101);
  assert.equal((await rest('GET', '/no/such/route')).status, 404);
});

test('95. AMQP of devices, services and Event Hubs share one port and one WebSocket server, and are told apart.', async (t) => {
  const device = await newDevice();
  const clients = await Promise.all([Amqp, AmqpWs].map(async (transport) => {
    const service = iothub.Client.fromConnectionString(connection.serviceConnectionString, transport === AmqpWs ? iothub.AmqpWs : undefined);
    t.after(() => service.close());
    await service.open();
    const client = consumer(t, { options: transport === AmqpWs ? webSocket : {} });
    assert.equal((await client.getEventHubProperties()).partitionIds.length, 32);
    return { transport, service, reader: client };
  }));
  for (const { transport, service, reader } of clients) {
    const client = await open(t, device.connectionString, { transport });
    const inbox = new Inbox();
    client.on('message', (message) => inbox.add(message));
    await client.sendEvent(new Message(transport.name));
    const [{ partition }] = await eventsOf(device.deviceId);
    const events = await receiver(reader, partition).take('the event', 1, (event) => deviceOf(event) === device.deviceId && String(event.body) === transport.name);
    assert.equal(events.length, 1);
    await service.send(device.deviceId, new Message(transport.name));
    const message = await inbox.next('the message');
    assert.equal(message.getData().toString(), transport.name);
    await client.complete(message);
    await client.close();
  }
});

test('96. Reconnect storm of N devices: kicked connections, subscriptions and queues remain consistent.', async (t) => {
  const rounds = 5;
  await Promise.all(Array.from({ length: 16 }, async (_, n) => {
    const device = await newDevice();
    const first = await connected(t, device, { clean: false });
    await first.subscribe({ topic: `devices/${device.deviceId}/messages/devicebound/#`, qos: 1 }, '$iothub/methods/POST/#', '$iothub/twin/res/#');
    const storm = Array.from({ length: rounds }, async (_, round) => {
      await sendToDevice(device, { messageId: `${round}`, body: 'x', ack: 'full' });
      return connect(t, device, { clean: false }, undefined, nodes[(n + round) % nodes.length]);
    });
    const answers = await Promise.allSettled(storm);
    assert.ok(answers.some((answer) => answer.value?.returnCode === 0), 'none of them was let in');

    // One more on top of what is left: it has the session, and everyone else is gone.
    const last = await connected(t, device, { clean: false }, undefined, nodes[n % nodes.length]);
    assert.equal(last.sessionPresent, true);
    for (const { value } of answers) {
      await (value && closed('a kicked connection', value.client.socket));
    }
    await closed('the first connection', first.socket);

    const seen = new Set();
    while (seen.size < rounds) {
      const packet = await last.messages.next(`message ${seen.size} of ${rounds}`);
      seen.add(decodeURIComponent(/%24\.mid=([^&]*)/.exec(packet.topic)[1]));
      last.send({ cmd: 'puback', messageId: packet.messageId });
    }
    await until('the queue to be empty', async () => (await rest('GET', `/devices/${device.deviceId}`)).json.cloudToDeviceMessageCount === 0);
    assert.equal((await last.twin('GET/')).status, 200);
    const call = invoke(device.deviceId, 'm');
    const request = await last.messages.next('the method request');
    last.publish(request.topic.replace('POST/m/', 'res/200/'), '"here"', { qos: 0 });
    assert.deepEqual((await call).json, { status: 200, payload: 'here' });
    assert.equal((await rest('GET', `/devices/${device.deviceId}`)).json.connectionState, 'Connected');
  }));
});

test('97. Unexpected bytes on 8883 (HTTP request, plain text) close that connection and nothing else.', async (t) => {
  const device = await newDevice();
  const bystander = await connected(t, device);
  const topic = `devices/${device.deviceId}/messages/events/`;

  const plain = ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'hello\r\n', Buffer.alloc(64, 0xff)];
  for (const bytes of plain) {
    const socket = net.connect(connection.mqttPort, host);
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    socket.write(bytes);
    await closed('a connection that speaks no TLS', socket);
  }

  const inside = {
    'an HTTP request': 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'plain text': 'hello\r\n',
    'a length of more than four bytes': Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    'a length of 256 MB': Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0x00]),
    'a packet before CONNECT': Buffer.from([0xc0, 0x00]),
    'half a CONNECT and then nothing': Buffer.from([0x10, 0x20, 0x00, 0x04, 0x4d]),
    'a CONNECT whose user name is longer than the packet': Buffer.from([0x10, 0x10, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0x82, 0, 60, 0, 1, 0x61, 0xff, 0xff, 0x62]),
    'a CONNECT with a client id that is not UTF-8': Buffer.from([0x10, 0x0e, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 2, 0xc3, 0x28]),
    'an unknown packet type': Buffer.from([0x00, 0x00]),
  };
  for (const [what, bytes] of Object.entries(inside)) {
    const socket = await dial(t);
    socket.resume();
    socket.write(bytes);
    await closed(`the connection after ${what}`, socket);
  }

  const other = await newDevice();
  const invalid = {
    'a topic that is not UTF-8': Buffer.from([0x30, 0x05, 0, 2, 0xc3, 0x28, 0x78]),
    'a topic longer than its packet': Buffer.from([0x30, 0x04, 0x00, 0x7f, 0x61, 0x61]),
    'a second CONNECT': Buffer.from([0x10, 0x0d, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61]),
    'a SUBSCRIBE without filters': Buffer.from([0x82, 0x02, 0, 1]),
    'a packet id of 0': Buffer.from([0x82, 0x06, 0, 0, 0, 1, 0x61, 0]),
  };
  for (const [what, bytes] of Object.entries(invalid)) {
    const client = await connected(t, other);
    client.socket.write(bytes);
    await closed(`the connection after ${what}`, client.socket);
  }
  await bystander.publishAcknowledged(topic, 'never noticed');
});
