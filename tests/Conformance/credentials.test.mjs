import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { selfSigned } from './lib/certificates.mjs';
import { Client, Mqtt, NoRetry, connection, describe, failure, host, newDevice, newId, open, registry, registryAs, rest } from './lib/muster.mjs';
import { closed, connect, connected } from './lib/raw.mjs';
import { inAnHour, parseConnectionString, sas, spellingsOf } from './lib/sas.mjs';

const resourceOf = (deviceId) => encodeURIComponent(`${host}/devices/${deviceId}`);
const policyKey = (policy) => parseConnectionString(connection.policies[policy]).SharedAccessKey;

test('1. Device SAS with primary key connects over MQTT; same with secondary key.', async (t) => {
  const device = await newDevice();
  for (const connectionString of [device.connectionString, device.secondaryConnectionString]) {
    const client = await open(t, connectionString);
    assert.ok((await client.getTwin()).properties.desired);
    await client.close();
  }
});

test('2. SAS signed with a wrong key → CONNACK 5; HTTPS 401.', async (t) => {
  const device = await newDevice();
  const wrong = randomBytes(32).toString('base64');
  const { client, returnCode } = await connect(t, { ...device, key: wrong });
  assert.equal(returnCode, 5);
  await closed('a refused connection', client.socket);

  const sdk = Client.fromConnectionString(`HostName=${host};DeviceId=${device.deviceId};SharedAccessKey=${wrong}`, Mqtt);
  sdk.setRetryPolicy(new NoRetry());
  assert.equal((await failure(sdk.open())).name, 'UnauthorizedError');

  const https = await rest('GET', `/devices/${device.deviceId}`, { authorization: sas(host, { key: wrong, policy: 'iothubowner' }) });
  assert.equal(https.status, 401);
  assert.match(https.json.Message, /^ErrorCode:IotHubUnauthorizedAccess;/);
  assert.equal(https.headers.get('iothub-errorcode'), 'IotHubUnauthorizedAccess');
  assert.equal((await rest('GET', `/devices/${device.deviceId}`, { authorization: '' })).status, 401);
});

test('3. Expired `se` → refused on all; small clock skew tolerated.', async (t) => {
  const device = await newDevice();
  const now = inAnHour() - 3600;
  const signed = (expiry) => ({ password: sas(resourceOf(device.deviceId), { key: device.key, expiry }) });
  const owner = (expiry) => ({ authorization: sas(host, { key: policyKey('iothubowner'), policy: 'iothubowner', expiry }) });

  assert.equal((await connect(t, device, signed(now - 3600))).returnCode, 5);
  assert.equal((await rest('GET', `/devices/${device.deviceId}`, owner(now - 3600))).status, 401);
  assert.equal((await connect(t, device, signed(now - 60))).returnCode, 0);
  assert.equal((await rest('GET', `/devices/${device.deviceId}`, owner(now - 60))).status, 200);
});

test('4. Token for device A used by client id B → refused; token for `/devices/a` not valid for `/devices/ab`.', async (t) => {
  const a = await newDevice();
  const b = await newDevice();
  assert.equal((await connect(t, b, { password: sas(resourceOf(a.deviceId), { key: a.key }) })).returnCode, 5);

  // The same key for both, so that only the scope can make the difference.
  const key = randomBytes(32).toString('base64');
  const authentication = { type: 'sas', symmetricKey: { primaryKey: key, secondaryKey: key } };
  const short = await newDevice({ authentication });
  const long = await newDevice({ deviceId: `${short.deviceId}b`, authentication });
  assert.equal((await connect(t, long, { password: sas(resourceOf(short.deviceId), { key }) })).returnCode, 5);
  assert.equal((await connect(t, long, { clientId: short.deviceId })).returnCode === 0, false);
  assert.equal((await connect(t, long)).returnCode, 0);
});

test('5. Signature is checked over the literal `sr` text (encoded upper-case, encoded lower-case, unencoded all verify).', async (t) => {
  const device = await newDevice();
  const spellings = spellingsOf(`${host}/devices/${device.deviceId}`);
  const [upper, lower] = spellings;
  assert.notEqual(upper, lower);
  for (const resource of spellings) {
    assert.equal((await connect(t, device, { password: sas(resource, { key: device.key }) })).returnCode, 0, resource);
  }

  // A signature over one spelling does not cover another.
  const password = sas(upper, { key: device.key }).replace(upper, lower);
  assert.equal((await connect(t, device, { password })).returnCode, 5);
});

test('6. `skn` policy token with DeviceConnect opens a device; with only RegistryRead does not.', async (t) => {
  const device = await newDevice();
  const as = (policy, resource) => ({ password: sas(resource, { key: policyKey(policy), policy }) });
  assert.equal((await connect(t, device, as('device', encodeURIComponent(host)))).returnCode, 0);
  assert.equal((await connect(t, device, as('device', resourceOf(device.deviceId)))).returnCode, 0);
  assert.equal((await connect(t, device, as('iothubowner', encodeURIComponent(host)))).returnCode, 0);
  for (const policy of ['registryRead', 'registryReadWrite', 'service']) {
    assert.equal((await connect(t, device, as(policy, encodeURIComponent(host)))).returnCode, 5, policy);
  }
  assert.equal((await connect(t, device, as('device', resourceOf(newId())))).returnCode, 5);
});

