// Devices over AMQP, by Azure's own transport.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import deviceSdk from 'azure-iot-device';
import amqpTransports from 'azure-iot-device-amqp';
import { bodyOf, eventsOf, untilEvents } from './lib/events.mjs';
import { selfSigned } from './lib/certificates.mjs';
import { Client, Message, NoRetry, connection, failure, host, invoke, newDevice, newId, newModule, open, registry, rest } from './lib/muster.mjs';
import { connected } from './lib/raw.mjs';
import { inAnHour, parseConnectionString, sas, spellingsOf } from './lib/sas.mjs';
import { Inbox, event, until, within } from './lib/until.mjs';

const { SharedAccessSignatureAuthenticationProvider } = deviceSdk;
const { Amqp, AmqpWs } = amqpTransports;
const resourceOf = (deviceId) => encodeURIComponent(`${host}/devices/${deviceId}`);
const policyKey = (policy) => parseConnectionString(connection.policies[policy]).SharedAccessKey;
const stateOf = async (device) => (await rest('GET', `/devices/${device.deviceId}`)).json.connectionState;

/** A client that holds the given token, not opened yet; of the device that the token is for, or of another. */
function bearer(t, token, transport = Amqp, deviceId = undefined) {
  const client = deviceId === undefined
    ? Client.fromSharedAccessSignature(token, transport)
    : Client.fromAuthenticationProvider(new SharedAccessSignatureAuthenticationProvider({ host, deviceId, sharedAccessSignature: token }), transport);
  client.setRetryPolicy(new NoRetry());
  client.on('error', () => {});
  t.after(() => client.close().catch(() => {}));
  return client;
}

/** What becomes of a device that opens with the token and sends one message: 'sent', or the error's name. */
async function tried(t, token) {
  const client = bearer(t, token);
  try {
    await within('the client to open', client.open());
    await within('a message to be sent', client.sendEvent(new Message('x')));
    return 'sent';
  } catch (error) {
    return error.name;
  }
}

for (const [name, transport] of Object.entries({ Amqp, AmqpWs })) {
  test(`1, 30. ${name}: primary and secondary key connect; telemetry is accepted, AMQP properties and app properties survive.`, async (t) => {
    const device = await newDevice();
    for (const connectionString of [device.connectionString, device.secondaryConnectionString]) {
      const client = await open(t, connectionString, { transport });
      const message = new Message('{"n":1}');
      message.messageId = randomUUID();
      message.correlationId = 'c/1';
      message.contentType = 'application/json';
      message.contentEncoding = 'utf-8';
      message.properties.add('a&b=c', '100 % é/?#');
      message.properties.add('empty', '');
      await within('the message to be accepted', client.sendEvent(message));

      // No waiting here: what was accepted can be read at once.
      const sent = (await eventsOf(device.deviceId)).at(-1);
      assert.deepEqual([bodyOf(sent).toString(), sent.properties], ['{"n":1}', { 'a&b=c': '100 % é/?#', empty: '' }]);
      const system = sent.systemProperties;
      assert.equal(system['message-id'], message.messageId);
      assert.equal(system['correlation-id'], 'c/1');
      assert.deepEqual([system['content-type'], system['content-encoding']], ['application/json', 'utf-8']);
      assert.equal(system['iothub-connection-device-id'], device.deviceId);
      assert.equal(system['iothub-connection-auth-generation-id'], device.generationId);
      assert.equal(JSON.parse(system['iothub-connection-auth-method']).type, 'sas');
      assert.equal(await stateOf(device), 'Connected');
      await client.close();
      await until('the device to be disconnected', async () => (await stateOf(device)) === 'Disconnected');
    }
  });

  test(`8. ${name}: self-signed thumbprint device sends with certificate and no token (SHA-1 and SHA-256); another certificate is refused.`, async (t) => {
    for (const kind of ['sha1', 'sha256']) {
      const deviceId = newId();
      const [certificate, other] = [selfSigned(deviceId), selfSigned(deviceId)];
      await registry.create({ deviceId, authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: certificate[kind] } } });
      const client = async (pair) => {
        const made = Client.fromConnectionString(`HostName=${host};DeviceId=${deviceId};x509=true`, transport);
        made.setRetryPolicy(new NoRetry());
        made.on('error', () => {});
        t.after(() => made.close().catch(() => {}));
        await made.setOptions({ cert: pair.cert, key: pair.key });
        await within('the connection', made.open());
        return made;
      };
      const good = await client(certificate);
      await within('the message to be accepted', good.sendEvent(new Message('x')));
      assert.ok((await within('the twin', good.getTwin())).properties.reported);
      assert.equal(JSON.parse((await eventsOf(deviceId))[0].systemProperties['iothub-connection-auth-method']).type, 'x509');
      await good.close();

      const bad = await client(other);
      assert.equal((await failure(within('a refusal', bad.sendEvent(new Message('y'))))).name, 'UnauthorizedError');
      assert.equal((await eventsOf(deviceId)).length, 1);
    }
  });
}

