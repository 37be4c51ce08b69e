import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { Book, openService } from './lib/back-office.mjs';
import { asDevice, beginUpload, endUpload, errorOf, someBytes, urlOf } from './lib/device-http.mjs';
import { at, connection, host, newDevice, newId, nodes, open } from './lib/muster.mjs';
import { plainPeer, refusalOf } from './lib/plain-peer.mjs';
import { parseConnectionString, sas } from './lib/sas.mjs';

const block = (name) => encodeURIComponent(Buffer.from(name).toString('base64'));
const put = (url, body, headers = {}) => fetch(url, { method: 'PUT', body, headers });
const list = (...names) => `<?xml version="1.0" encoding="UTF-8"?><BlockList>${names.map((name) => `<Latest>${Buffer.from(name).toString('base64')}</Latest>`).join('')}</BlockList>`;

// On every silo there is a receiver.
const notices = Book.files();
let services;
before(async () => {
  services = await Promise.all(nodes.map((node) => openService(at(node, connection.serviceConnectionString))));
  await Promise.all(services.map((each) => notices.keep(each)));
});
after(() => Promise.all(services.map((each) => each.close())));

const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());
const asService = (policy = 'service') => ({ Authorization: sas(host, { key: parseConnectionString(connection.policies[policy]).SharedAccessKey, policy }) });

test('83. Upload of 10 bytes and of 9 MiB (3 blocks) by the SDK reads back identically.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString);
  for (const length of [10, 9 * 1024 * 1024]) {
    const bytes = someBytes(length);
    await client.uploadToBlob(`folder/of ${length}.bin`, Readable.from([bytes]), length);

    // The notification that a back end gets names the blob without a link: the service's token opens it.
    const url = `https://${connection.hostName}:${connection.httpsPort}/blobs/uploads/${device.deviceId}/folder/of%20${length}.bin`;
    const read = await fetch(url, { headers: asService() });
    assert.equal(read.status, 200);
    assert.ok((await bytesOf(read)).equals(bytes));
    assert.deepEqual(['content-disposition', 'x-content-type-options', 'content-security-policy'].map((name) => read.headers.get(name)), ['attachment', 'nosniff', 'sandbox']);
    assert.equal((await fetch(url)).status, 403);
    assert.equal((await fetch(url, { headers: asService('registryRead') })).status, 403);
  }
});

test('83. Blocks in any order, one PUT, ranges, HEAD; the list decides.', async () => {
  const device = await newDevice();
  const upload = await beginUpload(device, 'x.bin');
  assert.deepEqual([upload.blobName, upload.sasToken[0]], [`${device.deviceId}/x.bin`, '?']);
  const url = urlOf(upload);
  for (const name of ['c', 'a', 'b']) {
    const stored = await put(`${url}&comp=block&blockid=${block(name)}`, name.repeat(3), { 'x-ms-client-request-id': 'r1' });
    assert.deepEqual([stored.status, stored.headers.get('x-ms-client-request-id')], [201, 'r1']);
  }
  assert.equal((await fetch(url)).status, 404);
  const committed = await put(`${url}&comp=blocklist`, list('a', 'b', 'c'), { 'x-ms-blob-content-type': 'text/plain' });
  assert.equal(committed.status, 201);
  assert.match(committed.headers.get('etag'), /^".+"$/);
  assert.ok(committed.headers.get('last-modified'));

  const whole = await fetch(url);
  assert.deepEqual([whole.status, whole.headers.get('content-type'), await whole.text()], [200, 'text/plain', 'aaabbbccc']);
  const part = await fetch(url, { headers: { Range: 'bytes=2-4' } });
  assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, 'bytes 2-4/9', 'abb']);
  assert.equal((await fetch(url, { headers: { Range: 'bytes=9-' } })).status, 416);
  const head = await fetch(url, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length'), head.headers.get('etag')], [200, '9', committed.headers.get('etag')]);

  assert.equal((await put(url, 'again', { 'x-ms-blob-type': 'BlockBlob' })).status, 201);
  assert.equal(await (await fetch(url)).text(), 'again');
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 403);
  assert.equal((await fetch(url.split('?')[0], { method: 'DELETE', headers: asService() })).status, 202);
  assert.equal((await fetch(url)).status, 404);
});

