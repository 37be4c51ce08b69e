// The hub's events, by Azure's Event Hubs SDK.
import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';
import WebSocket from 'ws';
import { connection, newId, rest } from './muster.mjs';
import { within } from './until.mjs';

// The SDK forgets the timer for a new token (45 minutes) of a receiver that the hub detached: it shall not keep node from its end.
const { setTimeout: setAnyTimeout } = globalThis;
globalThis.setTimeout = Object.defineProperties((call, milliseconds, ...rest) => {
  const timer = setAnyTimeout(call, milliseconds, ...rest);
  return milliseconds > 600_000 ? timer.unref() : timer;
}, Object.getOwnPropertyDescriptors(setAnyTimeout));

// What fails is to be seen, not tried again behind the tests' back; and batches as large as they come, since 1 is the SDK's default.
const impatient = { retryOptions: { maxRetries: 0 } };
const large = { maxBatchSize: 100, maxWaitTimeInSeconds: 1 };

const receivers = new Map();

export const webSocket = { webSocketOptions: { webSocket: WebSocket } };

export function consumer(t, { group = '$Default', connectionString = connection.eventHubsConnectionString, options = {} } = {}) {
  const client = new EventHubConsumerClient(group, connectionString, { ...impatient, ...options });
  receivers.set(client, []);
  // In this order: a client that is closed under its receivers leaves them without an end.
  t.after(async () => {
    await Promise.all(receivers.get(client).map((close) => close()));
    await client.close();
  });
  return client;
}

/** A consumer group of the test's own. */
export async function newGroup(t) {
  const group = newId('g').slice(0, 40);
  await rest('PUT', `/api/v1/consumer-groups/${group}`, { apiVersion: null });
  t.after(() => rest('DELETE', `/api/v1/consumer-groups/${group}`, { apiVersion: null }));
  return group;
}

/** A running receiver: `next(what)` waits for events or an error. */
export function receiver(client, partition, { startPosition = earliestEventPosition, ...options } = {}) {
  const events = [];
  const errors = [];
  let wake = () => {};
  const subscription = client.subscribe(String(partition), {
    processEvents: async (batch) => {
      events.push(...batch);
      wake();
    },
    processError: async (error) => {
      errors.push(error);
      wake();
    },
  }, { ...large, startPosition, ...options });
  const close = () => subscription.close();
  receivers.get(client).push(close);
  const until = (what, done) => within(what, (async () => {
    for (let result = done(); ; result = done()) {
      if (result) {
        return result;
      }
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  })());
  return {
    events,
    close,
    /** That many events that `wanted` lets through, once they are there. */
    take: (what, count, wanted = () => true) => until(what, () => {
      if (errors.length > 0) {
        throw errors[0];
      }
      const found = events.filter(wanted);
      return found.length >= count && found;
    }),
    /** The first error. */
    error: (what) => until(what, () => errors[0]),
  };
}

export const deviceOf = (event) => event.systemProperties?.['iothub-connection-device-id'];

export const sourceOf = (event) => event.systemProperties?.['iothub-message-source'];
