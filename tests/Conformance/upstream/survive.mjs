// Two hubs, one upstream of the other; either is killed, many times: ./survive upstream --help
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPair, startWorker } from './pair.mjs';
import { killUnderLoad, randomOf } from './rounds.mjs';

const root = join(import.meta.dirname, '..', '..', '..');
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    devices: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    addresses: { type: 'string', default: '127.0.0.40,127.0.0.41' },
    results: { type: 'string', default: join(root, 'tests', 'Process', 'results', 'upstream.jsonl') },
    cluster: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(`Runs two hubs, one the upstream of the other, under load from Azure's SDKs, and kills one of them with SIGKILL each round.

usage: ./survive upstream [--rounds N] [--devices N] [--seed N] [--addresses UPPER,LOWER] [--results FILE] [--cluster]

  --rounds     20      rounds; each kills the upper or the lower hub by chance, at a moment by chance
  --devices    8       Node SDK devices on the upper hub
  --addresses          loopback addresses whose ports 443, 5671 and 8883 are free
  --cluster            the lower hub is three silos on PostgreSQL; all of them are killed at once

Exit code 0 if after every round nothing acknowledged was lost and both hubs' twins were equal.`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'muster-upstream-'));
const commit = execFileSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
const random = randomOf(Number(options.seed));
const pair = await startPair({ addresses: options.addresses.split(','), folder, cluster: options.cluster });
const worker = startWorker(pair);
let failed = 0;
try {
  await worker.ask('start', Number(options.devices));
  for (let round = 1; round <= Number(options.rounds) && failed === 0; round++) {
    const began = new Date();
    const victim = random() < 0.5 ? 'up' : 'down';
    let result;
    try {
      result = { verdict: 'passed', ...(await killUnderLoad(pair, worker, victim, random)) };
    } catch (error) {
      failed++;
      result = { verdict: 'failed', victim, why: error.message };
    }
    const line = { at: began.toISOString(), commit, seed: Number(options.seed), round, cluster: options.cluster, seconds: (Date.now() - began) / 1000, ...result };
    appendFileSync(resolve(options.results), `${JSON.stringify(line)}\n`);
    console.log(`round ${round}: ${victim} killed, ${result.verdict} in ${line.seconds.toFixed(1)} s; ${
      result.why ?? `${result.reports} reports, ${result.changes} changes, ${result.events} events, ${result.messages} messages, ${result.methods} methods, ${result.unanswered} unanswered so far`}`);
  }
} finally {
  await worker.stop();
  await pair.stop();
  if (failed === 0) {
    rmSync(folder, { recursive: true, force: true });
  } else {
    console.log(`A round failed; the hubs' folders are kept in ${folder}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
