// A bare MQTT connection: what no SDK would send can be sent, and nothing happens behind the test's back.
import tls from 'node:tls';
import { once } from 'node:events';
import packets from 'mqtt-packet';
import { connection, host } from './muster.mjs';
import { sas } from './sas.mjs';
import { Inbox, patience, within } from './until.mjs';

export const userName = (id, query = '/?api-version=2021-04-12') => `${host}/${id}${query}`;

/** A TLS socket to the MQTT port; `certificate` is `{ cert, key }` for X.509. Destroyed at the end of the test. */
export async function dial(t, certificate, node = host) {
  const socket = tls.connect({ host: node, port: connection.mqttPort, ...certificate });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await within(`TLS with ${node}:${connection.mqttPort}`, once(socket, 'secureConnect'));
  return socket;
}

/** Resolves when the peer has ended the connection. */
export const closed = (what, socket, milliseconds = patience) =>
  within(`${what} to be closed`, socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve)), milliseconds);

export class RawMqtt {
  #acks = new Inbox();
  #nextId = 1;

  constructor(socket) {
    this.socket = socket;
    this.messages = new Inbox();
    const parser = packets.parser();
    parser.on('packet', (packet) => (packet.cmd === 'publish' ? this.messages : this.#acks).add(packet));
    socket.on('data', (chunk) => parser.parse(chunk));
  }

  send(packet) {
    this.socket.write(packets.generate(packet));
  }

  ack(what, milliseconds) {
    return this.#acks.next(what, milliseconds);
  }

  async subscribe(...topics) {
    const messageId = this.#nextId++;
    this.send({ cmd: 'subscribe', messageId, subscriptions: topics.map((topic) => typeof topic === 'string' ? { topic, qos: 0 } : topic) });
    return (await this.ack(`SUBACK for ${JSON.stringify(topics)}`)).granted;
  }

  publish(topic, payload, options = {}) {
    const messageId = this.#nextId++;
    this.send({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId, ...options });
    return messageId;
  }

  /** A QoS 1 publish that is known to have been taken. */
  async publishAcknowledged(topic, payload) {
    const messageId = this.publish(topic, payload);
    const ack = await this.ack(`PUBACK on ${topic}`);
    if (ack.cmd !== 'puback' || ack.messageId !== messageId) {
      throw new Error(`Expected PUBACK ${messageId}, got ${JSON.stringify(ack)}`);
    }
  }

  /** The reply to a twin request that was answered on `$iothub/twin/res/`. */
  async twin(operation, payload = ' ') {
    const rid = String(this.#nextId++);
    this.send({ cmd: 'publish', topic: `$iothub/twin/${operation}${operation.includes('?') ? '&' : '?'}$rid=${rid}`, payload, qos: 0 });
    const reply = await this.messages.next(`twin reply to ${operation}`);
    const [, status, query] = reply.topic.match(/^\$iothub\/twin\/res\/(\d+)\/\?(.*)$/) ?? [];
    const parameters = Object.fromEntries((query ?? '').split('&').map((pair) => pair.split('=')));
    if (parameters.$rid !== rid) {
      throw new Error(`Expected the reply to ${rid}, got ${reply.topic}`);
    }
    const text = reply.payload.toString();
    return { status: Number(status), version: Number(parameters.$version), body: text === '' ? undefined : JSON.parse(text) };
  }

  disconnect() {
    this.send({ cmd: 'disconnect' });
    this.socket.end();
    return closed('the socket after DISCONNECT', this.socket);
  }

  /** The connection goes away without a word. */
  drop() {
    this.socket.destroy();
  }
}

/**
 * Sends CONNECT for `identity` (with `deviceId`, `moduleId` and `key`) and returns the client and its CONNACK.
 * Whatever is in `over` replaces what a well-behaved client would send.
 */
export async function connect(t, identity, over = {}, certificate, node = host) {
  const id = identity.moduleId ? `${identity.deviceId}/${identity.moduleId}` : identity.deviceId;
  const resource = encodeURIComponent(`${host}/devices/${identity.moduleId ? `${identity.deviceId}/modules/${identity.moduleId}` : identity.deviceId}`);
  const client = new RawMqtt(await dial(t, certificate, node));
  client.send({
    cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60, clientId: id, username: userName(id),
    password: certificate ? undefined : sas(resource, { key: identity.key }), ...over,
  });
  const connack = await client.ack(`CONNACK for ${id}`);
  return { client, returnCode: connack.returnCode, sessionPresent: connack.sessionPresent };
}

/** As `connect`, for one that must be accepted. */
export async function connected(t, identity, over, certificate, node = host) {
  const { client, returnCode, sessionPresent } = await connect(t, identity, over, certificate, node);
  if (returnCode !== 0) {
    throw new Error(`CONNACK ${returnCode} for ${identity.deviceId}`);
  }
  client.sessionPresent = sessionPresent;
  return client;
}
