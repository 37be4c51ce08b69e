// A device before and after its hub was restarted: a process of its own, since node reads its certificate authorities once.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { invoke, newDevice, registry } from './muster.mjs';
import { connected } from './raw.mjs';

const cleanups = [];
const t = { after: (cleanup) => cleanups.push(cleanup) };
const file = process.env.MUSTER_DEVICE;

if (process.argv[2] === 'before') {
  const device = await newDevice();
  writeFileSync(file, JSON.stringify(device));
  const client = await connected(t, device, { clean: false });
  await client.subscribe('$iothub/methods/POST/#', '$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#');
} else {
  const device = JSON.parse(readFileSync(file, 'utf8'));
  const client = await connected(t, device, { clean: false });
  assert.equal(client.sessionPresent, true);
  assert.equal((await client.twin('GET/')).status, 200);
  await registry.updateTwin(device.deviceId, { properties: { desired: { after: 'restart' } } }, '*');
  assert.equal(JSON.parse((await client.messages.next('the desired change')).payload).after, 'restart');
  const call = invoke(device.deviceId, 'm');
  const request = await client.messages.next('the method request');
  client.publish(request.topic.replace('POST/m/', 'res/200/'), '"here"', { qos: 0 });
  assert.deepEqual((await call).json, { status: 200, payload: 'here' });
  console.log('delivered');
}
cleanups.forEach((cleanup) => cleanup());
process.exit(0);
