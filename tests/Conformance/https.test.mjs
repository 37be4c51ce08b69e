import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { selfSigned } from './lib/certificates.mjs';
import { Http, asDevice, errorOf, sendToDevice, token } from './lib/device-http.mjs';
import { bodyOf, eventsOf } from './lib/events.mjs';
import { Message, connection, host, newDevice, newId, newModule, open, registry } from './lib/muster.mjs';
import { inAnHour, parseConnectionString, sas, spellingsOf } from './lib/sas.mjs';
import { Inbox } from './lib/until.mjs';

const batchType = 'application/vnd.microsoft.iothub.json';

test('2, 3, 4. A wrong key, an expired token, another device\'s token: HTTPS 401, and nothing is taken.', async () => {
  const device = await newDevice();
  const other = await newDevice();
  const resource = encodeURIComponent(`${host}/devices/${device.deviceId}`);
  const now = inAnHour() - 3600;
  const refused = [
    sas(resource, { key: randomBytes(32).toString('base64') }),
    sas(resource, { key: device.key, expiry: now - 3600 }),
    token(other),
    'Bearer x',
    '',
  ];
  for (const authorization of refused) {
    const answer = await asDevice(device, 'POST', '/messages/events', { authorization, body: 'x' });
    assert.equal(answer.status, 401);
    assert.equal(errorOf(answer), 'IotHubUnauthorizedAccess');
    assert.match(JSON.parse(answer.body).Message, /^ErrorCode:IotHubUnauthorizedAccess;[^;]+$/);
  }

  const nobody = { deviceId: newId(), key: device.key };
  assert.equal((await asDevice(nobody, 'POST', '/messages/events', { body: 'x' })).status, 401);
  assert.equal((await asDevice(device, 'POST', '/messages/events', { authorization: sas(resource, { key: device.key, expiry: now - 60 }), body: 'late clock' })).status, 204);
  assert.deepEqual((await eventsOf(device.deviceId)).map((event) => bodyOf(event).toString()), ['late clock']);
});

test('1. Device SAS with primary key sends over HTTPS; same with secondary key.', async (t) => {
  const device = await newDevice();
  for (const connectionString of [device.connectionString, device.secondaryConnectionString]) {
    const client = await open(t, connectionString, { transport: Http });
    await client.sendEvent(new Message('x'));
  }
  assert.equal((await eventsOf(device.deviceId)).length, 2);
});

test('4. HTTPS: a token for `/devices/a` is not valid for `/devices/ab`, even where both have one key.', async () => {
  const short = await newDevice();
  const long = await newDevice({ deviceId: `${short.deviceId}b`, authentication: short.authentication });
  const post = (device, authorization) => asDevice(device, 'POST', '/messages/events', { authorization, body: 'x' });
  assert.equal((await post(long, token(short))).status, 401);
  assert.equal((await post(short, token(long))).status, 401);
  assert.equal((await post(long, token(long))).status, 204);
});

test('5. HTTPS: the signature is checked over the literal `sr` text (encoded upper-case, encoded lower-case, unencoded all verify).', async () => {
  const device = await newDevice();
  const spellings = spellingsOf(`${host}/devices/${device.deviceId}`);
  const post = (authorization) => asDevice(device, 'POST', '/messages/events', { authorization, body: 'x' });
  for (const resource of spellings) {
    assert.equal((await post(sas(resource, { key: device.key }))).status, 204, resource);
  }
  const [upper, lower] = spellings;
  assert.equal((await post(sas(upper, { key: device.key }).replace(upper, lower))).status, 401);
});

test('6. `skn` policy token with DeviceConnect opens a device over HTTPS; with only RegistryRead does not.', async () => {
  const device = await newDevice();
  const as = (policy) => sas(host, { key: parseConnectionString(connection.policies[policy]).SharedAccessKey, policy });
  assert.equal((await asDevice(device, 'POST', '/messages/events', { authorization: as('device'), body: 'x' })).status, 204);
  assert.equal((await asDevice(device, 'POST', '/messages/events', { authorization: as('registryRead'), body: 'x' })).status, 401);
});

