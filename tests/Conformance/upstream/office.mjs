// The back office's AMQP side at the lower hub: sends messages and takes feedback, over as many connections as it needs one after the other.
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../lib/until.mjs';

export class BackOffice {
  #sender;
  feedback = new Set();

  constructor(hub) {
    this.hub = hub;
    this.#listen();
  }

  /** Resolves once the hub has accepted the message. */
  async send(deviceId, message) {
    this.#sender ??= this.#open();
    const sender = this.#sender;
    try {
      const client = await sender;
      await within('the message to be accepted', client.send(deviceId, message), 20_000);
    } catch (error) {
      if (this.#sender === sender) {
        this.#sender = undefined;
        sender.then((client) => client.close(() => {}), () => {});
      }
      throw error;
    }
  }

  async #open() {
    const client = this.hub.newService();
    await within('the service client to open', client.open(), 20_000);
    return client;
  }

  async #listen() {
    for (;;) {
      try {
        await this.#listenOnce();
      } catch {
        // The hub is away; what was not completed comes again.
      }
      await delay(300);
    }
  }

  async #listenOnce() {
    const client = await this.#open();
    const lost = new Promise((resolve) => client.on('disconnect', resolve));
    const receiver = await within('the feedback receiver', new Promise((resolve, reject) => {
      client.getFeedbackReceiver((error, made) => (error ? reject(error) : resolve(made)));
    }), 20_000);
    const failed = new Promise((resolve) => receiver.on('errorReceived', resolve));
    receiver.on('message', (message) => {
      JSON.parse(message.getData().toString()).forEach((record) => this.feedback.add(record.originalMessageId));
      receiver.complete(message, () => {});
    });
    await Promise.race([lost, failed]);
    client.close(() => {});
  }
}
