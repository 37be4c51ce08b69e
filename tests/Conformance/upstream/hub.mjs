// One of the two hubs, as a back office sees it.
import { readFileSync } from 'node:fs';
import iothub from 'azure-iothub';
import { parseConnectionString, sas } from '../lib/sas.mjs';

export class Hub {
  constructor(connectionFile) {
    this.connection = JSON.parse(readFileSync(connectionFile, 'utf8'));
    this.host = this.connection.hostName;
    this.registry = iothub.Registry.fromConnectionString(this.connection.serviceConnectionString);
    this.key = parseConnectionString(this.connection.serviceConnectionString).SharedAccessKey;
  }

  newService() {
    return iothub.Client.fromConnectionString(this.connection.serviceConnectionString);
  }

  async twin(deviceId) {
    return (await this.registry.getTwin(deviceId)).responseBody;
  }

  /** `{ status, text }`; status 0 where there was no answer. */
  async rest(method, path, body) {
    try {
      const response = await fetch(`https://${this.host}${path}`, {
        method,
        headers: { Authorization: sas(this.host, { key: this.key, policy: 'iothubowner' }), 'Content-Type': 'application/json; charset=utf-8' },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: `${error.message} ${error.cause?.message ?? ''}` };
    }
  }

  invoke(deviceId, methodName, payload) {
    return this.rest('POST', `/twins/${deviceId}/methods?api-version=2021-04-12`, { methodName, payload, responseTimeoutInSeconds: 10, connectTimeoutInSeconds: 10 });
  }
}

/** Reads a hub's event log on, page by page, and remembers the message ids that it saw. */
export class EventLog {
  #next = new Map();
  ids = new Set();

  constructor(hub) {
    this.hub = hub;
  }

  async readOn() {
    const partitions = JSON.parse(await this.#get('/api/v1/events/partitions'));
    await Promise.all(partitions.map(({ partition, nextOffset }) => this.#readPartition(partition, nextOffset)));
    return this.ids;
  }

  async #readPartition(partition, end) {
    for (let from = this.#next.get(partition) ?? 0; from < end; this.#next.set(partition, from)) {
      const lines = (await this.#get(`/api/v1/events?partition=${partition}&from=${from}&max=1000`)).split('\n').filter((line) => line.length > 0);
      if (lines.length === 0) {
        return;
      }
      for (const event of lines.map((line) => JSON.parse(line))) {
        from = event.offset + 1;
        if (event.systemProperties['message-id']) {
          this.ids.add(event.systemProperties['message-id']);
        }
      }
    }
  }

  async #get(path) {
    const { status, text } = await this.hub.rest('GET', path);
    if (status !== 200) {
      throw new Error(`GET ${path} of ${this.hub.host} answered ${status}: ${text}`);
    }
    return text;
  }
}
