// Starts the product as a user does, by ./run or ./cluster, and waits for its connection.json.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.mjs';

const root = join(import.meta.dirname, '..', '..', '..');
const silos = ['silo-1', 'silo-2', 'silo-3'];

/** Whether the hub under test is three silos on PostgreSQL behind a balancer; one process with SQLite otherwise. */
export const isCluster = process.env.MUSTER_HUB === 'cluster';

/** AMQP without TLS, where it was asked for: on the hub's address, or in a cluster on the silos', which no balancer hides. */
export const plainPort = 5672;

/** HTTP without TLS, for update agents. */
export const httpPort = 8080;

/** Where the processes that serve devices listen: the hub itself, or the silos of a cluster, by ./cluster's own plan of addresses. */
export function addressesOf(address) {
  const [, , third, fourth] = address.split('.').map(Number);
  return isCluster ? silos.map((_, i) => `127.${(third % 254) + 1}.${fourth}.${11 + i}`) : [address];
}

/** A hub on `address`, with ports 443 and 8883 as the SDKs want them. The caller stops it. */
export async function startHub({ address, data, options = [], cluster = isCluster }) {
  const where = { address, data, options, cluster };
  let hub = await launch(where);
  return {
    get connectionFile() {
      return hub.connectionFile;
    },
    get connection() {
      return hub.connection;
    },
    stop: (signal) => hub.stop(signal),
    output: () => hub.output(),
    /** Ends every process that serves devices, by SIGTERM or SIGKILL, and starts it again. */
    restart: async (signal) => {
      if (cluster) {
        await restartSilos(data, signal);
      } else {
        await hub.stop(signal);
        hub = await launch(where);
      }
    },
  };
}

async function restartSilos(data, signal) {
  const cluster = (verb, node) => promisify(execFile)(join(root, 'cluster'), [verb, node, '--data', data]);
  if (signal === 'SIGKILL') {
    await Promise.all(silos.map((silo) => cluster('kill', silo)));
    await Promise.all(silos.map((silo) => cluster('start', silo)));
    return;
  }
  for (const silo of silos) {
    await cluster('stop', silo);
    await cluster('start', silo);
  }
}

function command({ address, data, options, cluster }) {
  const common = ['--devices', '0', '--bind', address, '--data', data];
  return cluster
    ? ['cluster', ['up', '--silos', `${silos.length}`, '--gateways', '0', ...common, ...options]]
    : ['run', [...common, '--https-port', '443', ...options]];
}

async function launch(where) {
  const connectionFile = join(where.data, 'connection.json');
  rmSync(connectionFile, { force: true });
  const lines = [];
  const [program, args] = command(where);
  const child = spawn(join(root, program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      lines.push(chunk.toString());
      lines.splice(0, lines.length - 200);
    });
  }
  let failed;
  child.on('error', (error) => {
    failed = error;
  });
  const exited = new Promise((resolve) => {
    child.on('exit', resolve);
    child.on('error', resolve);
  });
  const stop = async (signal = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
    }
    await exited;
  };
  try {
    // The build is part of both, and the first one takes its time.
    await until(`connection.json of the hub on ${where.address}`, () => {
      if (failed) {
        throw failed;
      }
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`./${program} ended with ${child.exitCode ?? child.signalCode}`);
      }
      return existsSync(connectionFile);
    }, 180_000);
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`${error.message}\n${lines.join('')}`);
  }
  return { connectionFile, connection: JSON.parse(readFileSync(connectionFile, 'utf8')), stop, output: () => lines.join('') };
}
