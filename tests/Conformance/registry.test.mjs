import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sendToDevice } from './lib/device-http.mjs';
import { failure, getTwin, newDevice, newId, newModule, open, registry, rest } from './lib/muster.mjs';
import { closed, connected } from './lib/raw.mjs';

const key = () => randomBytes(32).toString('base64');
const path = (deviceId) => `/devices/${encodeURIComponent(deviceId)}`;
const create = (deviceId, more = {}) => rest('PUT', path(deviceId), { body: { deviceId, ...more } });

test('56. Create with empty authentication generates keys; create with given keys/thumbprints echoes them; reply has deviceId and etag.', async () => {
  const deviceId = newId();
  const generated = (await registry.create({ deviceId })).responseBody;
  assert.equal(generated.deviceId, deviceId);
  assert.ok(generated.etag.length > 0 && !generated.etag.includes('"'));
  assert.match(generated.generationId, /^\d+$/);
  assert.equal(generated.status, 'enabled');
  assert.equal(generated.connectionState, 'Disconnected');
  assert.equal(generated.cloudToDeviceMessageCount, 0);
  assert.equal(generated.authentication.type, 'sas');
  const { primaryKey, secondaryKey } = generated.authentication.symmetricKey;
  assert.equal(Buffer.from(primaryKey, 'base64').length, 32);
  assert.equal(Buffer.from(secondaryKey, 'base64').length, 32);
  assert.notEqual(primaryKey, secondaryKey);

  const symmetricKey = { primaryKey: key(), secondaryKey: key() };
  const given = (await registry.create({ deviceId: newId(), status: 'disabled', statusReason: 'new', authentication: { symmetricKey } })).responseBody;
  assert.deepEqual(given.authentication.symmetricKey, symmetricKey);
  assert.equal(given.status, 'disabled');
  assert.equal(given.statusReason, 'new');

  const x509Thumbprint = { primaryThumbprint: 'A'.repeat(40), secondaryThumbprint: 'b'.repeat(64) };
  const pinned = (await registry.create({ deviceId: newId(), authentication: { x509Thumbprint } })).responseBody;
  assert.equal(pinned.authentication.type, 'selfSigned');
  assert.equal(pinned.authentication.x509Thumbprint.primaryThumbprint.toUpperCase(), x509Thumbprint.primaryThumbprint);
  assert.equal(pinned.authentication.x509Thumbprint.secondaryThumbprint.toLowerCase(), x509Thumbprint.secondaryThumbprint);

  const refused = [
    { type: 'sas', symmetricKey: { primaryKey: 'not base64!', secondaryKey: key() } },
    { type: 'sas', symmetricKey: { primaryKey: randomBytes(15).toString('base64'), secondaryKey: key() } },
    { type: 'sas', symmetricKey: { primaryKey: randomBytes(65).toString('base64'), secondaryKey: key() } },
    { type: 'sas', symmetricKey: { primaryKey: key() } },
    { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'xyz' } },
  ];
  for (const authentication of refused) {
    const refusedId = newId();
    const reply = await create(refusedId, { authentication });
    assert.equal(reply.status, 400, JSON.stringify(authentication));
    assert.equal((await rest('GET', path(refusedId))).status, 404);
  }
});

test('57. Duplicate create → 409 DeviceAlreadyExists; get missing → DeviceNotFoundError in Node; delete missing likewise.', async () => {
  const { deviceId, etag } = await newDevice();
  assert.equal((await failure(registry.create({ deviceId }))).name, 'DeviceAlreadyExistsError');
  const duplicate = await create(deviceId);
  assert.equal(duplicate.status, 409);
  assert.equal(duplicate.headers.get('iothub-errorcode'), 'DeviceAlreadyExists');
  assert.match(duplicate.json.Message, /^ErrorCode:DeviceAlreadyExists;[^;]+$/);
  assert.equal((await registry.get(deviceId)).responseBody.etag, etag);

  const missing = newId();
  const calls = {
    get: () => registry.get(missing),
    delete: () => registry.delete(missing),
    twin: () => registry.getTwin(missing),
    update: () => registry.update({ deviceId: missing, status: 'enabled' }),
  };
  for (const [what, call] of Object.entries(calls)) {
    assert.equal((await failure(call())).name, 'DeviceNotFoundError', what);
  }
});

test('58. Invalid id → error; ids with spaces/`%`/`:`/`@` round-trip through the URL.', async () => {
  for (const special of ['with space', '100%', 'a%20b', 'urn:x:1', 'me@home', "-._%#*?!(),:=@$'+"]) {
    const deviceId = `${newId('x')}${special}`;
    assert.equal((await registry.create({ deviceId })).responseBody.deviceId, deviceId);
    assert.equal((await registry.get(deviceId)).responseBody.deviceId, deviceId);
    assert.equal((await getTwin(deviceId)).deviceId, deviceId);
    await registry.delete(deviceId);
    assert.equal((await failure(registry.get(deviceId))).name, 'DeviceNotFoundError');
  }
  for (const invalid of ['a/b', 'ü', 'x'.repeat(129), 'a"b', 'a\\b', 'a<b', 'a\nb']) {
    const reply = await create(invalid);
    assert.equal(reply.status, 400, JSON.stringify(invalid));
    assert.match(reply.json.Message, /^ErrorCode:ArgumentInvalid;/);
  }
  assert.equal((await rest('PUT', path(newId()), { body: { deviceId: newId() } })).status, 400);
  assert.equal((await rest('PUT', path(newId()), { body: '{"deviceId":' })).status, 400);
  assert.equal((await rest('GET', path(newId()), { apiVersion: null })).status, 400);
});

