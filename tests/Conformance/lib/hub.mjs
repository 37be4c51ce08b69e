// Starts the product as a user does, by ./run, and waits for its connection.json.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.mjs';

const root = join(import.meta.dirname, '..', '..', '..');

/** A hub on `address`, with ports 443 and 8883 as the SDKs want them. The caller stops it. */
export async function startHub({ address, data, options = [] }) {
  const connectionFile = join(data, 'connection.json');
  rmSync(connectionFile, { force: true });
  const lines = [];
  const child = spawn(
    join(root, 'run'),
    ['--devices', '0', '--bind', address, '--data', data, '--https-port', '443', ...options],
    { stdio: ['ignore', 'pipe', 'pipe'] });
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
    // The build is part of ./run, and the first one takes its time.
    await until(`connection.json of the hub on ${address}`, () => {
      if (failed) {
        throw failed;
      }
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`./run ended with ${child.exitCode ?? child.signalCode}`);
      }
      return existsSync(connectionFile);
    }, 180_000);
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`${error.message}\n${lines.join('')}`);
  }
  return { connectionFile, connection: JSON.parse(readFileSync(connectionFile, 'utf8')), stop, output: () => lines.join('') };
}
