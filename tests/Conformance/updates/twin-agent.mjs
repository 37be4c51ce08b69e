// A device that updates itself over its twin, with Azure's own SDK: node twin-agent.mjs CONNECTION_STRING [FOLDER]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import azure from 'azure-iot-device';
import transports from 'azure-iot-device-mqtt';

const permits = ['download', 'install', 'reboot'];

/** Runs the agent of one device; what it installs and remembers is in `folder`. Answers with a function that stops it. */
export async function startAgent(connectionString, { folder, model = 'P7', version = '1.0.0' }) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'running.json');
  const load = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { version, restarts: 0 });
  const save = (change) => writeFileSync(file, JSON.stringify({ ...load(), ...change }));
  let client, twin, stopped = false, working = Promise.resolve();

  const report = (patch) => new Promise((done, fail) => twin.properties.reported.update(patch, (error) => (error ? fail(error) : done())));
  const say = (id, agent) => report({ deviceUpdate: { __t: 'c', agent: { step: null, percent: null, workflow: { action: 3, id }, ...agent } } });
  const end = (id, state, resultCode, extendedResultCodes = '00000000', resultDetails = '') =>
    (save({ ended: id }), say(id, { state, lastInstallResult: { resultCode, extendedResultCodes, resultDetails } }));

  async function connect() {
    client = azure.Client.fromConnectionString(connectionString, transports.Mqtt);
    client.on('error', () => {});
    client.onDeviceMethod('deviceUpdateAvailable', (request, response) => response.send(200, {}, () => {}));
    await client.open();
    twin = await client.getTwin();
    const { version: swVersion, restarts: restartCount } = load();
    await report({ deviceInformation: { manufacturer: 'Muster', model, hwRevision: '1', swVersion }, deviceHealth: { restartCount } });
    // Called at once with all that is desired, and then at every change; the SDK has merged it.
    twin.on('properties.desired', () => { working = working.then(work).catch((error) => console.error('update:', error.message)); });
  }

  /** As far as the hub permits, from wherever the device is. */
  async function work() {
    const { workflow, updateManifest, fileUrls } = twin.properties.desired.deviceUpdate?.service ?? {};
    const memory = load();
    if (stopped || !workflow || memory.ended === workflow.id) return;
    const { id } = workflow;
    if (workflow.action === 255) return memory.installed === id ? say(id, { state: 6, step: 'installed', cancel: 'rejected' }) : end(id, 0, -1);
    const may = (step) => permits.indexOf(workflow.permit) >= permits.indexOf(step);
    const { updateId, files } = JSON.parse(updateManifest);
    if (memory.downloaded !== id && memory.installed !== id) {
      await say(id, { state: 6, step: 'accepted', lastInstallResult: null });
      const [[name, { hashes }]] = Object.entries(files);
      await say(id, { state: 6, step: 'downloading', percent: 0 });
      const answer = await fetch(fileUrls[name]);
      if (!answer.ok) return end(id, 255, 0, '10000001', `the download was answered ${answer.status}`);
      const image = Buffer.from(await answer.arrayBuffer());
      if (createHash('sha256').update(image).digest('base64') !== hashes.sha256) return end(id, 255, 0, '10000002', 'the SHA-256 is another');
      writeFileSync(join(folder, 'image'), image);
      save({ downloaded: id });
      await say(id, { state: 6, step: 'downloaded' });
    }
    if (load().installed !== id) {
      if (!may('install')) return;
      await say(id, { state: 6, step: 'installing' });
      save({ installed: id });
      await say(id, { state: 6, step: 'installed' });
    }
    if (!may('reboot')) return;
    await say(id, { state: 6, step: 'rebooting' });
    await client.close();
    save({ version: updateId.version, restarts: memory.restarts + 1, ended: id });
    await connect();
    await say(id, { state: 6, step: 'confirming' });
    await say(id, { state: 0, lastInstallResult: { resultCode: 700, extendedResultCodes: '00000000', resultDetails: '' }, installedUpdateId: JSON.stringify(updateId) });
  }

  await connect();
  return async () => { stopped = true; await client.close(); };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await startAgent(process.argv[2], { folder: process.argv[3] ?? 'device' });
}
