import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { connected } from './lib/raw.mjs';
import { newDevice, newId, newModule, registry, rest } from './lib/muster.mjs';

// The fleet of this file, told from all others by one tag.
const run = newId('run').replaceAll('-', '');
const fleet = [];

/** Names of the devices that the condition selects. */
async function select(condition) {
  const { status, json, text } = await query(`SELECT * FROM devices WHERE tags.run = '${run}' AND (${condition})`);
  assert.equal(status, 200, `${condition}: ${text}`);
  return json.map(({ tags }) => tags.name).toSorted();
}

const query = (text, headers = {}) => rest('POST', '/devices/query', { body: { query: text }, headers });

before(async () => {
  const shapes = {
    a: { tags: { floor: 1, site: 'north', lab: true }, desired: { speed: 10 } },
    b: { tags: { floor: 2, site: 'north', nothing: { x: 1 } }, desired: { speed: 20.5 } },
    c: { tags: { floor: 3, site: 'south', 'odd-name': 'ü' }, desired: { speed: 'fast' } },
    d: { tags: { floor: '2', site: 'South', list: [1, 2] }, desired: {} },
    e: { tags: { site: "o'hara" }, desired: { speed: -1 }, status: 'disabled' },
  };
  for (const [name, { tags, desired, status }] of Object.entries(shapes)) {
    const device = await newDevice({ deviceId: `${run}-${name}`, ...(status ? { status } : {}) });
    await registry.updateTwin(device.deviceId, { tags: { ...tags, run, name }, properties: { desired } }, '*');
    fleet.push(device);
  }
});

test('65. `SELECT * FROM devices` pages: header absent on last page; tokens resume.', async () => {
  const text = `SELECT * FROM devices WHERE tags.run = '${run}'`;
  const ids = fleet.map(({ deviceId }) => deviceId);
  const seen = [];
  const sizes = [];
  let continuation;
  do {
    const page = await query(text, { 'x-ms-max-item-count': '2', ...(continuation ? { 'x-ms-continuation': continuation } : {}) });
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('x-ms-item-type'), 'Twin');
    sizes.push(page.json.length);
    seen.push(...page.json.map(({ deviceId }) => deviceId));
    continuation = page.headers.get('x-ms-continuation');
  } while (continuation !== null);
  assert.deepEqual(sizes, [2, 2, 1]);
  assert.deepEqual(seen.toSorted(), ids);

  const paged = registry.createQuery(text, 2);
  const twins = [];
  while (paged.hasMoreResults) {
    twins.push(...(await paged.nextAsTwin(paged.continuationToken)).result);
  }
  assert.deepEqual(twins.map(({ deviceId }) => deviceId).toSorted(), ids);
  assert.ok(twins.every((twin) => twin.etag && twin.properties.desired.$metadata && twin.tags.run === run));

  // Everything, whatever else is registered: each once.
  const all = registry.createQuery('SELECT * FROM devices', 50);
  const everything = [];
  while (all.hasMoreResults) {
    everything.push(...(await all.nextAsTwin(all.continuationToken)).result.map(({ deviceId }) => deviceId));
  }
  assert.equal(new Set(everything).size, everything.length);
  assert.ok(ids.every((id) => everything.includes(id)));

  for (const headers of [{ 'x-ms-max-item-count': '1001' }, { 'x-ms-max-item-count': '0' }, { 'x-ms-continuation': 'forged' }]) {
    assert.equal((await query(text, headers)).status, 400, JSON.stringify(headers));
  }
});

test('66. WHERE on tags/desired/reported/deviceId/status with = != < > IN NIN AND OR NOT and parentheses.', async (t) => {
  const client = await connected(t, fleet[0]);
  await client.subscribe('$iothub/twin/res/#');
  await client.twin('PATCH/properties/reported/', '{"fuel":{"level":7},"ok":false}');
  const cases = {
    'tags.floor = 2': ['b'],
    "tags.site = 'north'": ['a', 'b'],
    'tags.site = "south"': ['c'],
    'tags.floor != 2': ['a', 'c'],
    'tags.floor <> 2': ['a', 'c'],
    'tags.floor < 2': ['a'],
    'tags.floor <= 2': ['a', 'b'],
    'tags.floor > 1': ['b', 'c'],
    'tags.floor >= 0x2': ['b', 'c'],
    'properties.desired.speed > 1e1': ['b'],
    'properties.desired.speed = -1': ['e'],
    'properties.reported.fuel.level = 7': ['a'],
    'properties.reported.ok = false': ['a'],
    'tags.lab = true': ['a'],
    [`deviceId = '${run}-c'`]: ['c'],
    [`DEVICEID IN ['${run}-a', '${run}-b', 'other']`]: ['a', 'b'],
    [`deviceId NIN ['${run}-a', '${run}-b']`]: ['c', 'd', 'e'],
    "status = 'disabled'": ['e'],
    "connectionState = 'Connected'": ['a'],
    'tags.floor IN [1, 3]': ['a', 'c'],
    "tags.site = 'north' AND tags.floor > 1": ['b'],
    "tags.site = 'south' OR tags.floor = 1": ['a', 'c'],
    "NOT tags.site = 'north' AND tags.floor = 3": ['c'],
    "tags.site = 'north' AND (tags.floor = 2 OR tags.floor = 3)": ['b'],
    "tags.floor = 3 OR tags.floor = 1 AND tags.site = 'south'": ['c'],
    'tags.floor + 1 = 3': ['b'],
    'tags.floor * 2 - 1 > 4': ['c'],
    "tags.site = 'o\\'hara'": ['e'],
    "tags.site = 'O\\'HARA'": [],
  };
  for (const [condition, names] of Object.entries(cases)) {
    assert.deepEqual(await select(condition), names, condition);
  }
});

