// A device that uploads to Azure's storage: a process of its own, since node reads its certificate authorities once.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { beginUpload, endUpload, errorOf, someBytes, urlOf } from './device-http.mjs';
import { newDevice, open } from './muster.mjs';

const cleanups = [];
const device = await newDevice();
const client = await open({ after: (cleanup) => cleanups.push(cleanup) }, device.connectionString);
for (const length of [10, 9 * 1024 * 1024]) {
  const bytes = someBytes(length);
  await client.uploadToBlob('x.bin', Readable.from([bytes]), length);

  const link = await beginUpload(device, 'x.bin');
  const read = await fetch(urlOf(link));
  assert.ok(Buffer.from(await read.arrayBuffer()).equals(bytes));
  assert.equal((await fetch(urlOf({ ...link, blobName: `${device.deviceId}/y.bin` }))).status, 403);
  assert.equal((await endUpload(device, link.correlationId)).status, 204);
}
const missing = await beginUpload(device, 'never.bin');
assert.equal(errorOf(await endUpload(device, missing.correlationId)), 'ArgumentInvalid');
console.log(`uploaded to ${missing.hostName}`);
await Promise.all(cleanups.map((cleanup) => cleanup()));
process.exit(0);
