// Device HTTPS as no SDK would send it, and blobs by their links.
import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import http from 'azure-iot-device-http';
import { host, rest } from './muster.mjs';
import { sas } from './sas.mjs';

export const { Http } = http;

export const token = (device, resource = `${host}/devices/${encodeURIComponent(device.deviceId)}`) => sas(encodeURIComponent(resource), { key: device.key });

/** A request as the device; `certificate` is `{ cert, key }` in place of a token. Resolves to `{ status, headers, body }`. */
export function asDevice(device, method, path, { authorization, certificate, headers = {}, body, apiVersion = '2021-04-12', node = host } = {}) {
  return new Promise((resolve, reject) => {
    const query = apiVersion === null ? '' : `${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`;
    const sent = request({
      host: node,
      path: `/devices/${encodeURIComponent(device.deviceId)}${path}${query}`,
      method,
      agent: false,
      headers: { ...(certificate ? {} : { Authorization: authorization ?? token(device) }), ...headers },
      ...certificate,
    }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export const errorOf = (response) => response.headers['iothub-errorcode'];

/** Queues a message to the device by the hub's own route. */
export async function sendToDevice(device, message) {
  const sent = await rest('POST', `/api/v1/devices/${encodeURIComponent(device.deviceId)}/messages`, { body: message, apiVersion: null });
  if (sent.status !== 200) {
    throw new Error(`Sending answered ${sent.status}: ${sent.text}`);
  }
}

const jsonBody = { 'Content-Type': 'application/json; charset=utf-8' };

/** Begins an upload as the SDK does; resolves to its answer. */
export async function beginUpload(device, blobName, node = host) {
  const answer = await asDevice(device, 'POST', '/files', { body: JSON.stringify({ blobName }), headers: jsonBody, node });
  return answer.status === 200 ? JSON.parse(answer.body) : answer;
}

export const endUpload = (device, correlationId, isSuccess = true, node = host) => asDevice(device, 'POST', `/files/notifications/${encodeURIComponent(correlationId)}`, {
  body: JSON.stringify({ isSuccess, statusCode: isSuccess ? 201 : 500, statusDescription: '' }),
  headers: jsonBody,
  node,
});

export const urlOf = (upload) => `https://${upload.hostName}/${upload.containerName}/${upload.blobName}${upload.sasToken}`;

export const someBytes = (length) => randomBytes(length);
