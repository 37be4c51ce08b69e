import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, getTwin, newDevice, newModule, open, registry, rest, twinPath } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';
import { Inbox } from './lib/until.mjs';

const twinReplies = '$iothub/twin/res/#';
const desiredChanges = '$iothub/twin/PATCH/properties/desired/#';
const report = (twin, patch) =>
  new Promise((resolve, reject) => twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve())));
const patch = (deviceId, body, headers = {}) => rest('PATCH', twinPath(deviceId), { body, headers });

test('40. GET returns desired and reported with `$version`, no tags or `$metadata`.', async (t) => {
  const device = await newDevice();
  await patch(device.deviceId, { tags: { site: 'a' }, properties: { desired: { speed: { max: 3 } } } });
  const client = await connected(t, device);
  await client.subscribe(twinReplies);
  const { status, body } = await client.twin('GET/');
  assert.equal(status, 200);
  assert.deepEqual(body, { desired: { speed: { max: 3 }, $version: 2 }, reported: { $version: 1 } });

  const twin = await (await open(t, device.connectionString)).getTwin();
  assert.deepEqual(twin.properties.desired.speed, { max: 3 });
  assert.equal(twin.properties.desired.$version, 2);
});

test('41. Reported PATCH: 204 with new `$version`; null deletes; visible in service twin with `$metadata`.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await client.subscribe(twinReplies);
  const first = await client.twin('PATCH/properties/reported/', '{"battery":{"level":80,"charging":true},"gone":1}');
  assert.deepEqual(first, { status: 204, version: 2, body: undefined });
  const second = await client.twin('PATCH/properties/reported/', '{"battery":{"level":81},"gone":null}');
  assert.deepEqual(second, { status: 204, version: 3, body: undefined });

  const { $metadata, ...reported } = (await getTwin(device.deviceId)).properties.reported;
  assert.deepEqual(reported, { battery: { level: 81, charging: true }, $version: 3 });
  assert.match($metadata.$lastUpdated, /^\d{4}-\d\d-\d\dT/);
  assert.match($metadata.battery.$lastUpdated, /^\d{4}-\d\d-\d\dT/);
  assert.match($metadata.battery.level.$lastUpdated, /^\d{4}-\d\d-\d\dT/);
  assert.equal('gone' in $metadata, false);

  // A precondition of the device's: the version that it believes in.
  assert.equal((await client.twin('PATCH/properties/reported/?$version=2', '{"x":1}')).status, 412);
  assert.equal((await client.twin('PATCH/properties/reported/?$version=3', '{"x":1}')).version, 4);

  const twin = await (await open(t, device.connectionString)).getTwin();
  await report(twin, { x: null, fromSdk: ['a', 1] });
  const after = (await getTwin(device.deviceId)).properties.reported;
  assert.deepEqual(after.fromSdk, ['a', 1]);
  assert.equal('x' in after, false);
  assert.equal(after.$version, 5);
});

test('42. Service PATCH desired: connected device gets a patch with `$version`, nulls included.', async (t) => {
  const device = await newDevice();
  await patch(device.deviceId, { properties: { desired: { keep: 1, drop: 1, deep: { a: 1, b: 2 } } } });
  const client = await connected(t, device);
  await client.subscribe(desiredChanges);
  await patch(device.deviceId, { properties: { desired: { drop: null, deep: { a: null, c: 3 } } } });
  const change = await client.messages.next('the desired patch');
  assert.equal(change.topic, '$iothub/twin/PATCH/properties/desired/?$version=3');
  assert.deepEqual(JSON.parse(change.payload), { drop: null, deep: { a: null, c: 3 }, $version: 3 });
  const { $metadata, ...desired } = (await getTwin(device.deviceId)).properties.desired;
  assert.deepEqual(desired, { keep: 1, deep: { b: 2, c: 3 }, $version: 3 });
  assert.equal($metadata.deep.c.$lastUpdatedVersion, 3);

  const sdk = await open(t, device.connectionString);
  const twin = await sdk.getTwin();
  const deltas = new Inbox();
  twin.on('properties.desired', (delta) => deltas.add(delta));
  assert.equal((await deltas.next('the whole desired section')).keep, 1);
  await registry.updateTwin(device.deviceId, { properties: { desired: { keep: null, fresh: 'é' } } }, '*');
  assert.deepEqual(await deltas.next('the SDK\'s desired patch'), { keep: null, fresh: 'é', $version: 4 });
});

