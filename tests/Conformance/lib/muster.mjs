// The hub that the launcher started, and devices on it.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import common from 'azure-iot-common';
import device from 'azure-iot-device';
import mqttTransports from 'azure-iot-device-mqtt';
import iothub from 'azure-iothub';
import { addressesOf } from './hub.mjs';
import { parseConnectionString, sas } from './sas.mjs';

if (!process.env.MUSTER_CONNECTION) {
  throw new Error('Start these tests by tests/Conformance/run: it starts the hub that they are against.');
}

export const connection = JSON.parse(readFileSync(process.env.MUSTER_CONNECTION, 'utf8'));
export const host = connection.hostName;

/** The processes that serve devices, one by one, and a connection string that leads to one of them in place of the balancer. */
export const nodes = addressesOf(host);
export const at = (node, connectionString) => connectionString.replace(host, node);

export const { Mqtt, MqttWs } = mqttTransports;
export const { Client, ModuleClient, Message } = device;
export const { NoRetry } = common;

export const registry = iothub.Registry.fromConnectionString(connection.serviceConnectionString);
export const service = iothub.Client.fromConnectionString(connection.serviceConnectionString);
export const registryAs = (policy) => iothub.Registry.fromConnectionString(connection.policies[policy]);

/** An id that no other test uses. */
export const newId = (prefix = 'd') => `${prefix}-${randomUUID()}`;

/** A registered device: its identity as the registry gave it back, and its connection strings. */
export async function newDevice(spec = {}) {
  const identity = (await registry.create({ deviceId: newId(), ...spec })).responseBody;
  return describe(identity);
}

export function describe(identity) {
  const { deviceId, authentication: { symmetricKey } } = identity;
  return {
    ...identity,
    key: symmetricKey?.primaryKey,
    connectionString: `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${symmetricKey?.primaryKey}`,
    secondaryConnectionString: `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${symmetricKey?.secondaryKey}`,
  };
}

/** A device with a module, and the module's connection string. */
export async function newModule(device, moduleId = newId('m')) {
  const identity = (await registry.addModule({ deviceId: device.deviceId, moduleId })).responseBody;
  const key = identity.authentication.symmetricKey.primaryKey;
  return { ...identity, key, connectionString: `HostName=${host};DeviceId=${device.deviceId};ModuleId=${moduleId};SharedAccessKey=${key}` };
}

/** An open SDK client without retries, closed at the end of the test. */
export async function open(t, connectionString, { transport = Mqtt, options } = {}) {
  const client = connectionString.includes(';ModuleId=')
    ? ModuleClient.fromConnectionString(connectionString, transport)
    : Client.fromConnectionString(connectionString, transport);
  client.setRetryPolicy(new NoRetry());
  client.on('error', () => {});
  if (options) {
    await client.setOptions(options);
  }
  t.after(() => client.close().catch(() => {}));
  await client.open();
  return client;
}

/** The error that the promise ends in; fails if it does not. */
export async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a refusal, got ${JSON.stringify(value?.responseBody ?? value)}`);
}

/** A REST call as `policy`, or with the given Authorization; the body is JSON where there is one. */
export async function rest(method, path, { body, policy = 'iothubowner', authorization, headers = {}, apiVersion = '2021-04-12' } = {}) {
  const { SharedAccessKey: key, SharedAccessKeyName: name } = parseConnectionString(connection.policies[policy]);
  const query = apiVersion === null ? '' : `${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`;
  const response = await fetch(`https://${host}${path}${query}`, {
    method,
    headers: {
      Authorization: authorization ?? sas(host, { key, policy: name }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

export const twinPath = (deviceId, moduleId) =>
  `/twins/${encodeURIComponent(deviceId)}${moduleId ? `/modules/${encodeURIComponent(moduleId)}` : ''}`;

export const getTwin = async (deviceId) => (await registry.getTwin(deviceId)).responseBody;

/** A method call by REST, so that timeouts below the SDK's defaults can be asked for. */
export const invoke = (deviceId, methodName, { payload = null, responseTimeoutInSeconds = 10, connectTimeoutInSeconds = 0 } = {}) =>
  rest('POST', `${twinPath(deviceId)}/methods`, { body: { methodName, payload, responseTimeoutInSeconds, connectTimeoutInSeconds } });
