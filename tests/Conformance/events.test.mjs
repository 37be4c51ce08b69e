import assert from 'node:assert/strict';
import { test } from 'node:test';
import { earliestEventPosition, latestEventPosition } from '@azure/event-hubs';
import { eventsOf, untilEvents } from './lib/events.mjs';
import { consumer, deviceOf, newGroup, receiver, sourceOf, webSocket } from './lib/eventhubs.mjs';
import { plainPort } from './lib/hub.mjs';
import { at, connection, failure, getTwin, host, Message, newDevice, newModule, nodes, open, registry, rest } from './lib/muster.mjs';
import { plainPeer, refusalOf } from './lib/plain-peer.mjs';
import { connected } from './lib/raw.mjs';
import { parseConnectionString } from './lib/sas.mjs';

/** A device that has sent `count` numbered events; where they stand. */
async function sender(t, count) {
  const device = await newDevice();
  const client = await connected(t, device);
  const send = (text) => client.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, text);
  for (let i = 0; i < count; i++) {
    await send(`${i}`);
  }
  const stored = await untilEvents(device.deviceId, count);
  const isMine = (event) => deviceOf(event) === device.deviceId && sourceOf(event) === 'Telemetry';
  return { ...device, send, isMine, partition: stored[0]?.partition, offsets: stored.map((event) => event.offset), stored };
}

const texts = (events) => events.map((event) => event.body.toString());

test('75. getEventHubProperties / getPartitionProperties return AMQP types the SDK accepts.', async (t) => {
  const device = await sender(t, 2);
  const client = consumer(t);
  const hub = await client.getEventHubProperties();
  assert.equal(hub.name, /EntityPath=([^;]*)/.exec(connection.eventHubsConnectionString)[1]);
  assert.ok(hub.createdOn instanceof Date && !Number.isNaN(hub.createdOn.valueOf()));
  assert.deepEqual(hub.partitionIds, Array.from({ length: 32 }, (_, i) => String(i)));

  const partition = await client.getPartitionProperties(String(device.partition));
  assert.equal(partition.partitionId, String(device.partition));
  assert.ok(partition.beginningSequenceNumber <= device.offsets[0]);
  assert.ok(partition.lastEnqueuedSequenceNumber >= device.offsets[1]);
  assert.equal(partition.lastEnqueuedOffset, String(partition.lastEnqueuedSequenceNumber));
  assert.ok(Math.abs(Date.now() - partition.lastEnqueuedOnUtc.valueOf()) < 60_000);
  assert.equal(partition.isEmpty, false);

  assert.equal((await failure(client.getPartitionProperties('32'))).code, 'MessagingEntityNotFoundError');
  const other = consumer(t, { connectionString: connection.eventHubsConnectionString.replace(/EntityPath=[^;]*/, 'EntityPath=other') });
  assert.equal((await failure(other.getEventHubProperties())).code, 'MessagingEntityNotFoundError');
});

test('76. earliest, latest, offset (inclusive and exclusive), sequence number, enqueued-time selectors.', async (t) => {
  const device = await sender(t, 5);
  const client = consumer(t);
  const from = async (startPosition, count) => {
    const one = receiver(client, device.partition, { startPosition });
    const found = await one.take(`${count} events from ${JSON.stringify(startPosition)}`, count, device.isMine);
    await one.close();
    return texts(found);
  };
  const [, , third] = device.offsets;
  assert.deepEqual(await from(earliestEventPosition, 5), ['0', '1', '2', '3', '4']);
  assert.deepEqual(await from({ offset: String(third) }, 2), ['3', '4']);
  assert.deepEqual(await from({ offset: String(third), isInclusive: true }, 3), ['2', '3', '4']);
  assert.deepEqual(await from({ sequenceNumber: third }, 2), ['3', '4']);
  assert.deepEqual(await from({ sequenceNumber: third, isInclusive: true }, 3), ['2', '3', '4']);
  const before = new Date(Date.parse(device.stored[2].enqueuedTime) - 1);
  assert.deepEqual((await from({ enqueuedOn: before }, 3)).slice(-3), ['2', '3', '4']);

  const latest = receiver(client, device.partition, { startPosition: latestEventPosition });
  let sent = 5;
  const sending = setInterval(() => device.send(String(sent++)), 100);
  const first = await latest.take('events from latest on', 2, device.isMine).finally(() => clearInterval(sending));
  assert.ok(Number(first[0].body) >= 5, `latest began with ${first[0].body}`);
  assert.equal(Number(first[1].body), Number(first[0].body) + 1);

  const beyond = receiver(consumer(t), device.partition, { startPosition: { offset: '9000000000000' } });
  assert.match((await beyond.error('a refusal of an offset that is not there')).message, /offset/);
});

