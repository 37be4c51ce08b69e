// What takes a minute by its nature: first of all files, and side by side, so that the others run meanwhile.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { asDevice, beginUpload, endUpload, errorOf, sendToDevice, urlOf } from './lib/device-http.mjs';
import { newDevice } from './lib/muster.mjs';
import { until } from './lib/until.mjs';

/** Asks twice a second: the other tests have the machine meanwhile. */
const later = (what, probe) => until(what, async () => {
  await delay(500);
  return probe();
}, 120_000);

describe('A minute passes', { concurrency: true }, () => {
  test('39. Lock timeout (60 s) makes an un-settled message available again; its old lock is worth nothing.', async () => {
    const device = await newDevice();
    const receive = () => asDevice(device, 'GET', '/messages/devicebound');
    const settle = (message) => asDevice(device, 'DELETE', `/messages/devicebound/${message.headers.etag.slice(1, -1)}`);
    await sendToDevice(device, { messageId: 'forgotten', body: 'x' });
    const first = await receive();
    assert.equal((await receive()).status, 204);

    const again = await later('the message once more', async () => {
      const answer = await receive();
      return answer.status === 200 && answer;
    });
    assert.deepEqual([again.headers['iothub-messageid'], again.headers['iothub-deliverycount']], ['forgotten', '1']);
    const late = await settle(first);
    assert.deepEqual([late.status, errorOf(late)], [412, 'DeviceMessageLockLost']);
    assert.equal((await settle(again)).status, 204);
    assert.equal((await receive()).status, 204);
  });

  test('85. An expired sasToken on PUT → 403; the upload that it was for is over, and makes room for another.', async () => {
    const device = await newDevice();
    const put = (upload) => fetch(urlOf(upload), { method: 'PUT', body: 'x', headers: { 'x-ms-blob-type': 'BlockBlob' } });
    const uploads = [];
    for (let i = 0; i < 10; i++) {
      uploads.push(await beginUpload(device, `${i}.txt`));
    }
    assert.equal((await put(uploads[0])).status, 201);
    assert.equal((await beginUpload(device, 'too many.txt')).status, 403);

    const late = await later('the links to expire', async () => {
      const answer = await put(uploads[0]);
      return answer.status !== 201 && answer;
    });
    assert.deepEqual([late.status, late.headers.get('x-ms-error-code')], [403, 'AuthenticationFailed']);
    const next = await later('room for an upload', async () => {
      const upload = await beginUpload(device, 'next.txt');
      return upload.correlationId && upload;
    });
    assert.equal((await put(next)).status, 201);
    assert.equal((await endUpload(device, uploads[9].correlationId)).status, 400);
    assert.equal((await endUpload(device, next.correlationId)).status, 204);
  });
});
