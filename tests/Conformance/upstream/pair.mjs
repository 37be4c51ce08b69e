// Two hubs, one the upstream of the other, and a process of its own for the devices and the back office between them: node reads its certificate
// authorities once, and here it must trust two.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHub } from '../lib/hub.mjs';

/** What tells a hub to stand on another. */
export function upstreamOptions({ serviceConnectionString, eventHubsConnectionString, caCertificate }, { redirected = false } = {}) {
  const settings = {
    ConnectionString: serviceConnectionString,
    CaCertificate: caCertificate,
    ...(redirected ? {} : { EventHubsConnectionString: eventHubsConnectionString }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['--set', `Upstream:${name}=${value}`]);
}

/** Starts both; `cluster` makes the lower one three silos. The caller stops them. */
export async function startPair({ addresses: [above, below], folder, cluster = false, redirected = false }) {
  const up = await startHub({ address: above, data: join(folder, 'up'), cluster: false });
  try {
    const down = await startHub({ address: below, data: join(folder, 'down'), options: upstreamOptions(up.connection, { redirected }), cluster });
    const trust = join(folder, 'both.pem');
    writeFileSync(trust, [up, down].map((hub) => readFileSync(hub.connection.caCertificate, 'utf8')).join('\n'));
    return {
      up,
      down,
      trust,
      stop: async () => {
        await down.stop();
        await up.stop();
      },
    };
  } catch (error) {
    await up.stop();
    throw error;
  }
}

/** The worker: `ask('load')` and the like resolve to its answer. */
export function startWorker(pair, script = 'worker.mjs') {
  const child = fork(join(import.meta.dirname, script), {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: pair.trust, MUSTER_UP: pair.up.connectionFile, MUSTER_DOWN: pair.down.connectionFile },
  });
  const waiting = new Map();
  let next = 0;
  child.on('message', ({ id, error, answer }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    error ? reject(new Error(error)) : resolve(answer);
  });
  child.on('exit', (code) => waiting.forEach(({ reject }) => reject(new Error(`the worker ended with ${code}`))));
  return {
    ask: (verb, argument) => new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject });
      child.send({ id: next++, verb, argument });
    }),
    stop: async () => {
      if (child.exitCode === null) {
        child.kill();
        await once(child, 'exit');
      }
    },
  };
}