test('A reader that comes back goes on behind what it had, whatever it had read ahead.', async (t) => {
  const device = await sender(t, 30);
  const seen = [];
  for (let position = { offset: String(device.offsets[0]), isInclusive: true }; seen.length < 30;) {
    const one = receiver(consumer(t), device.partition, { startPosition: position, maxBatchSize: 7 });
    const page = (await one.take('a few events', Math.min(7, 30 - seen.length), device.isMine)).slice(0, 7);
    await one.close();
    seen.push(...texts(page));
    position = { offset: page.at(-1).offset };
  }
  assert.deepEqual(seen, Array.from({ length: 30 }, (_, i) => String(i)));
});

test('11. 24. 26. 27. 28. What a device sends is read whole: body, properties, annotations, once and in order.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString);
  const bodies = [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from('{"grün":1}'), Buffer.alloc(200_000, 7)];
  for (const [i, body] of bodies.entries()) {
    const message = new Message(body);
    Object.assign(message, { messageId: `m-${i}`, correlationId: `c-${i}`, contentType: 'application/octet-stream', contentEncoding: 'utf-8' });
    message.properties.add('k 1', 'v/&=é');
    message.properties.add('empty', '');
    await client.sendEvent(message);
  }
  const [{ partition }] = await untilEvents(device.deviceId, bodies.length);
  const isMine = (event) => deviceOf(event) === device.deviceId && sourceOf(event) === 'Telemetry';
  const events = await receiver(consumer(t), partition, { trackLastEnqueuedEventProperties: true, skipParsingBodyAsJson: true }).take('all events', bodies.length, isMine);

  assert.equal(events.length, bodies.length);
  for (const [i, event] of events.entries()) {
    assert.ok(event.body.equals(bodies[i]), `body ${i}`);
    assert.deepEqual(event.properties, { 'k 1': 'v/&=é', empty: '' });
    assert.deepEqual([event.messageId, event.correlationId, event.contentType], [`m-${i}`, `c-${i}`, 'application/octet-stream']);
    assert.equal(event.systemProperties['iothub-connection-auth-generation-id'], device.generationId);
    assert.equal(JSON.parse(event.systemProperties['iothub-connection-auth-method']).type, 'sas');
    assert.ok(Math.abs(Date.now() - new Date(event.systemProperties['iothub-enqueuedtime']).valueOf()) < 60_000);
    assert.ok(event.enqueuedTimeUtc instanceof Date);
    assert.equal(event.offset, String(event.sequenceNumber));
    assert.equal(event.partitionKey, device.deviceId);
  }
});

test('31. Order preserved per device; a device and its modules always land in one partition.', async (t) => {
  const device = await sender(t, 200);
  const module = await newModule(device);
  const sdk = await open(t, module.connectionString);
  await sdk.sendOutputEvent('out1', new Message('module'));
  const events = await receiver(consumer(t), device.partition).take('all events', 201, device.isMine);

  assert.deepEqual(texts(events), [...Array.from({ length: 200 }, (_, i) => String(i)), 'module']);
  assert.equal(events.at(-1).systemProperties['iothub-connection-module-id'], module.moduleId);
  assert.deepEqual(events.map((event) => event.sequenceNumber), events.map((event) => event.sequenceNumber).toSorted((a, b) => a - b));
});

test('77. Lifecycle create/delete and twin-change events with schema, opType, source, body shape.', async (t) => {
  const device = await newDevice();
  const twin = await getTwin(device.deviceId);
  await registry.updateTwin(device.deviceId, { tags: { site: 'A' }, properties: { desired: { rate: 5 } } }, twin.etag);
  await registry.updateTwin(device.deviceId, { properties: { desired: { rate: null } } }, '*');
  await rest('PUT', `/twins/${device.deviceId}`, { body: { properties: { desired: { whole: 1 } } } });
  const client = await open(t, device.connectionString);
  const deviceTwin = await client.getTwin();
  await new Promise((resolve, reject) => deviceTwin.properties.reported.update({ level: { a: 1 } }, (error) => (error ? reject(error) : resolve())));
  await client.close();
  await registry.delete(device.deviceId);

  const [{ partition }] = await untilEvents(device.deviceId, 2, 'deviceLifecycleEvents');
  const isMine = (event) => deviceOf(event) === device.deviceId && ['twinChangeEvents', 'deviceLifecycleEvents'].includes(sourceOf(event));
  const events = await receiver(consumer(t), partition).take('all that happened to the device', 6, isMine);

  assert.deepEqual(events.map((event) => event.properties.opType),
    ['createDeviceIdentity', 'updateTwin', 'updateTwin', 'replaceTwin', 'updateTwin', 'deleteDeviceIdentity']);
  for (const event of events) {
    assert.equal(event.properties['iothub-message-schema'], sourceOf(event) === 'twinChangeEvents' ? 'twinChangeNotification' : 'deviceLifecycleNotification');
    assert.equal(event.properties.deviceId, device.deviceId);
    assert.ok(event.properties.hubName.length > 0 && !Number.isNaN(Date.parse(event.properties.operationTimestamp)));
    assert.equal(event.contentType, 'application/json');
    assert.ok(event.correlationId);
  }
  const [created, changed, removed, replaced, reported] = events.map((event) => event.body);
  assert.equal(created.deviceId, device.deviceId);
  assert.equal(created.properties.desired.$version, 1);
  assert.deepEqual([changed.tags, changed.properties.desired.rate, changed.properties.desired.$version], [{ site: 'A' }, 5, 2]);
  assert.equal(changed.properties.desired.$metadata.rate.$lastUpdatedVersion, 2);
  assert.equal(removed.properties.desired.rate, null);
  assert.deepEqual([replaced.tags, replaced.properties.desired.whole], [{}, 1]);
  assert.deepEqual(reported.properties.reported.level, { a: 1 });
  assert.ok(reported.properties.reported.$metadata.level.a.$lastUpdated);
  assert.deepEqual(events.slice(1, 5).map((event) => event.body.version), [2, 3, 4, 5]);
});

