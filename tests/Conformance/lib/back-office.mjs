// What the hub has to tell a back office, by Azure's service SDK.
import iothub from 'azure-iothub';
import { NoRetry, connection } from './muster.mjs';
import { until } from './until.mjs';

/** An open service client, with `connectionString` or as any service. The caller closes it. */
export async function openService(connectionString = connection.serviceConnectionString) {
  const client = iothub.Client.fromConnectionString(connectionString);
  client.setRetryPolicy(new NoRetry());
  await client.open();
  return client;
}

const receiver = (client, name) => new Promise((resolve, reject) => {
  client[name]((error, made) => (error ? reject(error) : resolve(made)));
});

/** Receivers share what there is, so the receivers of a file write into one book, and no other file has any. */
export class Book {
  #entries = new Map();
  #name;
  #keyOf;

  constructor(name, keyOf) {
    this.#name = name;
    this.#keyOf = keyOf;
  }

  /** Feedback by the id of the message that it is about. */
  static feedback = () => new Book('getFeedbackReceiver', (record) => record.originalMessageId);

  /** Notices of uploaded files by the blob's name. */
  static files = () => new Book('getFileNotificationReceiver', (record) => record.blobName);

  /** From now on all that the client is told is written down, and completed. Resolves to the receiver. */
  async keep(client) {
    const link = await receiver(client, this.#name);
    link.on('message', (message) => {
      this.write(message.getData().toString(), { contentType: message.contentType, userId: message.transportObj.user_id?.toString() });
      link.complete(message, () => {});
    });
    return link;
  }

  /** @param {string} body one record, or an array of them. */
  write(body, message) {
    for (const record of [JSON.parse(body)].flat()) {
      this.#entries.set(this.#keyOf(record), { ...record, message });
    }
  }

  get(key) {
    return this.#entries.get(key);
  }

  /** The entry, once it is there. */
  of(key) {
    return until(`word of ${key}`, () => this.get(key));
  }
}
