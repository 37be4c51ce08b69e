// AMQP's port: Azure's service SDK puts its token, and who speaks something else is cut off.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { test } from 'node:test';
import iothub from 'azure-iothub';
import { connection, host } from './lib/muster.mjs';
import { closed } from './lib/raw.mjs';
import { within } from './lib/until.mjs';

const forged = connection.serviceConnectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${Buffer.alloc(32, 1).toString('base64')}`);

/** The SDK wraps what the hub said in what it was doing. */
const rootOf = (error) => (error.amqpError ? rootOf(error.amqpError) : error);

for (const [name, transport] of [['AMQP', undefined], ['AMQP over WebSocket', iothub.AmqpWs]]) {
  test(`The service client opens over ${name} with its policy's token, and with a forged one it does not.`, async (t) => {
    const client = iothub.Client.fromConnectionString(connection.serviceConnectionString, transport);
    t.after(() => client.close());
    await within(`${name} to open`, client.open());

    const stranger = iothub.Client.fromConnectionString(forged, transport);
    t.after(() => stranger.close().catch(() => {}));
    await assert.rejects(within('a forged token to be refused', stranger.open()), (error) => rootOf(error).name === 'UnauthorizedError');
  });
}

test('97. Unexpected bytes on 5671 (HTTP request, plain text) close that connection and nothing else.', async (t) => {
  const bystander = iothub.Client.fromConnectionString(connection.serviceConnectionString);
  t.after(() => bystander.close());
  await bystander.open();

  const noTls = net.connect(connection.amqpPort, host);
  t.after(() => noTls.destroy());
  noTls.on('error', () => {});
  noTls.resume();
  await once(noTls, 'connect');
  noTls.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await closed('a connection that speaks no TLS', noTls);

  const header = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0]);
  const inside = {
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    'plain text': Buffer.from('hello, hello\r\n'),
    'MQTT': Buffer.from([0x10, 0x0d, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61]),
    'a frame of 4 GB': Buffer.concat([header, Buffer.from([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0])]),
    'a frame that is too small': Buffer.concat([header, Buffer.from([0, 0, 0, 3, 2, 0, 0, 0])]),
    'a transfer before the open': Buffer.concat([header, Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0, 0x53, 0x14, 0x45])]),
  };
  for (const [what, bytes] of Object.entries(inside)) {
    const socket = tls.connect({ host: connection.hostName, port: connection.amqpPort });
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    await within('TLS', once(socket, 'secureConnect'));
    socket.resume();
    socket.write(bytes);
    await closed(`the connection after ${what}`, socket);
  }

  const next = iothub.Client.fromConnectionString(connection.serviceConnectionString);
  t.after(() => next.close());
  await next.open();
});
