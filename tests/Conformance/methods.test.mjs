import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, invoke, newDevice, newId, newModule, open, rest, service, twinPath } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';
import { until } from './lib/until.mjs';

const subscription = '$iothub/methods/POST/#';
const ridOf = (request) => request.topic.match(/^\$iothub\/methods\/POST\/[^/]+\/\?\$rid=(.+)$/)[1];
const respond = (client, request, status, payload) =>
  client.publish(`$iothub/methods/res/${status}/?$rid=${ridOf(request)}`, payload, { qos: 0 });

/** A raw client that is subscribed to methods. */
async function listening(t, device) {
  const client = await connected(t, device);
  await client.subscribe(subscription);
  return client;
}

test('49. Invoke → device payload echo; result `{status,payload}`; null, string, number, object, empty payloads.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString);
  client.onDeviceMethod('echo', (request, response) => response.send(request.payload === 42 ? -7 : 200, request.payload));
  client.onDeviceMethod('silent', (request, response) => response.send(201));
  await until('the methods to be subscribed', async () => (await invoke(device.deviceId, 'silent')).status === 200);
  for (const payload of [null, 'text é', 42, true, { nested: { a: [1, null] } }, [], {}, '']) {
    const { result } = await service.invokeDeviceMethod(device.deviceId, { methodName: 'echo', payload });
    assert.deepEqual(result, { status: payload === 42 ? -7 : 200, payload });
  }
  assert.deepEqual((await invoke(device.deviceId, 'silent')).json, { status: 201, payload: null });


  const module = await newModule(device);
  const moduleClient = await open(t, module.connectionString);
  moduleClient.onMethod('echo', (request, response) => response.send(200, request.payload));
  const answer = await until('the module\'s method', async () => {
    const reply = await rest('POST', `${twinPath(device.deviceId, module.moduleId)}/methods`, { body: { methodName: 'echo', payload: 'm' } });
    return reply.status === 200 && reply;
  });
  assert.deepEqual(answer.json, { status: 200, payload: 'm' });
});

test('50. Body sent to the device is valid JSON (`null` when absent).', async (t) => {
  const device = await newDevice();
  const client = await listening(t, device);
  const bodies = [
    [{ methodName: 'm' }, 'null'],
    [{ methodName: 'm', payload: null }, 'null'],
    [{ methodName: 'm', payload: 'x' }, '"x"'],
    [{ methodName: 'm', payload: { a: [1] } }, '{"a":[1]}'],
  ];
  for (const [body, expected] of bodies) {
    const call = rest('POST', `${twinPath(device.deviceId)}/methods`, { body });
    const request = await client.messages.next('the request');
    assert.deepEqual(JSON.parse(request.payload), JSON.parse(expected));
    assert.notEqual(request.payload.length, 0);
    respond(client, request, 200, '');
    assert.deepEqual((await call).json, { status: 200, payload: null });
  }
});

test('51. Offline → 404 with 404103; online but silent → 504 after responseTimeout; unknown device → DeviceNotFound.', async (t) => {
  const device = await newDevice();
  const offline = await invoke(device.deviceId, 'm');
  assert.equal(offline.status, 404);
  assert.equal(JSON.parse(offline.json.Message).errorCode, 404103);

  // Connected but not subscribed is as good as offline.
  await connected(t, device);
  assert.equal((await invoke(device.deviceId, 'm')).status, 404);

  const client = await listening(t, device);
  const started = performance.now();
  const silent = await invoke(device.deviceId, 'm', { responseTimeoutInSeconds: 5 });
  assert.equal(silent.status, 504);
  assert.match(silent.text, /504101/);
  assert.ok(performance.now() - started >= 4_900, 'the device had its time');

  // An answer that comes too late goes nowhere and harms nobody.
  respond(client, await client.messages.next('the request'), 200, '"late"');
  const call = invoke(device.deviceId, 'm');
  respond(client, await client.messages.next('the second request'), 200, '"in time"');
  assert.deepEqual((await call).json, { status: 200, payload: 'in time' });

  const unknown = await failure(service.invokeDeviceMethod(newId(), { methodName: 'm', payload: null }));
  assert.equal(unknown.name, 'DeviceNotFoundError');
});

test('52. connectTimeout waits for a device that connects late.', async (t) => {
  const device = await newDevice();
  const call = invoke(device.deviceId, 'm', { connectTimeoutInSeconds: 30 });
  const client = await listening(t, device);
  respond(client, await client.messages.next('the request that waited'), 200, '"woken"');
  assert.deepEqual((await call).json, { status: 200, payload: 'woken' });
});

test('53. Timeout ranges validated (4 s → 400); payload > 128 KB → 413/400.', async () => {
  const device = await newDevice();
  const refused = [
    { responseTimeoutInSeconds: 4 }, { responseTimeoutInSeconds: 301 },
    { connectTimeoutInSeconds: -1 }, { connectTimeoutInSeconds: 301 },
  ];
  for (const options of refused) {
    assert.equal((await invoke(device.deviceId, 'm', options)).status, 400, JSON.stringify(options));
  }
  assert.ok([400, 413].includes((await invoke(device.deviceId, 'm', { payload: 'x'.repeat(128 * 1024 + 1) })).status));
  for (const name of ['', 'a/b', 'a+b', 'a#', 'x'.repeat(101)]) {
    assert.equal((await invoke(device.deviceId, name)).status, 400, `method name ${name}`);
  }
  assert.equal((await rest('POST', `${twinPath(device.deviceId)}/methods`, { body: '{"methodName":' })).status, 400);
});

test('54. Two concurrent calls to one device get the right answers.', async (t) => {
  const device = await newDevice();
  const client = await listening(t, device);
  const calls = ['a', 'b', 'c'].map((payload) => invoke(device.deviceId, 'm', { payload }));
  const requests = [];
  for (let i = 0; i < calls.length; i++) {
    requests.push(await client.messages.next(`request ${i + 1} of ${calls.length}`));
  }
  for (const request of requests.reverse()) {
    respond(client, request, 200, JSON.stringify(`${JSON.parse(request.payload)}!`));
  }
  assert.deepEqual((await Promise.all(calls)).map((reply) => reply.json.payload), ['a!', 'b!', 'c!']);
});

test('55. A device that answers 501 (a bare MQTT client) gives REST 200 with status 501.', async (t) => {
  const device = await newDevice();
  const client = await listening(t, device);
  const call = invoke(device.deviceId, 'unheard of');
  const request = await client.messages.next('the request');
  assert.match(request.topic, /^\$iothub\/methods\/POST\/unheard of\/\?\$rid=/);
  respond(client, request, 501, '');
  const reply = await call;
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json, { status: 501, payload: null });
});
