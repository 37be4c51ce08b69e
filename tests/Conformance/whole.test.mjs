import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import { test } from 'node:test';
import { MqttWs, connection, host, newDevice, open, rest } from './lib/muster.mjs';
import { closed, connected, dial } from './lib/raw.mjs';

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