test('78. Connected/disconnected events carry an increasing hex sequenceNumber.', async (t) => {
  const device = await newDevice();
  for (let i = 0; i < 2; i++) {
    const client = await open(t, device.connectionString);
    await client.close();
  }
  const [{ partition }] = await untilEvents(device.deviceId, 4, 'deviceConnectionStateEvents');
  const isMine = (event) => deviceOf(event) === device.deviceId && sourceOf(event) === 'deviceConnectionStateEvents';
  const events = await receiver(consumer(t), partition).take('all connections', 4, isMine);

  assert.deepEqual(events.map((event) => event.properties.opType), ['deviceConnected', 'deviceDisconnected', 'deviceConnected', 'deviceDisconnected']);
  const numbers = events.map((event) => event.body.sequenceNumber);
  for (const number of numbers) {
    assert.match(number, /^[0-9A-F]{64}$/);
  }
  assert.deepEqual(numbers, [...new Set(numbers)].toSorted());
  assert.equal(events[0].properties['iothub-message-schema'], 'deviceConnectionStateNotification');
});

test('79. Higher ownerLevel steals; lower attach refused with amqp:link:stolen; sixth non-epoch receiver refused.', async (t) => {
  const device = await sender(t, 1);
  const group = await newGroup(t);
  const attach = (options) => receiver(consumer(t, { group }), device.partition, options);
  const older = attach({ ownerLevel: 1 });
  await older.take('an event for the first owner', 1);
  const newer = attach({ ownerLevel: 2 });
  await newer.take('an event for the second owner', 1);
  assert.equal((await older.error('the loss of the partition')).code, 'ReceiverDisconnectedError');
  assert.equal((await attach({ ownerLevel: 1 }).error('a refusal of the lower level')).code, 'ReceiverDisconnectedError');
  assert.equal((await attach({}).error('a refusal of no level')).code, 'ReceiverDisconnectedError');
  await newer.close();

  const readers = await newGroup(t);
  for (let i = 0; i < 5; i++) {
    await receiver(consumer(t, { group: readers }), device.partition).take(`an event for reader ${i}`, 1);
  }
  const sixth = await receiver(consumer(t, { group: readers }), device.partition).error('a refusal of the sixth reader');
  assert.equal(sixth.code, 'QuotaExceededError');
});

test('79. The owner of a partition is one for all silos: the next one on each is the owner, and the one before is not.', async (t) => {
  const device = await sender(t, 1);
  const group = await newGroup(t);
  let owner;
  for (const [level, node] of [...nodes, ...nodes].entries()) {
    const client = consumer(t, { group, connectionString: at(node, connection.eventHubsConnectionString) });
    const next = receiver(client, device.partition, { ownerLevel: level + 1 });
    await next.take(`an event for the owner on ${node}`, 1, device.isMine);
    if (owner) {
      assert.equal((await owner.error('the loss of the partition')).code, 'ReceiverDisconnectedError');
    }
    owner = next;
  }
});

test('80. WebSocket `/$servicebus/websocket`.', async (t) => {
  const device = await sender(t, 3);
  const events = await receiver(consumer(t, { options: webSocket }), device.partition).take('events over WebSocket', 3, device.isMine);
  assert.deepEqual(texts(events), ['0', '1', '2']);
});

