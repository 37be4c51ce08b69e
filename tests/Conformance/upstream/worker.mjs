// The devices and the back office of a pair of hubs, told what to do by the process that kills the hubs.
import assert from 'node:assert/strict';
import { until } from '../lib/until.mjs';
import { LoadedDevice } from './device.mjs';
import { EventLog, Hub } from './hub.mjs';
import { BackOffice } from './office.mjs';

const up = new Hub(process.env.MUSTER_UP);
const down = new Hub(process.env.MUSTER_DOWN);
const office = new BackOffice(down);
const logs = [up, down].map((hub) => new EventLog(hub));
const faults = [];

const gate = {
  isOpen: false,
  waiting: [],
  busy: 0,
  opened() {
    return this.isOpen ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  },
  async during(work) {
    this.busy++;
    try {
      await work();
    } finally {
      this.busy--;
    }
  },
  fault: (what) => faults.push(what),
};

let devices = [];

function figures() {
  const sum = (of) => devices.reduce((total, device) => total + of(device), 0);
  return {
    reports: sum((device) => device.reported.acknowledged),
    changes: sum((device) => device.desired.acknowledged),
    events: sum((device) => device.telemetry.acknowledged.length),
    messages: sum((device) => device.messages.acknowledged.length),
    methods: sum((device) => device.methods),
    unanswered: sum((device) => device.unanswered),
  };
}

const verbs = {
  start: async (count) => {
    devices = Array.from({ length: count }, (_, i) => new LoadedDevice(`between-${Date.now()}-${i}`, { up, down, office, gate }));
    await Promise.all(devices.map((device) => device.start()));
  },
  load: async () => {
    gate.isOpen = true;
    gate.waiting.splice(0).forEach((resolve) => resolve());
    const before = figures();
    await until('every kind of operation to be acknowledged', () => {
      const now = figures();
      return ['reports', 'changes', 'events', 'messages', 'methods'].every((kind) => now[kind] > before[kind]);
    }, 120_000);
  },
  quiet: async () => {
    gate.isOpen = false;
    await until('nothing to be under way', () => gate.busy === 0, 240_000);
  },
  verify: async () => {
    await Promise.all(devices.map((device) => device.verify(logs, office.feedback)));
    assert.deepEqual(faults, []);
    return figures();
  },
};

process.on('message', async ({ id, verb, argument }) => {
  try {
    process.send({ id, answer: await verbs[verb](argument) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.on('disconnect', () => process.exit(1));

// Azure's AMQP client throws what a lost connection leaves behind into the air; what is lost by it, the checks see.
process.on('uncaughtException', (error) => console.error(`uncaught: ${error.message}`));
process.on('unhandledRejection', (error) => console.error(`unhandled: ${error?.message}`));