test('2, 3. AMQP: a token with a wrong key or an expired `se` is refused by $cbs; small clock skew tolerated.', async (t) => {
  const device = await newDevice();
  const now = inAnHour() - 3600;
  const signed = (over) => sas(resourceOf(device.deviceId), { key: device.key, ...over });
  assert.equal(await tried(t, signed({ key: randomBytes(32).toString('base64') })), 'UnauthorizedError');
  assert.equal(await tried(t, signed({ expiry: now - 3600 })), 'UnauthorizedError');
  assert.equal(await tried(t, signed({ expiry: now - 60 })), 'sent');
});

test('4, 5, 6. AMQP: who a token opens: its own device in every spelling of `sr`, or by policy with DeviceConnect.', async (t) => {
  const device = await newDevice();
  const spellings = spellingsOf(`${host}/devices/${device.deviceId}`);
  for (const resource of spellings) {
    assert.equal(await tried(t, sas(resource, { key: device.key })), 'sent', resource);
  }
  const [upper, lower] = spellings;
  assert.equal(await tried(t, sas(upper, { key: device.key }).replace(upper, lower)), 'UnauthorizedError');
  assert.equal(await tried(t, sas(resourceOf(device.deviceId), { key: policyKey('device'), policy: 'device' })), 'sent');
  assert.equal(await tried(t, sas(resourceOf(device.deviceId), { key: policyKey('registryRead'), policy: 'registryRead' })), 'UnauthorizedError');

  // Signed by one device for another.
  const other = await newDevice();
  assert.equal(await tried(t, sas(resourceOf(other.deviceId), { key: device.key })), 'UnauthorizedError');

  // The same key for both, so that only the scope can make the difference.
  const long = await newDevice({ deviceId: `${device.deviceId}b`, authentication: device.authentication });
  const client = bearer(t, sas(resourceOf(device.deviceId), { key: device.key }), Amqp, long.deviceId);
  assert.equal((await failure(within('a refusal', client.open().then(() => client.sendEvent(new Message('x')))))).name, 'UnauthorizedError');
});

test('10. AMQP: a disabled device cannot connect; disabling a connected device disconnects it.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Amqp });
  await client.sendEvent(new Message('x'));
  const gone = event('the client to be told', client, 'disconnect');
  await registry.update({ deviceId: device.deviceId, status: 'disabled', authentication: device.authentication, etag: '*' });
  await gone;
  assert.equal(await stateOf(device), 'Disconnected');
  assert.equal(await tried(t, sas(resourceOf(device.deviceId), { key: device.key })), 'UnauthorizedError');
});

test('16. A device has one session: MQTT takes over from AMQP, and AMQP from MQTT.', async (t) => {
  const device = await newDevice();
  const amqp = await open(t, device.connectionString, { transport: Amqp });
  await amqp.sendEvent(new Message('x'));
  const gone = event('the AMQP client to be told', amqp, 'disconnect');
  const mqtt = await connected(t, device);
  await gone;
  const closed = event('the MQTT connection to be closed', mqtt.socket, 'close');
  const next = await open(t, device.connectionString, { transport: Amqp });
  await next.sendEvent(new Message('y'));
  await closed;
  assert.equal(await stateOf(device), 'Connected');
});

test('21. AMQP: a token that ends while connected ends the links; a renewed one keeps them.', async (t) => {
  const device = await newDevice();
  const soon = () => Math.floor(Date.now() / 1000) + 4;
  const token = (expiry) => sas(resourceOf(device.deviceId), { key: device.key, expiry });
  const expiry = soon();
  const client = bearer(t, token(expiry));
  await client.open();
  await client.sendEvent(new Message('x'));
  await event('the client to be told', client, 'disconnect');
  assert.ok(Math.floor(Date.now() / 1000) >= expiry, 'ended before its time');

  const renewing = bearer(t, token(soon()));
  await renewing.open();
  await renewing.sendEvent(new Message('1'));
  await within('the renewal', renewing.updateSharedAccessSignature(token(inAnHour())));
  const until = Date.now() + 6000;
  for (let n = 2; Date.now() < until; n++) {
    await renewing.sendEvent(new Message(`${n}`));
  }
});

