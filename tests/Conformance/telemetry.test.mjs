import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, eventsOf, untilEvents } from './lib/events.mjs';
import { Message, newDevice, newModule, open } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';

test('24. QoS 1 publish is PUBACKed only after acceptance and appears once in the log.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await client.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, '{"n":1}');

  // No waiting here: what was acknowledged can be read at once.
  const events = await eventsOf(device.deviceId);
  assert.deepEqual(events.map((event) => bodyOf(event).toString()), ['{"n":1}']);

  client.publish(`devices/${device.deviceId}/messages/events/`, '{"n":2}', { qos: 0 });
  assert.equal((await untilEvents(device.deviceId, 2)).length, 2);
});

test('25. Property bag decoding: encoded keys and values, `%24.` and `$.`, `=`/`&`/UTF-8 in values, empty and missing values.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  const events = `devices/${device.deviceId}/messages/events/`;
  await client.publishAcknowledged(`${events}%24.mid=m-1&$.cid=c%2F1&k%201=v%2F%26%3D%C3%A9&empty=&bare&plus=a%2Bb&space=a%20b`, 'x');
  await client.publishAcknowledged(events.slice(0, -1), 'no bag');
  await client.publishAcknowledged(`${events}trailing=slash/`, 'y');

  const [full, none, trailing] = await untilEvents(device.deviceId, 3);
  assert.equal(full.systemProperties['message-id'], 'm-1');
  assert.equal(full.systemProperties['correlation-id'], 'c/1');
  assert.deepEqual(full.properties, { 'k 1': 'v/&=é', empty: '', bare: null, plus: 'a+b', space: 'a b' });
  assert.deepEqual(none.properties, {});
  assert.deepEqual(trailing.properties, { trailing: 'slash' });

  const sdk = await open(t, device.connectionString);
  const message = new Message('z');
  message.properties.add('a&b=c', '100 % é/?#');
  message.messageId = 'id &=';
  await sdk.sendEvent(message);
  const sent = (await untilEvents(device.deviceId, 4)).at(-1);
  assert.deepEqual(sent.properties, { 'a&b=c': '100 % é/?#' });
  assert.equal(sent.systemProperties['message-id'], 'id &=');
});

test('27. Body bytes pass through unchanged, including an empty body and binary.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString);
  const bodies = [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from('grün'), Buffer.alloc(200_000, 7)];
  for (const body of bodies) {
    const message = new Message(body);
    message.contentType = 'application/octet-stream';
    message.contentEncoding = 'utf-8';
    await client.sendEvent(message);
  }
  const events = await untilEvents(device.deviceId, bodies.length);
  assert.deepEqual(events.map(bodyOf), bodies);
  for (const event of events) {
    assert.equal(event.systemProperties['content-type'], 'application/octet-stream');
    assert.equal(event.systemProperties['content-encoding'], 'utf-8');
    assert.equal(event.systemProperties['iothub-connection-device-id'], device.deviceId);
    assert.equal(event.systemProperties['iothub-connection-auth-generation-id'], device.generationId);
    assert.equal(event.systemProperties['iothub-message-source'], 'Telemetry');
    assert.match(event.enqueuedTime, /^\d{4}-\d\d-\d\dT/);
  }
});

test('31. Order preserved per device; a device always lands in one partition.', async (t) => {
  const device = await newDevice();
  const module = await newModule(device);
  const count = 300;
  for (let part = 0; part < 3; part++) {
    const client = await connected(t, device);
    for (let i = 0; i < count; i++) {
      client.publish(`devices/${device.deviceId}/messages/events/`, String(part * count + i));
    }
    const acknowledged = [];
    while (acknowledged.length < count) {
      acknowledged.push((await client.ack(`PUBACK ${acknowledged.length + 1} of ${count}`)).messageId);
    }
    assert.deepEqual(acknowledged, acknowledged.toSorted((a, b) => a - b), 'PUBACKs in the order of the publishes');
    await client.disconnect();
  }
  const events = await untilEvents(device.deviceId, 3 * count);
  assert.deepEqual(events.map((event) => Number(bodyOf(event))), Array.from({ length: 3 * count }, (_, i) => i));
  assert.equal(new Set(events.map((event) => event.partition)).size, 1);

  const sdk = await open(t, module.connectionString);
  await sdk.sendOutputEvent('out1', new Message('from a module'));
  const last = (await untilEvents(device.deviceId, 3 * count + 1)).at(-1);
  assert.equal(last.partition, events[0].partition);
  assert.equal(last.moduleId, module.moduleId);
  assert.equal(last.systemProperties['iothub-outputname'], 'out1');
  assert.equal(last.systemProperties['iothub-connection-module-id'], module.moduleId);
  assert.equal(bodyOf(last).toString(), 'from a module');
});
