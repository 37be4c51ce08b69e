// A device that updates itself over its twin, by Azure's own SDK: node twin-agent.mjs CONNECTION_STRING [FOLDER]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import azure from 'azure-iot-device';
import transports from 'azure-iot-device-mqtt';

const permits = ['download', 'install', 'reboot'];
const result = (resultCode, extendedResultCodes = '00000000', resultDetails = '') => ({ resultCode, extendedResultCodes, resultDetails });

/** Starts the agent of one device, whose memory and image are in `folder`. Answers with what it remembers and how it is stopped. */
export async function startAgent(connectionString, { folder, model = 'P7', version = '1.0.0' }) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'memory.json');
  const memory = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { version, restarts: 0 };
  const remember = (change) => writeFileSync(file, JSON.stringify(Object.assign(memory, change)));
  let client, twin, working = Promise.resolve();

  const report = (patch) => new Promise((done, fail) => twin.properties.reported.update(patch, (error) => (error ? fail(error) : done())));
  const say = (id, agent) => report({ deviceUpdate: { __t: 'c', agent: { step: null, percent: null, cancel: null, workflow: { action: 3, id }, ...agent } } });
  const step = (id, name, more) => say(id, { state: 6, step: name, lastInstallResult: null, ...more });
  const end = async (id, state, lastInstallResult, more) => {
    await say(id, { state, lastInstallResult, ...more });
    remember({ ended: id });
  };

  async function start() {
    client = azure.Client.fromConnectionString(connectionString, transports.Mqtt);
    client.on('error', () => {});
    await client.open();
    client.onDeviceMethod('deviceUpdateAvailable', (_, response) => response.send(200, {}, () => {}));
    twin = await client.getTwin();
    const deviceInformation = { manufacturer: 'Muster', model, hwRevision: '1', swVersion: memory.version };
    await report({ deviceInformation, deviceHealth: { restartCount: memory.restarts } });
    // Called at once with all that is desired, then at every change; the SDK merges them.
    twin.on('properties.desired', () => { working = working.then(work).catch((error) => console.error(`update: ${error.message}`)); });
  }

  /** Goes as far as the hub permits, from wherever the device is. */
  async function work() {
    const { workflow, updateManifest, fileUrls } = twin.properties.desired.deviceUpdate?.service ?? {};
    if (!workflow || memory.ended === workflow.id) return;
    const { id, action, permit } = workflow;
    if (action === 255) return memory.installed === id ? step(id, 'installed', { cancel: 'rejected' }) : end(id, 0, result(-1));
    const { updateId, files } = JSON.parse(updateManifest);
    if (memory.downloaded !== id) {
      await step(id, 'accepted');
      const failed = await download(id, files, fileUrls);
      if (failed) return end(id, 255, result(0, ...failed));
      remember({ downloaded: id });
      await step(id, 'downloaded');
    }
    if (memory.installed !== id) {
      if (permits.indexOf(permit) < permits.indexOf('install')) return;
      await step(id, 'installing');
      writeFileSync(join(folder, 'image'), readFileSync(join(folder, 'download')));
      remember({ installed: id });
      await step(id, 'installed');
    }
    if (permit !== 'reboot') return;
    if (memory.booted !== id) {
      await step(id, 'rebooting');
      await client.close();
      remember({ version: updateId.version, restarts: memory.restarts + 1, booted: id });
      await start();
    }
    await step(id, 'confirming');
    await end(id, 0, result(700), { installedUpdateId: JSON.stringify(updateId) });
  }

  /** Why it failed; nothing if it did not. */
  async function download(id, files, fileUrls) {
    const [[name, { hashes }]] = Object.entries(files);
    await step(id, 'downloading', { percent: 0 });
    const answer = await fetch(fileUrls[name]).catch((error) => ({ status: error.message }));
    if (!answer.ok) return ['10000001', `the download was answered ${answer.status}`];
    const bytes = Buffer.from(await answer.arrayBuffer());
    writeFileSync(join(folder, 'download'), bytes);
    return createHash('sha256').update(bytes).digest('base64') === hashes.sha256 ? undefined : ['10000002', 'the SHA-256 is not that of the manifest'];
  }

  await start();
  return { memory, stop: () => client.close() };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await startAgent(process.argv[2], { folder: process.argv[3] ?? 'device' });
}
