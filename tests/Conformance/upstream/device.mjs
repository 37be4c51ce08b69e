// A device on the upper hub, by Azure's SDK, that is worked from both sides and remembers what was acknowledged to whom.
import assert from 'node:assert/strict';
import common from 'azure-iot-common';
import azure from 'azure-iot-device';
import transports from 'azure-iot-device-mqtt';
import { setTimeout as delay } from 'node:timers/promises';
import { until, within } from '../lib/until.mjs';

const pace = 120;
const afterFailure = 500;
const patience = 20_000;

/** Writes of one twin section: after a failure what stands is the last acknowledged one, or one that was sent since. */
class Journal {
  sent = 0;
  acknowledged = 0;

  begin() {
    return ++this.sent;
  }

  check(whose, stands) {
    assert.ok(stands >= this.acknowledged && stands <= this.sent, `${whose}: ${stands} stands, ${this.acknowledged} was acknowledged, ${this.sent} sent`);
  }
}

export class LoadedDevice {
  reported = new Journal();
  desired = new Journal();
  telemetry = { sent: 0, acknowledged: [] };
  messages = { sent: 0, acknowledged: [], received: new Set() };
  methods = 0;
  unanswered = 0;

  constructor(deviceId, { up, down, office, gate }) {
    Object.assign(this, { deviceId, up, down, office, gate });
  }

  /** Registers it at the lower hub, which is to pass that on, and connects it to the upper one. */
  async start() {
    const { responseBody: identity } = await this.down.registry.create({ deviceId: this.deviceId });
    const key = identity.authentication.symmetricKey.primaryKey;
    this.connectionString = `HostName=${this.up.host};DeviceId=${this.deviceId};SharedAccessKey=${key}`;
    await this.#session();
    [this.#report, this.#send, this.#change, this.#message, this.#call].forEach((step) => this.#repeat(step.bind(this)));
  }

  /** The connection there is, or a new one. */
  #session() {
    if (!this.session) {
      const session = this.#connect();
      this.session = session;
      session.catch(() => this.#leave(session));
    }
    return this.session;
  }

  async #connect() {
    const client = azure.Client.fromConnectionString(this.connectionString, transports.Mqtt);
    client.setRetryPolicy(new common.NoRetry());
    client.on('error', () => {});
    // Before it connects: what waits comes with the connection, and the SDK acknowledges what nobody listens to.
    client.on('message', (message) => {
      this.messages.received.add(message.messageId);
      // One that cannot be completed now comes again.
      client.complete(message, () => {});
    });
    const twin = await within(`${this.deviceId} to connect`, client.open().then(() => client.getTwin()), patience);
    client.onDeviceMethod('who', (request, response) => response.send(200, { device: this.deviceId, said: request.payload }, () => {}));
    const { session } = this;
    client.on('disconnect', () => this.#leave(session));
    return { client, twin };
  }

  // A careful application gives a connection up whose operation was not answered: what the SDK still held of it is then never sent.
  #leave(session) {
    if (session && this.session === session) {
      this.session = undefined;
      session.then(({ client }) => client.close(() => {}), () => {});
    }
  }

  async #onWire(work) {
    const session = this.#session();
    try {
      return await within(`${this.deviceId} to be answered`, session.then(work), patience);
    } catch (error) {
      this.#leave(session);
      throw error;
    }
  }

  /** With the gate closed and nothing under way: what stands on both sides. */
  async verify(logs, feedback) {
    const above = await until(`${this.deviceId} to be read above`, () => this.up.twin(this.deviceId));
    this.reported.check(`${this.deviceId} reported`, above.properties.reported.counter ?? 0);
    this.desired.check(`${this.deviceId} desired`, above.properties.desired.counter ?? 0);
    await until(`both twins of ${this.deviceId} to be equal`, async () => {
      const [one, other] = [await this.up.twin(this.deviceId), await this.down.twin(this.deviceId)].map(essence);
      assert.deepEqual(other, one);
      return true;
    }, 90_000);
    const seen = await until(`${this.deviceId} to read its twin`, () => this.#onWire(({ client }) => client.getTwin()), 120_000);
    assert.equal(seen.properties.desired.counter ?? 0, above.properties.desired.counter ?? 0);
    for (const log of logs) {
      await this.#all('message of', log.hub.host, this.telemetry.acknowledged, () => log.readOn());
    }
    await this.#all('message to', 'the device', this.messages.acknowledged, () => this.messages.received);
    await this.#all('feedback for', 'the back office', this.messages.acknowledged, () => feedback);
    await until(`${this.deviceId} to answer a method`, async () => {
      const { status, text } = await this.down.invoke(this.deviceId, 'who', 'all');
      return status === 200 ? this.#judge(text, 'all') : assert.fail(`${status}: ${text}`);
    }, 120_000);
  }

  #all(what, where, wanted, found) {
    return until(`every ${what} ${this.deviceId} to be at ${where}`, async () => {
      const there = await found();
      const missing = wanted.filter((id) => !there.has(id));
      assert.equal(missing.length, 0, `${missing.length} of ${wanted.length} are missing, such as ${missing[0]}`);
      return true;
    }, 90_000);
  }

  async #repeat(step) {
    for (;;) {
      await this.gate.opened();
      let ok = false;
      await this.gate.during(async () => {
        try {
          await step();
          ok = true;
        } catch (error) {
          if (error instanceof assert.AssertionError) {
            this.gate.fault(error.message);
          }
          this.unanswered++;
        }
      });
      await delay(ok ? pace * (0.5 + Math.random()) : afterFailure);
    }
  }

  async #report() {
    const counter = this.reported.begin();
    await this.#onWire(({ twin }) => new Promise((resolve, reject) => {
      twin.properties.reported.update({ counter }, (error) => (error ? reject(error) : resolve()));
    }));
    this.reported.acknowledged = counter;
  }

  async #send() {
    const id = `${this.deviceId}.${++this.telemetry.sent}`;
    const message = new azure.Message(JSON.stringify({ number: this.telemetry.sent }));
    message.messageId = id;
    await this.#onWire(({ client }) => client.sendEvent(message));
    this.telemetry.acknowledged.push(id);
  }

  async #change() {
    const counter = this.desired.begin();
    await this.down.registry.updateTwin(this.deviceId, { properties: { desired: { counter } } }, '*');
    this.desired.acknowledged = counter;
  }

  async #message() {
    const message = new azure.Message('x');
    message.messageId = `${this.deviceId}:${++this.messages.sent}`;
    message.ack = 'full';
    await this.office.send(this.deviceId, message);
    this.messages.acknowledged.push(message.messageId);
    await delay(4 * pace);
  }

  async #call() {
    const word = `w${Math.random()}`;
    const { status, text } = await this.down.invoke(this.deviceId, 'who', word);
    if (status !== 200) {
      throw new Error(`${status}: ${text}`);
    }
    this.#judge(text, word);
    this.methods++;
    await delay(2 * pace);
  }

  #judge(text, word) {
    assert.deepEqual(JSON.parse(text).payload, { device: this.deviceId, said: word });
    return true;
  }
}

/** What both hubs must agree on. */
function essence({ deviceId, tags, status, version, properties }) {
  return { deviceId, tags: tags ?? {}, status, version, desired: plain(properties.desired), reported: plain(properties.reported) };
}

const plain = ({ $metadata, ...section }) => section;