test('43. Tag-only PATCH bumps etag but sends nothing to the device.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await client.subscribe(desiredChanges);
  const before = await getTwin(device.deviceId);
  const after = (await registry.updateTwin(device.deviceId, { tags: { floor: 2 } }, before.etag)).responseBody;
  assert.notEqual(after.etag, before.etag);
  assert.ok(after.version > before.version);
  assert.equal(after.properties.desired.$version, before.properties.desired.$version);
  assert.equal(after.properties.reported.$version, before.properties.reported.$version);

  // Whatever the tags sent would stand before this one.
  await patch(device.deviceId, { properties: { desired: { next: true } } });
  assert.equal(JSON.parse((await client.messages.next('the change behind the tags')).payload).next, true);
});

test('44. If-Match wrong → 412; `"*"` and `*` accepted; PUT replaces.', async (t) => {
  const device = await newDevice();
  const { etag } = await getTwin(device.deviceId);
  assert.equal((await patch(device.deviceId, { tags: { a: 1 } }, { 'If-Match': '"*"' })).status, 200);
  assert.equal((await patch(device.deviceId, { tags: { b: 1 } }, { 'If-Match': '*' })).status, 200);
  const stale = await patch(device.deviceId, { tags: { c: 1 } }, { 'If-Match': `"${etag}"` });
  assert.equal(stale.status, 412);
  assert.equal(stale.headers.get('iothub-errorcode'), 'PreconditionFailed');
  assert.equal((await failure(registry.updateTwin(device.deviceId, { tags: { c: 1 } }, etag))).name, 'InvalidEtagError');

  const current = await getTwin(device.deviceId);
  assert.deepEqual(current.tags, { a: 1, b: 1 });
  for (const match of [`"${current.etag}"`, undefined]) {
    const replaced = await rest('PUT', twinPath(device.deviceId), {
      body: { tags: { only: match === undefined }, properties: { desired: { d: 1 } } },
      headers: match === undefined ? {} : { 'If-Match': match },
    });
    assert.equal(replaced.status, 200);
    assert.deepEqual(replaced.json.tags, { only: match === undefined });
  }

  // The device is told of the whole new section, not of a difference.
  const client = await connected(t, device);
  await client.subscribe(desiredChanges);
  await rest('PUT', twinPath(device.deviceId), { body: { properties: { desired: { e: 2 } } } });
  const { $version, ...desired } = JSON.parse((await client.messages.next('the replaced section')).payload);
  assert.deepEqual(desired, { e: 2 });
  assert.equal((await getTwin(device.deviceId)).properties.desired.$version, $version);
  assert.deepEqual((await getTwin(device.deviceId)).tags, {});
});