test('8. A self-signed device sends over HTTPS with its certificate and no header; another certificate is refused.', async () => {
  const own = selfSigned('x509');
  const { responseBody: device } = await registry.create({
    deviceId: newId(), authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: own.sha1, secondaryThumbprint: own.sha256 } },
  });
  const send = (certificate) => asDevice(device, 'POST', '/messages/events', { certificate: { cert: certificate.cert, key: certificate.key }, body: 'x' });
  assert.equal((await send(own)).status, 204);
  assert.equal((await send(selfSigned('x509'))).status, 401);
  assert.match((await eventsOf(device.deviceId))[0].systemProperties['iothub-connection-auth-method'], /x509/);
});

test('10. A disabled device is refused over HTTPS.', async () => {
  const device = await newDevice({ status: 'disabled' });
  assert.equal((await asDevice(device, 'POST', '/messages/events', { body: 'x' })).status, 401);
});

test('29. HTTPS single (204) and batch content type (base64 bodies).', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Http });
  const message = new Message(Buffer.from([0, 1, 255]));
  message.messageId = 'm1';
  message.correlationId = 'c1';
  message.contentType = 'application/octet-stream';
  message.properties.add('k', 'v');
  await client.sendEvent(message);
  const second = new Message('{"n":2}');
  second.properties.add('n', '2');
  await client.sendEventBatch([second, new Message('{"n":3}')]);

  // No waiting here: what was acknowledged can be read at once.
  const events = await eventsOf(device.deviceId);
  assert.deepEqual(events.map(bodyOf), [Buffer.from([0, 1, 255]), Buffer.from('{"n":2}'), Buffer.from('{"n":3}')]);
  assert.deepEqual(events.map((event) => event.properties), [{ k: 'v' }, { n: '2' }, {}]);
  assert.equal(events[0].systemProperties['message-id'], 'm1');
  assert.equal(events[0].systemProperties['correlation-id'], 'c1');
  assert.equal(events[0].systemProperties['content-type'], 'application/octet-stream');
  assert.equal(events[0].systemProperties['iothub-connection-device-id'], device.deviceId);
  assert.equal(events[0].systemProperties['iothub-connection-auth-generation-id'], device.generationId);
});

test('29. A module sends over HTTPS as itself, with its own key.', async () => {
  const device = await newDevice();
  const module = await newModule(device);
  const authorization = sas(encodeURIComponent(`${host}/devices/${device.deviceId}/modules/${module.moduleId}`), { key: module.key });
  const path = `/modules/${module.moduleId}/messages/events`;
  assert.equal((await asDevice(device, 'POST', path, { authorization, body: 'from the module' })).status, 204);
  assert.equal((await asDevice(device, 'POST', '/messages/events', { authorization, body: 'x' })).status, 401);
  const [event] = await eventsOf(device.deviceId);
  assert.equal(event.systemProperties['iothub-connection-module-id'], module.moduleId);
});

test('29. What is not a batch, is too large or has no api-version is refused whole.', async () => {
  const device = await newDevice();
  const post = (body, options = {}) => asDevice(device, 'POST', '/messages/events', { body, headers: { 'Content-Type': batchType }, ...options });
  for (const body of ['', '{}', '[{"body":"AA=="},{"body":"!"}]', '[{"body":"AA=="}', '[{"body":"AA==","properties":{"a":1}}]']) {
    const answer = await post(body);
    assert.deepEqual([answer.status, errorOf(answer)], [400, 'IotHubFormatError'], body);
  }
  const full = Buffer.alloc(256 * 1024, 1);
  const over = [await post(full.toString(), { headers: {}, body: Buffer.concat([full, Buffer.alloc(1)]) })];
  over.push(await post(JSON.stringify([{ body: full.toString('base64') }, { body: 'AA==' }])));
  for (const answer of over) {
    assert.deepEqual([answer.status, errorOf(answer)], [413, 'MessageTooLarge']);
  }
  for (const apiVersion of [null, 'x']) {
    const answer = await post('[]', { apiVersion });
    assert.deepEqual([answer.status, errorOf(answer)], [400, 'InvalidProtocolVersion']);
  }
  assert.deepEqual(await eventsOf(device.deviceId), []);
  assert.equal((await asDevice(device, 'POST', '/messages/events', { body: full })).status, 204);
  assert.deepEqual((await eventsOf(device.deviceId)).map(bodyOf), [full]);
});