test('80. Emulator plain TCP flag: `UseDevelopmentEmulator=true` reads without TLS, and its token is checked all the same.', async (t) => {
  const device = await sender(t, 3);
  const plain = `${connection.eventHubsConnectionString.replace(/Endpoint=[^;]*/, `Endpoint=sb://${nodes[0]}:${plainPort}`)};UseDevelopmentEmulator=true`;
  const client = consumer(t, { connectionString: plain });
  assert.equal((await client.getPartitionProperties(String(device.partition))).isEmpty, false);
  assert.deepEqual(texts(await receiver(client, device.partition).take('events without TLS', 3, device.isMine)), ['0', '1', '2']);

  const forged = consumer(t, { connectionString: plain.replace(/SharedAccessKey=[^;]*/, 'SharedAccessKey=AAAA') });
  assert.equal((await receiver(forged, device.partition).error('a refusal of the credentials')).code, 'UnauthorizedError');
});

test('81. Two consumer groups read independently; an unknown or deleted one is not found.', async (t) => {
  const device = await sender(t, 3);
  const group = await newGroup(t);
  const one = receiver(consumer(t, { group }), device.partition);
  assert.deepEqual(texts(await one.take('events in a group of its own', 3, device.isMine)), ['0', '1', '2']);
  const other = await receiver(consumer(t), device.partition).take('events in $Default', 3, device.isMine);
  assert.deepEqual(texts(other), ['0', '1', '2']);

  const unknown = receiver(consumer(t, { group: 'nobody-made-it' }), device.partition);
  assert.equal((await unknown.error('a refusal of an unknown group')).code, 'MessagingEntityNotFoundError');
  assert.equal((await rest('DELETE', `/api/v1/consumer-groups/${group}`, { apiVersion: null })).status, 204);
  assert.equal((await one.error('the end of a deleted group')).code, 'MessagingEntityNotFoundError');
});

test('82. `amqp:link:redirect` from `/messages/events/$management` with the four info fields, which lead to the events.', async (t) => {
  const device = await sender(t, 1);
  const { SharedAccessKeyName: policy, SharedAccessKey: key } = parseConnectionString(connection.serviceConnectionString);
  const peer = plainPeer(t, 'service');
  for (const attach of [
    () => peer.open_receiver('/messages/events/$management'),
    () => peer.open_sender(`amqps://${host}/messages/events/$management`),
    () => peer.open_receiver('/messages/events/ConsumerGroups/$Default/Partitions/0'),
  ]) {
    const { condition, info } = await refusalOf(attach());
    assert.equal(condition, 'amqp:link:redirect');
    assert.deepEqual([info.hostname, info['network-host'], info.port], [host, host, connection.amqpPort]);

    // As clients of that time found the event hub's name.
    const [, name] = /:\d+\/(.*)\/\$management/.exec(info.address);
    const redirected = `Endpoint=sb://${info.hostname}:${info.port}/;SharedAccessKeyName=${policy};SharedAccessKey=${key};EntityPath=${name}`;
    const reader = receiver(consumer(t, { connectionString: redirected }), device.partition);
    assert.deepEqual(texts(await reader.take('events where the redirect leads', 1, device.isMine)), ['0']);
  }
});

test('Consumer groups: made once, listed, bounded by name; only policies with ServiceConnect may.', async (t) => {
  const group = await newGroup(t);
  const call = (method, name, options) => rest(method, `/api/v1/consumer-groups${name}`, { apiVersion: null, ...options });
  assert.equal((await call('PUT', `/${group}`)).status, 200);
  assert.equal((await call('GET', `/${group.toUpperCase()}`)).json.name, group);
  const listed = (await call('GET', '')).json.map((one) => one.name);
  assert.ok(listed[0] === '$Default' && listed.includes(group));
  assert.equal((await call('PUT', '/-bad-')).status, 400);
  assert.equal((await call('DELETE', '/$Default')).status, 400);
  assert.equal((await call('GET', '', { policy: 'registryRead' })).status, 401);
});

test('11. A policy without ServiceConnect, or a token of another key, reads no events.', async (t) => {
  const device = await sender(t, 1);
  const weak = connection.policies.registryRead.replace(/HostName=[^;]*;/, '');
  const endpoint = /Endpoint=[^;]*;/.exec(connection.eventHubsConnectionString)[0];
  const entity = /EntityPath=[^;]*/.exec(connection.eventHubsConnectionString)[0];
  for (const connectionString of [`${endpoint}${weak};${entity}`, connection.eventHubsConnectionString.replace(/SharedAccessKey=[^;]*/, 'SharedAccessKey=AAAA')]) {
    const error = await receiver(consumer(t, { connectionString }), device.partition).error('a refusal of the credentials');
    assert.equal(error.code, 'UnauthorizedError');
  }
  assert.equal((await eventsOf(device.deviceId)).length, 1);
});