test('45. Limits (depth 11, key containing `.`/`$`/space, 8 KB tags, 32 KB properties) → 400 with an errorCode.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await client.subscribe(twinReplies);
  const nested = (depth) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
  const filler = (bytes) => Object.fromEntries(Array.from({ length: Math.ceil(bytes / 1024) }, (_, i) => [`k${i}`, 'x'.repeat(1024)]));
  const before = await getTwin(device.deviceId);
  const refused = {
    'a level too many': nested(11),
    'a dot in a key': { 'a.b': 1 },
    'a dollar in a key': { $a: 1 },
    'a dollar inside a key': { a$b: 1 },
    'a space in a key': { 'a b': 1 },
    'a control character in a key': { 'a\u0001b': 1 },
    'a key of more than 1 KB': { ['k'.repeat(1025)]: 1 },
    'a string of more than 4 KB': { k: 'x'.repeat(4097) },
    'a number beyond 2^53': { k: 9007199254740993n },
  };
  const text = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `#${v}#` : v)).replaceAll(/"#(\d+)#"/g, '$1');
  for (const [what, value] of Object.entries(refused)) {
    for (const body of [`{"tags":{"t":${text(value)}}}`, `{"properties":{"desired":{"t":${text(value)}}}}`]) {
      const reply = await patch(device.deviceId, body);
      assert.equal(reply.status, 400, `${what}: ${reply.text}`);
      assert.match(reply.json.Message, /^ErrorCode:ArgumentInvalid;/);
    }
    const reported = await client.twin('PATCH/properties/reported/', `{"t":${text(value)}}`);
    assert.equal(reported.status, 400, `${what}, reported`);
    assert.equal(reported.body.errorCode, 400004);
  }
  assert.equal((await patch(device.deviceId, { tags: filler(9 * 1024) })).status, 400);
  assert.equal((await patch(device.deviceId, { properties: { desired: filler(33 * 1024) } })).status, 400);
  const tooMuch = await client.twin('PATCH/properties/reported/', JSON.stringify(filler(33 * 1024)));
  assert.ok([400, 413].includes(tooMuch.status));
  assert.ok(tooMuch.body.errorCode >= 400000);
  const after = await getTwin(device.deviceId);
  assert.equal(after.etag, before.etag);
  assert.equal(after.version, before.version);

  const fits = { tags: { ...nested(10), ...filler(6 * 1024) }, properties: { desired: { ...nested(10), arrays: [1, { b: [2] }], ...filler(29 * 1024) } } };
  const accepted = await patch(device.deviceId, fits);
  assert.equal(accepted.status, 200, accepted.text);
  assert.equal((await client.twin('PATCH/properties/reported/', JSON.stringify(filler(29 * 1024)))).status, 204);
});

test('46. Malformed reported JSON → error body with `errorCode` so the SDK callback errors.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await client.subscribe(twinReplies);
  for (const payload of ['{"a":', 'null', '[1]', '"text"', '', '{"a":1}x', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]) {
    const reply = await client.twin('PATCH/properties/reported/', payload);
    assert.equal(reply.status, 400, String(payload));
    assert.ok(reply.body.errorCode >= 400000 && reply.body.errorCode < 401000);
    assert.equal(typeof reply.body.message, 'string');
    assert.equal(typeof reply.body.trackingId, 'string');
    assert.match(reply.body.timestampUtc, /^\d{4}-\d\d-\d\dT/);
  }
  assert.equal((await client.twin('GET/')).body.reported.$version, 1);

  const twin = await (await open(t, device.connectionString)).getTwin();
  await failure(report(twin, { 'not allowed': 1 }));
  assert.equal((await getTwin(device.deviceId)).properties.reported.$version, 1);
});

test('47. Module twin is independent of the device twin.', async (t) => {
  const device = await newDevice();
  const module = await newModule(device);
  const twin = await (await open(t, module.connectionString)).getTwin();
  const deltas = new Inbox();
  twin.on('properties.desired', (delta) => deltas.add(delta));
  await deltas.next('the whole desired section');
  await report(twin, { of: 'module' });
  await registry.updateModuleTwin(device.deviceId, module.moduleId, { tags: { m: 1 }, properties: { desired: { d: 'module' } } }, '*');
  assert.equal((await deltas.next('the module\'s desired patch')).d, 'module');

  const ofModule = (await registry.getModuleTwin(device.deviceId, module.moduleId)).responseBody;
  assert.equal(ofModule.moduleId, module.moduleId);
  assert.equal(ofModule.properties.reported.of, 'module');
  assert.deepEqual(ofModule.tags, { m: 1 });
  const ofDevice = await getTwin(device.deviceId);
  assert.equal('of' in ofDevice.properties.reported, false);
  assert.equal('d' in ofDevice.properties.desired, false);
  assert.deepEqual(ofDevice.tags, {});
});
