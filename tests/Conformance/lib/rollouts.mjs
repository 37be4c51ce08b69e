// Releases and rollouts by the hub's own API, as an author and an operator.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { newId, rest } from './muster.mjs';
import { until } from './until.mjs';

const call = async (method, path, { expect = [200, 201], ...options } = {}) => {
  const answer = await rest(method, path, { apiVersion: null, ...options });
  if (!expect.includes(answer.status)) {
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
  }
  return answer.json;
};

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const keyId = newId('key');
let registered;

async function principal(role) {
  const { token } = await call('POST', '/api/v1/principals', {
    body: { name: newId(role), roles: [role], expires: new Date(Date.now() + 86_400_000).toISOString() },
  });
  return `Bearer ${token}`;
}

let people;

/** The tokens of an author and of an operator, made once for a file of tests. */
export const principals = () => {
  people ??= (async () => ({ author: await principal('author'), operator: await principal('operator') }))();
  return people;
};

/** A published release for the model, with signed files `{ name, bytes }`. Resolves to its id. */
export async function newRelease({ version, model, files }) {
  registered ??= call('PUT', `/api/v1/signing-keys/${keyId}`, { body: { pem: publicKey.export({ type: 'spki', format: 'pem' }) } });
  await registered;
  const { id } = await call('POST', '/api/v1/releases', {
    body: { name: newId('fw'), version, compatibility: { models: [model], allowDowngrade: true } },
  });
  for (const { name, bytes } of files) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const value = sign('sha256', bytes, privateKey).toString('base64');
    const link = await call('POST', `/api/v1/releases/${encodeURIComponent(id)}/artifacts`, { body: { name, size: bytes.length, sha256, signature: { value, keyId } } });
    const put = await fetch(link.uploadUrl, { method: 'PUT', body: bytes });
    if (put.status !== 201) {
      throw new Error(`The upload answered ${put.status}: ${await put.text()}`);
    }
  }
  await call('POST', `/api/v1/releases/${encodeURIComponent(id)}/publish`);
  return id;
}

/** A rollout of the release to the devices, started. `plan` goes over what it is by default. Resolves to its id. */
export async function startRollout(release, devices, plan = {}) {
  const { author, operator } = await principals();
  const { id } = await call('POST', '/api/v1/rollouts', {
    authorization: author,
    body: {
      id: newId('r').slice(0, 40), name: 'agents', release, target: { condition: '', devices }, groups: [{ name: 'all', successPercent: 100 }],
      timeouts: { beforeReboot: 'PT10M' }, rollsBack: false, ...plan,
    },
  });
  await call('POST', `/api/v1/rollouts/${id}/submit`, { authorization: author });
  await call('POST', `/api/v1/rollouts/${id}/start`, { authorization: operator });
  return id;
}

export const rollout = async (id) => call('GET', `/api/v1/rollouts/${id}`, { authorization: (await principals()).operator });

/** Does `verb` (pause, resume, abort, rollback) to the rollout. */
export const act = async (id, verb, body) => call('POST', `/api/v1/rollouts/${id}/${verb}`, { authorization: (await principals()).operator, body });

const tell = (verb) => async (deviceId) => call('POST', `/api/v1/devices/${encodeURIComponent(deviceId)}/update/${verb}`, {
  authorization: (await principals()).operator, body: { reason: 'test' },
});

/** Cancels the device's update. */
export const cancel = tell('cancel');

/** Takes the device back. */
export const rollBack = tell('rollback');

export const update = (deviceId) => call('GET', `/api/v1/devices/${encodeURIComponent(deviceId)}/update?max=1000`, { expect: [200, 404] });

/** The device's update, once it stands at one of the statuses. */
export const updateAt = (deviceId, statuses, milliseconds = 90_000) => until(`the update of ${deviceId} at ${statuses}`, async () => {
  const found = await update(deviceId);
  return [statuses].flat().includes(found?.status) ? found : (found?.status === undefined ? false : undefined);
}, milliseconds);

/** Which statuses the update went through, the first one first. */
export const way = (found) => found.history.map((step) => step.to).reverse().filter((status, i, all) => status !== all[i - 1]);

/** Reads the device's `deviceInformation`. */
export async function facts(deviceId) {
  const twin = await rest('GET', `/twins/${encodeURIComponent(deviceId)}`);
  return twin.json?.properties?.reported?.deviceInformation;
}