test('59. Update with `"*"` and with matching/mismatching etag.', async () => {
  const device = await newDevice();
  const put = (etag, status) => rest('PUT', path(device.deviceId), { body: { deviceId: device.deviceId, status }, headers: { 'If-Match': etag } });
  const first = await put('"*"', 'disabled');
  assert.equal(first.status, 200);
  assert.equal(first.json.status, 'disabled');
  assert.notEqual(first.json.etag, device.etag);
  assert.equal((await put(`"${device.etag}"`, 'enabled')).status, 412);
  assert.equal((await registry.get(device.deviceId)).responseBody.status, 'disabled');
  const second = await put(`"${first.json.etag}"`, 'enabled');
  assert.equal(second.status, 200);
  assert.equal((await put('*', 'enabled')).status, 200);

  // Keys that an update leaves empty stay as they are.
  const updated = (await registry.update({ deviceId: device.deviceId, status: 'enabled', statusReason: 'checked' })).responseBody;
  assert.deepEqual(updated.authentication.symmetricKey, device.authentication.symmetricKey);
  assert.equal(updated.statusReason, 'checked');
  assert.equal(updated.generationId, device.generationId);

  const stale = await rest('DELETE', path(device.deviceId), { headers: { 'If-Match': `"${device.etag}"` } });
  assert.equal(stale.status, 412);
  assert.equal((await rest('DELETE', path(device.deviceId), { headers: { 'If-Match': '"*"' } })).status, 204);
});

test('60. List ≤ 1000; `top` honoured; trailing slash route.', async () => {
  const mine = await Promise.all([newDevice(), newDevice(), newDevice()]);
  const listed = (await registry.list()).responseBody;
  assert.ok(Array.isArray(listed) && listed.length >= 3 && listed.length <= 1000);
  assert.ok(listed.every((identity) => identity.deviceId && identity.authentication));
  for (const route of ['/devices', '/devices/', '/Devices/']) {
    const two = await rest('GET', `${route}?top=2`);
    assert.equal(two.status, 200);
    assert.equal(two.json.length, 2);
  }
  for (const top of ['0', '-1', '1001', 'many']) {
    assert.equal((await rest('GET', `/devices?top=${top}`)).status, 400, top);
  }
  const get = await rest('GET', `${path(mine[0].deviceId)}/`);
  assert.equal(get.json.deviceId, mine[0].deviceId);
});

test('61. Bulk add/update/delete 100; partial failure → errors array; 101 → 400.', async () => {
  const prefix = newId('bulk');
  const devices = Array.from({ length: 100 }, (_, i) => ({ deviceId: `${prefix}-${i}`, status: 'enabled', authentication: { symmetricKey: { primaryKey: key(), secondaryKey: key() } } }));
  const added = (await registry.addDevices(devices)).responseBody;
  assert.deepEqual(added, { isSuccessful: true, errors: [], warnings: [] });
  assert.equal((await registry.get(`${prefix}-99`)).responseBody.authentication.symmetricKey.primaryKey, devices[99].authentication.symmetricKey.primaryKey);

  const updated = (await registry.updateDevices(devices.map((device) => ({ ...device, status: 'disabled' })), true)).responseBody;
  assert.equal(updated.isSuccessful, true);
  assert.equal((await registry.get(`${prefix}-0`)).responseBody.status, 'disabled');

  const partial = await rest('POST', '/devices', { body: [
    { id: `${prefix}-0`, importMode: 'create' },
    { id: `${prefix}-new`, importMode: 'create', tags: { bulk: 1 }, properties: { desired: { d: 1 } } },
    { id: `${prefix}-missing`, importMode: 'update', status: 'enabled' },
  ] });
  assert.equal(partial.status, 400);
  assert.equal(partial.json.isSuccessful, false);
  assert.deepEqual(
    partial.json.errors.map(({ deviceId, errorCode }) => [deviceId, errorCode]).toSorted(),
    [[`${prefix}-0`, 'DeviceAlreadyExists'], [`${prefix}-missing`, 'DeviceNotFound']]);
  const twin = await getTwin(`${prefix}-new`);
  assert.deepEqual(twin.tags, { bulk: 1 });
  assert.equal(twin.properties.desired.d, 1);

  const tooMany = [...devices, { deviceId: `${prefix}-100` }].map(({ deviceId }) => ({ id: deviceId, importMode: 'createOrUpdate', status: 'enabled' }));
  assert.equal((await rest('POST', '/devices', { body: tooMany })).status, 400);
  assert.equal((await registry.get(`${prefix}-0`)).responseBody.status, 'disabled');

  const removed = (await registry.removeDevices(devices.map(({ deviceId }) => ({ deviceId })), true)).responseBody;
  assert.equal(removed.isSuccessful, true);
  assert.equal((await failure(registry.get(`${prefix}-50`))).name, 'DeviceNotFoundError');
});

