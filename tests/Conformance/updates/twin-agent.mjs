// A device that updates itself over its twin, by Azure's own SDK: NODE_EXTRA_CA_CERTS=data/ca.pem node twin-agent.mjs CONNECTION_STRING [FOLDER]
// The folder is its flash: what it remembers, what it downloaded, and the image that it boots. Whatever ends it, started again it goes on.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import azure from 'azure-iot-device';
import transports from 'azure-iot-device-mqtt';

const [connectionString, folder = 'device'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const memory = existsSync(`${folder}/memory.json`) ? JSON.parse(readFileSync(`${folder}/memory.json`, 'utf8')) : { version: '1.0.0', restarts: 0 };
let client, twin, working = Promise.resolve();

const remember = (change) => writeFileSync(`${folder}/memory.json`, JSON.stringify(Object.assign(memory, change)));
const report = (patch) => new Promise((done, fail) => twin.properties.reported.update(patch, (error) => (error ? fail(error) : done())));
const say = (id, agent) => report({ deviceUpdate: { __t: 'c', agent: { step: null, cancel: null, workflow: { action: 3, id }, ...agent } } });
const step = (id, name, more) => say(id, { state: 6, step: name, lastInstallResult: null, ...more });

/** Ends a workflow: 700 is success, 0 a failure, -1 that it was canceled. */
async function end(id, resultCode, { codes = '00000000', why = '', ...more } = {}) {
  await say(id, { state: resultCode === 0 ? 255 : 0, lastInstallResult: { resultCode, extendedResultCodes: codes, resultDetails: why }, ...more });
  remember({ ended: id });
}

async function boot() {
  client = azure.Client.fromConnectionString(connectionString, transports.Mqtt);
  client.on('error', () => {});
  await client.open();
  twin = await client.getTwin();
  await report({ deviceInformation: { model: 'P7', hwRevision: '1', swVersion: memory.version }, deviceHealth: { restartCount: memory.restarts } });
  // Called at once with all that is desired, then at every change; the SDK merges them.
  twin.on('properties.desired', () => { working = working.then(update).catch((error) => console.error(`update: ${error.message}`)); });
}

/** Goes as far as the hub permits, from wherever the device is; what it permits may have changed after each step. */
async function update() {
  const { workflow, updateManifest, fileUrls } = twin.properties.desired.deviceUpdate?.service ?? {};
  if (!workflow || memory.ended === workflow.id) return;
  const { id, action, permit } = workflow;
  if (action === 255) return memory.installed === id ? step(id, 'installed', { cancel: 'rejected' }) : end(id, -1);
  const { updateId, files } = JSON.parse(updateManifest);
  if (memory.downloaded !== id) {
    await step(id, 'accepted');
    await step(id, 'downloading');
    const [[name, { hashes }]] = Object.entries(files);
    const answer = await fetch(fileUrls[name]).catch((error) => error);
    const bytes = answer.ok && await answer.arrayBuffer().then(Buffer.from, () => null);
    if (!bytes) return end(id, 0, { codes: '10000001', why: `The download failed: ${answer.message ?? answer.status}.` });
    if (createHash('sha256').update(bytes).digest('base64') !== hashes.sha256) return end(id, 0, { codes: '10000002', why: 'The SHA-256 is not that of the manifest.' });
    writeFileSync(`${folder}/download`, bytes);
    remember({ downloaded: id });
    return step(id, 'downloaded').then(update);
  }
  if (permit === 'download') return;
  if (memory.installed !== id) {
    await step(id, 'installing');
    copyFileSync(`${folder}/download`, `${folder}/image`);
    remember({ installed: id });
    return step(id, 'installed').then(update);
  }
  if (permit === 'install') return;
  if (memory.booted !== id) {
    await step(id, 'rebooting');
    await client.close();
    remember({ version: updateId.version, restarts: memory.restarts + 1, booted: id });
    return boot();
  }
  await step(id, 'confirming');
  await end(id, 700, { installedUpdateId: JSON.stringify(updateId) });
}

await boot();