test('7. Policy permissions enforced per REST area (registryRead cannot PUT a device → 401).', async () => {
  const device = await newDevice();
  const path = `/devices/${device.deviceId}`;
  const identity = { deviceId: device.deviceId, status: 'enabled' };
  const calls = {
    read: (policy) => rest('GET', path, { policy }),
    statistics: (policy) => rest('GET', '/statistics/devices', { policy }),
    write: (policy) => rest('PUT', path, { policy, body: identity, headers: { 'If-Match': '"*"' } }),
    bulk: (policy) => rest('POST', '/devices', { policy, body: [{ id: device.deviceId, importMode: 'update', status: 'enabled' }] }),
    twin: (policy) => rest('GET', `/twins/${device.deviceId}`, { policy }),
    query: (policy) => rest('POST', '/devices/query', { policy, body: { query: 'SELECT * FROM devices' } }),
    events: (policy) => rest('GET', '/api/v1/events/partitions', { policy }),
  };
  const allowed = {
    iothubowner: ['read', 'statistics', 'write', 'bulk', 'twin', 'query', 'events'],
    service: ['twin', 'query', 'events'],
    device: [],
    registryRead: ['read', 'statistics'],
    registryReadWrite: ['read', 'statistics', 'write', 'bulk'],
  };
  for (const [policy, permitted] of Object.entries(allowed)) {
    for (const [area, call] of Object.entries(calls)) {
      assert.equal((await call(policy)).status, permitted.includes(area) ? 200 : 401, `${area} as ${policy}`);
    }
  }
  assert.equal((await failure(registryAs('registryRead').create({ deviceId: newId() }))).name, 'UnauthorizedError');

  // A device's own token opens its own device and nothing of the service's.
  const own = sas(resourceOf(device.deviceId), { key: device.key });
  assert.equal((await rest('GET', path, { authorization: own })).status, 401);
});

test('8. Self-signed thumbprint device connects with certificate and no password (SHA-1 and SHA-256); another certificate is refused.', async (t) => {
  for (const kind of ['sha1', 'sha256']) {
    const deviceId = newId();
    const [certificate, other] = [selfSigned(deviceId), selfSigned(deviceId)];
    await registry.create({ deviceId, authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: certificate[kind] } } });

    const client = Client.fromConnectionString(`HostName=${host};DeviceId=${deviceId};x509=true`, Mqtt);
    client.setRetryPolicy(new NoRetry());
    t.after(() => client.close().catch(() => {}));
    client.setOptions({ cert: certificate.cert, key: certificate.key });
    await client.open();
    assert.ok((await client.getTwin()).properties.reported);
    await client.close();

    const pair = ({ cert, key }) => ({ cert, key });
    assert.equal((await connect(t, { deviceId }, {}, pair(certificate))).returnCode, 0);
    assert.equal((await connect(t, { deviceId }, {}, pair(other))).returnCode, 5);

    // A SAS token does not stand in for the certificate, nor the certificate for a SAS device's token.
    const key = randomBytes(32).toString('base64');
    assert.equal((await connect(t, { deviceId, key })).returnCode, 5);
    const sasDevice = await newDevice();
    assert.equal((await connect(t, { deviceId: sasDevice.deviceId }, {}, pair(certificate))).returnCode, 5);
  }
});

test('10. Disabled device cannot connect; disabling a connected device disconnects it.', async (t) => {
  const device = await newDevice();
  const client = await connected(t, device);
  await registry.update({ deviceId: device.deviceId, status: 'disabled' });
  await closed('the connection of a device that was disabled', client.socket);
  assert.equal((await connect(t, device)).returnCode, 5);

  await registry.update({ deviceId: device.deviceId, status: 'enabled' });
  const again = await connected(t, device);
  await registry.delete(device.deviceId);
  await closed('the connection of a device that was deleted', again.socket);
  assert.equal((await connect(t, device)).returnCode, 5);
});

test('12. Field order `sr,sig,se,skn` and `sr,sig,skn,se` both parse; key rotation: old primary stops working, secondary continues.', async (t) => {
  const device = await newDevice();
  for (const order of [['sr', 'sig', 'se', 'skn'], ['sr', 'sig', 'skn', 'se'], ['skn', 'se', 'sig', 'sr']]) {
    const password = sas(encodeURIComponent(host), { key: policyKey('device'), policy: 'device', order });
    assert.equal((await connect(t, device, { password })).returnCode, 0, order.join());
    const authorization = sas(host, { key: policyKey('iothubowner'), policy: 'iothubowner', order });
    assert.equal((await rest('GET', `/devices/${device.deviceId}`, { authorization })).status, 200, order.join());
  }

  const fresh = randomBytes(32).toString('base64');
  const { secondaryKey } = device.authentication.symmetricKey;
  const rotated = describe((await registry.update({
    deviceId: device.deviceId,
    authentication: { type: 'sas', symmetricKey: { primaryKey: fresh, secondaryKey } },
  })).responseBody);
  assert.equal(rotated.key, fresh);
  assert.equal((await connect(t, device)).returnCode, 5);
  assert.equal((await connect(t, { ...device, key: secondaryKey })).returnCode, 0);
  assert.equal((await connect(t, rotated)).returnCode, 0);
});