test('83. Bad blocks and lists have their own errors and change nothing.', async () => {
  const device = await newDevice();
  const url = urlOf(await beginUpload(device, 'x.bin'));
  const refusals = [
    [await put(`${url}&comp=blocklist`, list('never')), 400, 'InvalidBlockList'],
    [await put(`${url}&comp=blocklist`, '<Nonsense/>'), 400, 'InvalidXmlDocument'],
    [await put(`${url}&comp=blocklist`, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><BlockList><Latest>&e;</Latest></BlockList>'), 400, 'InvalidXmlDocument'],
    [await put(`${url}&comp=block&blockid=${encodeURIComponent('../../x')}`, 'x'), 400, 'InvalidQueryParameterValue'],
    [await put(`${url}&comp=lease`, ''), 400, 'InvalidQueryParameterValue'],
    [await put(url, 'x', { 'x-ms-blob-type': 'PageBlob' }), 400, 'InvalidHeaderValue'],
  ];
  for (const [response, status, code] of refusals) {
    assert.deepEqual([response.status, response.headers.get('x-ms-error-code')], [status, code]);
    assert.match(await response.text(), new RegExp(`<Code>${code}</Code>`));
  }
  assert.equal((await fetch(url)).status, 404);
});

test('84. Success ends the upload, failure too: 204; a second notification, and one of a blob that is not there, are refused.', async () => {
  const device = await newDevice();
  const upload = await beginUpload(device, 'x.txt');
  const early = await endUpload(device, upload.correlationId);
  assert.deepEqual([early.status, errorOf(early)], [400, 'ArgumentInvalid']);
  assert.equal((await put(urlOf(upload), 'x', { 'x-ms-blob-type': 'BlockBlob' })).status, 201);
  assert.equal((await endUpload(await newDevice(), upload.correlationId)).status, 400);
  assert.equal((await endUpload(device, upload.correlationId)).status, 204);
  assert.equal((await endUpload(device, upload.correlationId)).status, 400);

  const failed = await beginUpload(device, 'y.txt');
  const inBody = { correlationId: failed.correlationId, isSuccess: false, statusCode: 500, statusDescription: 'no' };
  assert.equal((await asDevice(device, 'POST', '/files/notifications', { body: JSON.stringify(inBody) })).status, 204);
});

test('84. Notification success emits a file notification, once and with all there is to know; a failed upload emits none.', async (t) => {
  const device = await newDevice();
  const client = await open(t, device.connectionString);
  const bytes = someBytes(1234);
  const before = Date.now();
  await client.uploadToBlob('folder/of mine.bin', Readable.from([bytes]), bytes.length);
  const failed = await beginUpload(device, 'failed.bin');
  assert.equal((await endUpload(device, failed.correlationId, false)).status, 204);

  const notice = await notices.of(`${device.deviceId}/folder/of mine.bin`);
  assert.deepEqual([notice.deviceId, notice.blobSizeInBytes], [device.deviceId, bytes.length]);
  assert.equal(notice.blobUri, new URL(`https://${host}:${connection.httpsPort}/blobs/uploads/${device.deviceId}/folder/of%20mine.bin`).href);
  for (const time of [notice.lastUpdatedTime, notice.enqueuedTimeUtc]) {
    assert.ok(Math.abs(Date.parse(time) - before) < 60_000, time);
  }
  assert.ok((await bytesOf(await fetch(notice.blobUri, { headers: asService() }))).equals(bytes));

  // What is notified later comes later: by now the failed one would be there.
  await client.uploadToBlob('next.bin', Readable.from([bytes]), bytes.length);
  await notices.of(`${device.deviceId}/next.bin`);
  assert.equal(notices.get(`${device.deviceId}/failed.bin`), undefined);
});

test('84. A policy without ServiceConnect gets no file notifications, and no feedback.', async (t) => {
  const peer = plainPeer(t, 'registryRead');
  for (const queue of ['filenotifications', 'feedback']) {
    assert.equal((await refusalOf(peer.open_receiver(`/messages/serviceBound/${queue}`))).condition, 'amqp:unauthorized-access');
  }
});

test('83, 84. An upload that is begun on one silo, written block by block on all, ended on another and read on a third.', async () => {
  const device = await newDevice();
  const node = (i) => nodes[i % nodes.length];
  const upload = await beginUpload(device, 'x.bin', node(0));
  const url = (i) => urlOf({ ...upload, hostName: `${node(i)}:${connection.httpsPort}` });
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    assert.equal((await put(`${url(i)}&comp=block&blockid=${block(name)}`, name.repeat(3))).status, 201);
  }
  assert.equal((await put(`${url(1)}&comp=blocklist`, list('c', 'b', 'a'))).status, 201);
  assert.equal((await endUpload(device, upload.correlationId, true, node(2))).status, 204);
  assert.equal((await notices.of(upload.blobName)).blobSizeInBytes, 9);
  for (const i of nodes.keys()) {
    assert.equal(await (await fetch(url(i))).text(), 'cccbbbaaa');
  }
});

test('85. Eleventh concurrent upload → 403; expired or forged sasToken on PUT → 403.', async () => {
  const device = await newDevice();
  const uploads = [];
  for (let i = 0; i < 10; i++) {
    uploads.push(await beginUpload(device, `${i}.txt`));
  }
  const eleventh = await beginUpload(device, 'x.txt');
  assert.deepEqual([eleventh.status, errorOf(eleventh)], [403, 'DeviceMaximumActiveFileUploadLimitExceeded']);
  assert.equal((await endUpload(device, uploads[3].correlationId, false)).status, 204);
  assert.ok((await beginUpload(device, 'x.txt')).correlationId);

  const [own, other] = uploads;
  const query = new URLSearchParams(own.sasToken);
  const forged = [
    urlOf({ ...own, sasToken: other.sasToken }),
    urlOf({ ...own, sasToken: own.sasToken.replace(query.get('se').slice(0, 4), '2999') }),
    urlOf({ ...own, sasToken: own.sasToken.replace(/sig=./, (start) => `sig=${start.endsWith('A') ? 'B' : 'A'}`) }),
    urlOf({ ...own, sasToken: '' }),
    urlOf({ ...own, blobName: `${newId()}/0.txt` }),
    urlOf({ ...own, blobName: `${device.deviceId}/../${device.deviceId}/1.txt` }),
  ];
  for (const url of forged) {
    const response = await put(url, 'x', { 'x-ms-blob-type': 'BlockBlob' });
    assert.deepEqual([response.status, response.headers.get('x-ms-error-code')], [403, 'AuthenticationFailed'], url);
  }
});

test('85. Names that lead elsewhere, and bodies that are none, are refused; so is another device\'s token.', async () => {
  const device = await newDevice();
  for (const name of ['', '../x', 'a//b', 'a%2fb', 'a?b', 'a\\b', 'x'.repeat(1100)]) {
    const answer = await beginUpload(device, name);
    assert.deepEqual([answer.status, errorOf(answer)], [400, 'ArgumentInvalid'], name);
  }
  for (const [body, code] of [['', 'IotHubFormatError'], ['[]', 'IotHubFormatError'], ['{}', 'ArgumentNull']]) {
    const answer = await asDevice(device, 'POST', '/files', { body });
    assert.deepEqual([answer.status, errorOf(answer)], [400, code], body);
  }
  assert.equal((await beginUpload({ deviceId: device.deviceId, key: (await newDevice()).key }, 'x')).status, 401);
});