test('27, 31. AMQP: bodies pass unchanged, and a fast sender\'s messages stay in order.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Amqp });
  const bodies = [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.alloc(200_000, 7),
    ...Array.from({ length: 200 }, (_, i) => Buffer.from(`${i}`))];
  await within('all to be accepted', Promise.all(bodies.map((body) => client.sendEvent(new Message(body)))));
  const events = await untilEvents(device.deviceId, bodies.length);
  assert.deepEqual(events.map(bodyOf), bodies);
  assert.equal(new Set(events.map((each) => each.partition)).size, 1);
});

test('19. AMQP: a message over 256 KiB is refused as too large, and the device goes on.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Amqp });
  const large = new Message(Buffer.alloc(262_144 - 10));
  large.properties.add('k', 'x'.repeat(100));
  assert.equal((await failure(within('a refusal', client.sendEvent(large)))).name, 'MessageTooLargeError');
  await within('the next message', client.sendEvent(new Message('small')));
  assert.equal((await untilEvents(device.deviceId, 1)).length, 1);
});

test('48. AMQP twin: GET/PATCH/PUT subscribe/notify through annotations; of a module too.', async (t) => {
  const device = await newDevice();
  const module = await newModule(device);
  for (const identity of [device, module]) {
    const desired = (patch) => identity.moduleId
      ? registry.updateModuleTwin(identity.deviceId, identity.moduleId, { properties: { desired: patch } }, '*')
      : registry.updateTwin(identity.deviceId, { properties: { desired: patch } }, '*');
    await desired({ first: 1 });
    const client = await open(t, identity.connectionString, { transport: Amqp });
    const twin = await within('the twin', client.getTwin());
    assert.equal(twin.properties.desired.first, 1);
    assert.equal(twin.properties.desired.$version, 2);

    const changes = new Inbox();
    twin.on('properties.desired', (change) => changes.add(change));
    assert.equal((await changes.next('what is there already')).first, 1);
    await within('the report', new Promise((resolve, reject) => {
      twin.properties.reported.update({ a: { b: 1 } }, (error) => (error ? reject(error) : resolve()));
    }));
    const path = `/twins/${identity.deviceId}${identity.moduleId ? `/modules/${identity.moduleId}` : ''}`;
    const reported = (await rest('GET', path)).json.properties.reported;
    assert.deepEqual([reported.a, reported.$version], [{ b: 1 }, 2]);

    // The subscription is answered on its own time: a change before that is in the twin that the device reads.
    await until('a change to be told', async () => {
      await desired({ first: null, second: randomUUID() });
      return changes.size > 0;
    });
    const change = await changes.next('the change');
    assert.deepEqual([change.first, typeof change.second], [null, 'string']);
    const refused = await failure(within('a refusal', new Promise((resolve, reject) => {
      twin.properties.reported.update({ 'a.b': 1 }, (error) => (error ? reject(error) : resolve()));
    })));
    assert.equal(refused.amqpError.name, 'FormatError');
    await client.close();
  }
});

test('49, 54. AMQP methods: payloads there and back, concurrent calls, and 404103 once the device listens no more.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString, { transport: Amqp });
  await within('the links', new Promise((resolve) => {
    client.onDeviceMethod('echo', (request, response) => {
      response.send(200 + (request.payload?.n ?? 0), request.payload).catch(() => {});
    });
    resolve();
  }));
  await until('the device to listen', async () => (await invoke(device.deviceId, 'echo')).status === 200);
  for (const payload of [null, 'text', 7, { a: [1, 'é'] }]) {
    assert.deepEqual((await invoke(device.deviceId, 'echo', { payload })).json, { status: 200, payload });
  }
  const both = await Promise.all([1, 2].map((n) => invoke(device.deviceId, 'echo', { payload: { n } })));
  assert.deepEqual(both.map((reply) => reply.json), [1, 2].map((n) => ({ status: 200 + n, payload: { n } })));
  await client.close();
  await until('the device to be disconnected', async () => (await stateOf(device)) === 'Disconnected');
  const offline = await invoke(device.deviceId, 'echo');
  assert.equal(offline.status, 404);
  assert.match(offline.json.Message, /"errorCode":404103/);
});
