// Fills one partition with that many megabytes until the log lets go of its oldest events: a process of its own, as a hub of its own asks for.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { earliestEventPosition } from '@azure/event-hubs';
import { consumer, deviceOf, receiver, sourceOf } from './eventhubs.mjs';
import { untilEvents } from './events.mjs';
import { newDevice } from './muster.mjs';
import { connected } from './raw.mjs';
import { until } from './until.mjs';

const cleanups = [];
const t = { after: (cleanup) => cleanups.push(cleanup) };
const device = await newDevice();
const client = await connected(t, device);
const send = (body) => client.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, body);
await send('first');
const [{ partition, offset }] = await untilEvents(device.deviceId, 1);
const hub = consumer(t);
const properties = () => hub.getPartitionProperties(String(partition));
const isMine = (event) => deviceOf(event) === device.deviceId && sourceOf(event) === 'Telemetry';
assert.ok((await properties()).beginningSequenceNumber <= offset);
const early = receiver(hub, partition, { startPosition: earliestEventPosition });
assert.equal((await early.take('the first event', 1, isMine))[0].body.toString(), 'first');
await early.close();

for (let i = 0; i < Number(process.argv[2]) * 4; i++) {
  await send(randomBytes(255 * 1024));
}
const trimmed = await until('the oldest events to be gone', async () => {
  const now = await properties();
  return now.beginningSequenceNumber > offset && now;
}, 200_000);
assert.ok(trimmed.beginningSequenceNumber <= trimmed.lastEnqueuedSequenceNumber + 1);

// The wait may have been longer than a silent device's keep-alive: it comes back to say the last word.
const back = await connected(t, device);
await back.publishAcknowledged(`devices/${device.deviceId}/messages/events/`, 'last');
for (const startPosition of [earliestEventPosition, { offset: String(offset) }]) {
  const late = receiver(hub, partition, { startPosition });
  const events = await late.take('the events that are left', 1, (event) => isMine(event) && event.body.toString() === 'last');
  assert.equal(events[0].sequenceNumber, (await properties()).lastEnqueuedSequenceNumber);
  assert.ok(late.events[0].sequenceNumber >= trimmed.beginningSequenceNumber);
  await late.close();
}
console.log('trimmed');
for (const cleanup of cleanups.reverse()) {
  await cleanup();
}
process.exit(0);