test('38. HTTPS receive: headers, quoted ETag lock token, complete/abandon/reject, 204 when empty, 412 on an expired lock.', async (t) => {
  const device = await newDevice();
  const receive = () => asDevice(device, 'GET', '/messages/deviceBound');
  assert.equal((await receive()).status, 204);

  await sendToDevice(device, { messageId: 'm1', correlationId: 'c1', contentType: 'text/plain', ack: 'full', properties: { k: 'v' }, body: 'first' });
  await sendToDevice(device, { messageId: 'm2', body: 'second' });
  const first = await receive();
  assert.equal(first.status, 200);
  assert.match(first.headers.etag, /^"[0-9a-f-]{36}"$/);
  assert.equal(first.body.toString(), 'first');
  const shown = Object.fromEntries(['messageid', 'correlationid', 'contenttype', 'ack', 'app-k', 'deliverycount'].map((name) => [name, first.headers[`iothub-${name}`]]));
  assert.deepEqual(shown, { messageid: 'm1', correlationid: 'c1', contenttype: 'text/plain', ack: 'full', 'app-k': 'v', deliverycount: '0' });
  assert.equal(first.headers['iothub-to'], `/devices/${device.deviceId}/messages/devicebound`);
  for (const name of ['iothub-enqueuedtime', 'iothub-expiry']) {
    assert.ok(Date.parse(first.headers[name]) > 0, name);
  }
  assert.ok(Number(first.headers['iothub-sequencenumber']) > 0);

  const lock = first.headers.etag.slice(1, -1);
  assert.equal((await asDevice(device, 'POST', `/messages/devicebound/${lock}/abandon`)).status, 204);
  const again = await receive();
  assert.deepEqual([again.headers['iothub-messageid'], again.headers['iothub-deliverycount']], ['m1', '1']);
  const settle = (token, query = '') => asDevice(device, 'DELETE', `/messages/devicebound/${token}${query}`);
  for (const stale of [lock, newId(), 'nonsense']) {
    const answer = await settle(stale);
    assert.deepEqual([answer.status, errorOf(answer)], [412, 'DeviceMessageLockLost']);
  }
  assert.equal((await settle(again.headers.etag.slice(1, -1))).status, 204);

  const second = await receive();
  assert.equal(second.headers['iothub-messageid'], 'm2');
  assert.equal((await asDevice(device, 'DELETE', `/messages/devicebound/${second.headers.etag.slice(1, -1)}?reject`)).status, 204);
  assert.equal((await receive()).status, 204);
});

test('38. The SDK receives over HTTPS, abandons, rejects and completes.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Http });
  const inbox = new Inbox();
  client.on('message', (message) => inbox.add(message));
  await sendToDevice(device, { messageId: 'm1', body: 'one' });
  const first = await inbox.next('the message');

  // This SDK leaves the application's properties in their headers.
  assert.deepEqual([first.messageId, first.data.toString()], ['m1', 'one']);
  await client.abandon(first);
  const again = await inbox.next('the abandoned message');
  assert.equal(again.messageId, 'm1');
  await client.complete(again);
  await sendToDevice(device, { messageId: 'm2', body: 'two' });
  await client.reject(await inbox.next('the second message'));
  assert.equal((await asDevice(device, 'GET', '/messages/devicebound')).status, 204);
});
