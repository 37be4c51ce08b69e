// A device on the upper hub that is managed through the lower one's API alone: every kind of operation once, by Azure's SDKs.
import assert from 'node:assert/strict';
import azure from 'azure-iot-device';
import transports from 'azure-iot-device-mqtt';
import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';
import { event, until, within } from '../lib/until.mjs';
import { Hub } from './hub.mjs';
import { BackOffice } from './office.mjs';

const up = new Hub(process.env.MUSTER_UP);
const down = new Hub(process.env.MUSTER_DOWN);
const deviceId = `managed-${Date.now()}`;

// Registered below, the identity is the upper hub's, with keys that its devices can use.
const { responseBody: identity } = await down.registry.create({ deviceId });
const key = identity.authentication.symmetricKey.primaryKey;
assert.equal((await up.registry.get(deviceId)).responseBody.generationId, identity.generationId);
await assert.rejects(down.registry.create({ deviceId }), (error) => error.response?.statusCode === 409);

const client = azure.Client.fromConnectionString(`HostName=${up.host};DeviceId=${deviceId};SharedAccessKey=${key}`, transports.Mqtt);
await client.open();
const twin = await client.getTwin();

// Desired properties go down the wire; an etag that is past is refused and changes nothing.
const changed = event('the desired change', twin, 'properties.desired.flow');
const first = (await down.registry.updateTwin(deviceId, { tags: { site: 'harbour' }, properties: { desired: { flow: 12 } } }, '*')).responseBody;
assert.equal(await changed, 12);
const second = (await down.registry.updateTwin(deviceId, { properties: { desired: { flow: 13 } } }, first.etag)).responseBody;
assert.equal(second.properties.desired.$version, first.properties.desired.$version + 1);
await assert.rejects(down.registry.updateTwin(deviceId, { properties: { desired: { flow: 14 } } }, first.etag), (error) => error.response?.statusCode === 412);

// A change that the upper hub's own back office makes is seen below, and so is what the device reports.
await up.registry.updateTwin(deviceId, { tags: { floor: 3 } }, '*');
await new Promise((resolve, reject) => twin.properties.reported.update({ flow: 13, deep: { er: 1 } }, (error) => (error ? reject(error) : resolve())));
await until('both twins to be equal', async () => {
  const [one, other] = [await up.twin(deviceId), await down.twin(deviceId)];
  assert.deepEqual([other.tags, other.version, other.properties], [one.tags, one.version, one.properties]);
  return one.properties.reported.flow === 13;
});
await until('the query below to find it connected', async () => {
  const found = (await down.registry.createQuery(`SELECT * FROM devices WHERE tags.floor = 3 AND deviceId = '${deviceId}' AND connectionState = 'Connected'`).nextAsTwin()).result;
  return found.length === 1;
});

client.onDeviceMethod('reboot', (request, response) => response.send(201, { why: request.payload }, () => {}));
await until('the method to be answered', async () => {
  const { status, text } = await down.invoke(deviceId, 'reboot', 'example');
  return status === 200 && assert.deepEqual(JSON.parse(text), { status: 201, payload: { why: 'example' } }) === undefined;
});

const office = new BackOffice(down);
const message = new azure.Message('{"on":true}');
Object.assign(message, { messageId: `${deviceId}:1`, ack: 'full' });
message.properties.add('a', 'b');
const arrival = event('the message', client, 'message');
await office.send(deviceId, message);
const arrived = await arrival;
assert.deepEqual([arrived.messageId, arrived.getData().toString(), arrived.properties.getValue('a')], [message.messageId, '{"on":true}', 'b']);
await new Promise((resolve, reject) => client.complete(arrived, (error) => (error ? reject(error) : resolve())));
await until('its feedback below', () => office.feedback.has(message.messageId));

// Events come out below with all that they carried above.
const sent = new azure.Message('{"pressure":4.2}');
Object.assign(sent, { messageId: `${deviceId}.1`, contentType: 'application/json', contentEncoding: 'utf-8' });
sent.properties.add('level', 'high');
await client.sendEvent(sent);
const reader = new EventHubConsumerClient('$Default', down.connection.eventHubsConnectionString);
const sources = new Set();
const telemetry = await within('the event below', new Promise((resolve, reject) => {
  reader.subscribe({
    processEvents: async (events) => {
      for (const one of events.filter((each) => each.systemProperties?.['iothub-connection-device-id'] === deviceId)) {
        sources.add(one.systemProperties['iothub-message-source']);
        if (one.messageId === sent.messageId) {
          resolve(one);
        }
      }
    },
    processError: async (error) => reject(error),
  }, { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1 });
}), 60_000);
assert.deepEqual([telemetry.body, telemetry.properties.level, telemetry.contentType], [{ pressure: 4.2 }, 'high', 'application/json']);
await until('twin changes, registration and connection among the events', () =>
  ['twinChangeEvents', 'deviceLifecycleEvents', 'deviceConnectionStateEvents'].every((source) => sources.has(source)));
await until('the grain below to know what was sent', async () => {
  const { text } = await down.rest('GET', `/api/v1/devices/${deviceId}/telemetry`);
  return JSON.parse(text).fields?.pressure?.value === 4.2;
});

await assert.rejects(down.registry.getTwin(`${deviceId}-none`), (error) => error.response?.statusCode === 404);
await client.close();
await down.registry.delete(deviceId);
await assert.rejects(up.registry.get(deviceId), (error) => error.response?.statusCode === 404);
await assert.rejects(down.registry.get(deviceId), (error) => error.response?.statusCode === 404);
console.log('managed');
process.exit(0);