test('62. Delete then re-create gives a new generationId and an empty twin and queue.', async (t) => {
  const device = await newDevice();
  await registry.updateTwin(device.deviceId, { tags: { old: 1 }, properties: { desired: { old: 1 } } }, '*');
  const client = await connected(t, device, { clean: false });
  await client.subscribe('$iothub/twin/res/#');
  await client.twin('PATCH/properties/reported/', '{"old":1}');
  await sendToDevice(device, { messageId: 'old', body: 'x' });
  await registry.delete(device.deviceId);
  await closed('the session of a deleted device', client.socket);

  const again = await newDevice({ deviceId: device.deviceId, authentication: device.authentication });
  assert.notEqual(again.generationId, device.generationId);
  const twin = await getTwin(device.deviceId);
  assert.deepEqual(twin.tags, {});
  const bare = ({ $metadata, ...properties }) => properties;
  assert.deepEqual(bare(twin.properties.desired), { $version: 1 });
  assert.deepEqual(bare(twin.properties.reported), { $version: 1 });
  assert.equal(again.cloudToDeviceMessageCount, 0);
  const next = await connected(t, again, { clean: false });
  assert.equal(next.sessionPresent, false);

  // Were there another message, it would come first.
  await next.subscribe({ topic: `devices/${again.deviceId}/messages/devicebound/#`, qos: 1 });
  await sendToDevice(again, { messageId: 'new', body: 'new' });
  assert.equal((await next.messages.next('the first message')).payload.toString(), 'new');
});

test('63. Modules CRUD; edge scope rules; statistics endpoints.', async (t) => {
  const device = await newDevice();
  const module = await newModule(device, 'first');
  assert.equal(module.deviceId, device.deviceId);
  assert.equal(Buffer.from(module.key, 'base64').length, 32);
  await newModule(device, 'second');
  const modules = (await registry.getModulesOnDevice(device.deviceId)).responseBody;
  assert.deepEqual(modules.map(({ moduleId }) => moduleId).toSorted(), ['first', 'second']);
  assert.equal((await create(device.deviceId)).status, 409);
  const modulePath = `${path(device.deviceId)}/modules/first`;
  const duplicate = await rest('PUT', modulePath, { body: { deviceId: device.deviceId, moduleId: 'first' } });
  assert.equal(duplicate.status, 409);
  assert.equal(duplicate.headers.get('iothub-errorcode'), 'ModuleAlreadyExistsOnDevice');
  const read = (await registry.getModule(device.deviceId, 'first')).responseBody;
  assert.equal(read.etag, module.etag);
  const updated = (await registry.updateModule({ ...read, managedBy: 'someone' }, true)).responseBody;
  assert.equal(updated.managedBy, 'someone');
  assert.deepEqual(updated.authentication.symmetricKey, module.authentication.symmetricKey);
  assert.equal((await rest('PUT', modulePath, { body: { ...read, managedBy: 'x' }, headers: { 'If-Match': `"${read.etag}"` } })).status, 412);
  await registry.removeModule(device.deviceId, 'first');
  const missing = await rest('GET', modulePath);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('iothub-errorcode'), 'ModuleNotFound');
  assert.equal((await rest('PUT', `${path(newId())}/modules/m`, { body: { moduleId: 'm' } })).status, 404);

  const edge = (await registry.create({ deviceId: newId('edge'), capabilities: { iotEdge: true } })).responseBody;
  assert.equal(edge.capabilities.iotEdge, true);
  assert.match(edge.deviceScope, new RegExp(`^ms-azure-iot-edge://${edge.deviceId}-\\d+$`));
  const leaf = (await registry.create({ deviceId: newId('leaf'), deviceScope: edge.deviceScope })).responseBody;
  assert.equal(leaf.deviceScope, edge.deviceScope);
  const moved = await rest('PUT', path(leaf.deviceId), { body: { ...leaf, deviceScope: 'ms-azure-iot-edge://other-1' }, headers: { 'If-Match': '"*"' } });
  assert.equal(moved.status, 400);

  // Other tests add and remove devices meanwhile, so only what must hold at any moment is asked.
  await newDevice({ status: 'disabled' });
  const statistics = (await registry.getRegistryStatistics()).responseBody;
  assert.equal(statistics.totalDeviceCount, statistics.enabledDeviceCount + statistics.disabledDeviceCount);
  assert.ok(statistics.disabledDeviceCount >= 1 && statistics.enabledDeviceCount >= 3);
  await open(t, device.connectionString);
  assert.ok((await rest('GET', '/statistics/service')).json.connectedDeviceCount >= 1);
});