test('67. `IS_DEFINED`, missing property ≠ null, type mismatch not matched.', async () => {
  const cases = {
    'IS_DEFINED(tags.floor)': ['a', 'b', 'c', 'd'],
    'NOT IS_DEFINED(tags.floor)': ['e'],
    'is_defined(tags.nothing.x)': ['b'],
    'IS_DEFINED(properties.desired.speed)': ['a', 'b', 'c', 'e'],
    'tags.absent = null': [],
    'tags.absent != 1': [],
    'tags.floor = \'2\'': ['d'],
    'tags.floor > \'1\'': ['d'],
    'tags.lab = 1': [],
    'tags.nothing = 1': [],
    'tags.list = 1': [],
    'properties.desired.speed >= 0': ['a', 'b'],
  };
  for (const [condition, names] of Object.entries(cases)) {
    assert.deepEqual(await select(condition), names, condition);
  }
});

test('68. Aggregates with GROUP BY; AS aliases; `count()` total.', async () => {
  const ask = async (text) => {
    const reply = await query(text);
    assert.equal(reply.status, 200, `${text}: ${reply.text}`);
    assert.equal(reply.headers.get('x-ms-item-type'), 'Raw', text);
    return reply.json;
  };
  const where = `FROM devices WHERE tags.run = '${run}'`;
  assert.deepEqual(await ask(`SELECT COUNT() AS total ${where}`), [{ total: 5 }]);
  assert.deepEqual(await ask(`SELECT count() AS n ${where} AND tags.floor = 99`), [{ n: 0 }]);
  const sites = await ask(`SELECT tags.site AS site, COUNT() AS n ${where} AND tags.floor > 0 GROUP BY tags.site`);
  assert.deepEqual(sites.toSorted((x, y) => x.site.localeCompare(y.site)), [{ site: 'north', n: 2 }, { site: 'south', n: 1 }]);
  assert.deepEqual(
    await ask(`SELECT SUM(tags.floor) AS s, AVG(tags.floor) AS a, MIN(tags.floor) AS lo, MAX(tags.floor) AS hi ${where} AND tags.floor > 0`),
    [{ s: 6, a: 2, lo: 1, hi: 3 }]);
  assert.deepEqual(await ask(`SELECT DeviceId, tags.floor AS floor ${where} AND tags.floor = 1`), [{ deviceId: `${run}-a`, floor: 1 }]);
  const result = (await registry.createQuery(`SELECT COUNT() AS total ${where}`).next()).result;
  assert.deepEqual(result, [{ total: 5 }]);
});

test('69. `STARTSWITH`, `[[bracketed]]` names, `\\uXXXX`, `FROM devices.modules`.', async () => {
  const cases = {
    "STARTSWITH(tags.site, 'no')": ['a', 'b'],
    "ENDSWITH(tags.site, 'outh')": ['c', 'd'],
    "CONTAINS(tags.site, 'hara')": ['e'],
    "tags.[[odd-name]] = '\\u00fc'": ['c'],
    'tags.[[floor]] = 1': ['a'],
    'IS_STRING(tags.floor)': ['d'],
    'IS_NUMBER(tags.floor)': ['a', 'b', 'c'],
    'IS_BOOL(tags.lab)': ['a'],
    'IS_OBJECT(tags.nothing)': ['b'],
    'IS_ARRAY(tags.list)': ['d'],
  };
  for (const [condition, names] of Object.entries(cases)) {
    assert.deepEqual(await select(condition), names, condition);
  }
  assert.equal((await query(`SELECT TOP 2 * FROM devices WHERE tags.run = '${run}'`)).json.length, 2);

  const module = await newModule(fleet[1]);
  await registry.updateModuleTwin(module.deviceId, module.moduleId, { tags: { run } }, '*');
  const modules = await query(`SELECT * FROM devices.modules WHERE tags.run = '${run}'`);
  assert.deepEqual(modules.json.map(({ deviceId, moduleId }) => [deviceId, moduleId]), [[module.deviceId, module.moduleId]]);
  assert.equal((await query(`SELECT * FROM devices.modules WHERE moduleId = '${module.moduleId}'`)).json.length, 1);
});

test('70. Parse error → 400 ArgumentInvalid; over 8192 characters → 400.', async () => {
  const malformed = [
    '', 'SELECT', 'SELECT * FROM', 'SELECT * FROM elsewhere', 'SELECT * FROM devices WHERE', 'SELECT * FROM devices WHERE tags.a =',
    "SELECT * FROM devices WHERE tags.a = 'open", 'SELECT * FROM devices WHERE (tags.a = 1', 'SELECT * FROM devices ORDER BY deviceId',
    'SELECT * FROM devices; DROP TABLE devices', "SELECT * FROM devices WHERE tags.a = 1 garbage", 'DELETE FROM devices',
  ];
  for (const text of malformed) {
    const reply = await query(text);
    assert.equal(reply.status, 400, text);
    assert.match(reply.json.Message, /^ErrorCode:ArgumentInvalid;/, text);
  }
  assert.match((await query('SELECT * FROM devices WHERE tags.a ==== 1')).text, /\d/);
  const long = `SELECT * FROM devices WHERE tags.a = '${'x'.repeat(8192)}'`;
  assert.equal((await query(long)).status, 400);
  assert.equal((await query(`SELECT * FROM devices WHERE tags.a = '${'x'.repeat(8192 - 41)}'`)).status, 200);
  assert.equal((await rest('POST', '/devices/query', { body: '{"query":' })).status, 400);
  assert.equal((await rest('POST', '/devices/query', { body: {} })).status, 400);
});
