// A number before a name is its line in the list of behaviours that the hub is held to: docs/conformance.md.
// One hub for all test files, which node runs side by side; each test makes devices of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpPort, plainPort, startHub } from './lib/hub.mjs';

const here = import.meta.dirname;
const temporary = mkdtempSync(join(tmpdir(), 'muster-conformance-'));
const tap = join(temporary, 'results.tap');
const names = process.argv.slice(2);
const files = names.length > 0 ? names : readdirSync(here, { recursive: true })
  .filter((name) => name.endsWith('.test.mjs') && !name.startsWith('node_modules'));

const hub = await startHub({
  address: process.env.MUSTER_ADDRESS ?? '127.0.0.18',
  data: join(temporary, 'data'),
  // AMQP without TLS, for the emulator's flag of the Event Hubs SDK; the shortest life of a link to upload by, so that a test can outlive it; and update agents
  // that may come without TLS, ask every second, and take seconds for a large download.
  options: [
    ...['Files:LinkLifetime=00:01:00', 'Releases:DeviceBytesPerSecond=2000000', 'Updates:GraceAfterStart=00:00:00', 'Ddi:PollingInterval=00:00:01', 'Ddi:BusyPollingInterval=00:00:01', `Hub:AmqpPlainPort=${plainPort}`, `Hub:HttpPort=${httpPort}`]
      .flatMap((setting) => ['--set', setting]),
  ],
});
let passed = 0;
let total = 0;
try {
  const node = spawn(
    process.execPath,
    [
      '--test', '--test-concurrency=6',
      '--test-reporter=spec', '--test-reporter-destination=stdout',
      '--test-reporter=tap', `--test-reporter-destination=${tap}`,
      ...files,
    ],
    {
      cwd: here,
      stdio: 'inherit',
      env: { ...process.env, NODE_EXTRA_CA_CERTS: hub.connection.caCertificate, MUSTER_CONNECTION: hub.connectionFile },
    });
  await once(node, 'exit');
  const count = (what) => Number(readFileSync(tap, 'utf8').match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1] ?? 0);
  passed = count('pass');
  total = count('tests');
} finally {
  await hub.stop();
  rmSync(temporary, { recursive: true, force: true });
}

// Skipped and cancelled tests did not pass either.
console.log(`${passed} passed, ${total - passed} failed`);
process.exitCode = total > 0 && passed === total ? 0 : 1;
