// Receives events with Azure's SDK, from the oldest on, as fast as they come: for each order on standard input (a line of JSON) one window, and its
// report on standard output.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const { EventHubConsumerClient, earliestEventPosition } = createRequire(new URL('../../Conformance/package.json', import.meta.url))('@azure/event-hubs');

const patience = 20_000;

async function receive({ connectionString, partitions, seconds }) {
  let count = 0;
  let failure;
  const handlers = {
    processEvents: async (events) => {
      count += events.length;
    },
    processError: async (error) => {
      failure ??= error;
    },
  };
  const options = { startPosition: earliestEventPosition, maxBatchSize: 1000, maxWaitTimeInSeconds: 1 };
  const client = new EventHubConsumerClient('$Default', connectionString, { retryOptions: { maxRetries: 0 } });
  const subscriptions = Array.from({ length: partitions }, (_, i) => client.subscribe(String(i), handlers, options));
  try {
    const late = Date.now() + patience;
    while (count === 0 && !failure && Date.now() < late) {
      await sleep(5);
    }
    await sleep(seconds * 250);
    const [began, first, cpu] = [performance.now(), count, process.cpuUsage()];
    await sleep(seconds * 1000);
    const [ended, last, used] = [performance.now(), count, process.cpuUsage(cpu)];
    if (failure || count === 0) {
      throw failure ?? new Error(`no event within ${patience} ms`);
    }
    return { Count: last - first, Seconds: (ended - began) / 1000, CpuSeconds: (used.user + used.system) / 1e6, P50: 0, P99: 0, Total: last };
  } finally {
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await client.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await receive(JSON.parse(line))));
}
process.exit();
