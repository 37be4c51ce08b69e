// Telemetry as the hub took it, read back by the events API.
import { connection, host } from './muster.mjs';
import { parseConnectionString, sas } from './sas.mjs';
import { until } from './until.mjs';

const { SharedAccessKey: key } = parseConnectionString(connection.policies.service);

async function get(path) {
  const response = await fetch(`https://${host}${path}`, { headers: { Authorization: sas(host, { key, policy: 'service' }) } });
  if (response.status !== 200) {
    throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
  }
  return response.text();
}

export const partitions = async () => JSON.parse(await get('/api/v1/events/partitions'));

async function readPartition(partition, from) {
  const events = [];
  for (;;) {
    const page = (await get(`/api/v1/events?partition=${partition}&from=${from}&max=1000`)).split('\n').filter((line) => line.length > 0);
    events.push(...page.map((line) => JSON.parse(line)));
    if (page.length === 0) {
      return events;
    }
    from = events.at(-1).offset + 1;
  }
}

/** Every event of the device from that source in all partitions, in each partition's order. */
export async function eventsOf(deviceId, source = 'Telemetry') {
  const all = await Promise.all((await partitions()).map(({ partition }) => readPartition(partition, 0)));
  return all.flat().filter((event) => event.deviceId === deviceId && event.systemProperties['iothub-message-source'] === source);
}

/** As `eventsOf`, once there are `count` of them. Fails if there are more. */
export async function untilEvents(deviceId, count, source = 'Telemetry') {
  const events = await until(`${count} event(s) of ${deviceId} in the log`, async () => {
    const found = await eventsOf(deviceId, source);
    return found.length >= count && found;
  });
  if (events.length > count) {
    throw new Error(`${deviceId} has ${events.length} events in the log, not ${count}: ${JSON.stringify(events)}`);
  }
  return events;
}

export const bodyOf = (event) => Buffer.from(event.body, 'base64');
