// One hub of the pair is killed under load and started again; then everything acknowledged must stand, on both sides.
import { setTimeout as delay } from 'node:timers/promises';

/** A small generator with a seed (mulberry32), so that a round can be run again. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Resolves to what the worker counted; rejects with what is not as it must be. */
export async function killUnderLoad(pair, worker, victim, random) {
  await worker.ask('load');
  await delay(500 + (3000 * random()));
  const killedAt = Date.now();
  await pair[victim].restart('SIGKILL');
  const seconds = (Date.now() - killedAt) / 1000;
  await delay(1000 * random());
  await worker.ask('quiet');
  return { victim, startedAfter: seconds, ...(await worker.ask('verify')) };
}
