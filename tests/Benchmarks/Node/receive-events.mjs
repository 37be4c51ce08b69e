// Receives events with Azure's SDK, from the oldest on, as fast as they come, for one window: what is asked for is a line of JSON on standard input, the
// report one on standard output. Ends without closing anything: a bare sender does not answer as the SDK's own end awaits it.
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
  for (let i = 0; i < partitions; i++) {
    client.subscribe(String(i), handlers, options);
  }
  const late = Date.now() + patience;
  while (count === 0 && !failure && Date.now() < late) {
    await sleep(5);
  }
  await sleep(seconds * 400);
  const [began, first, cpu] = [performance.now(), count, process.cpuUsage()];
  await sleep(seconds * 1000);
  const [ended, last, used] = [performance.now(), count, process.cpuUsage(cpu)];
  if (failure || count === 0) {
    throw failure ?? new Error(`no event within ${patience} ms`);
  }
  return { Count: last - first, Seconds: (ended - began) / 1000, CpuSeconds: (used.user + used.system) / 1e6, P50: 0, P99: 0, Total: last };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await receive(JSON.parse(line))));
  process.exit();
}
