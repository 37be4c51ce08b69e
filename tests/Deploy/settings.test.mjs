// Compose, Kubernetes and ./cluster describe one topology: what they set, the programs must know, and what one of them sets, all must.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compose, named, root, text } from './lib/files.mjs';

const key = (name) => name.replaceAll('__', ':');
const sorted = (names) => [...new Set(names)].sort();

const localSources = readdirSync(join(root, 'deploy/Local/Plan')).filter((name) => name.endsWith('.cs')).map((name) => text(`deploy/Local/Plan/${name}`)).join('\n');
const local = sorted([...localSources.matchAll(/"((?:Storage|Cluster|Hub|Security|Orleans|Gateway|Simulator)(?:__|:)\w+)[="]/g)].map((match) => key(match[1])));

const siloKeys = sorted([...text('Silo/Settings/SettingKeys.cs').matchAll(/= "(\w+(?::\w+)*)"/g)].map((match) => match[1]));
const gatewayKeys = (() => {
  const options = text('Gateway.Api/Hosting/GatewayOptions.cs').split(/public sealed class /).slice(1);
  return sorted(['Security:Folder', ...options.flatMap((option) => {
    const section = option.match(/Section = "(\w+)"/)[1];
    return [...option.matchAll(/public [\w?]+ (\w+) \{ get;/g)].map((match) => `${section}:${match[1]}`);
  })]);
})();

const image = sorted([...text('Dockerfile').matchAll(/^(?:ENV)? +(\w+__\w+)=/gm)].map((match) => key(match[1])));
const statefulSet = named('StatefulSet', 'muster-silo').spec.template.spec.containers[0];
const silos = {
  compose: sorted(Object.keys(compose().services['silo-1'].environment).map(key)),
  kubernetes: sorted([...Object.keys(named('ConfigMap', 'muster-settings').data), ...statefulSet.env.map((variable) => variable.name)].map(key)),
  local: local.filter((name) => !/^(Orleans|Gateway):/.test(name)),
};
const gateways = {
  compose: sorted(Object.keys(compose().services['gateway-1'].environment).map(key)),
  kubernetes: sorted(Object.keys(named('ConfigMap', 'muster-gateway-settings').data).map(key)),
  local: local.filter((name) => /^(Orleans|Gateway):/.test(name) || name === 'Security:Folder'),
};

test('a silo knows every setting that it is given', () => {
  for (const [where, names] of Object.entries({ ...silos, image: image.filter((name) => !name.startsWith('Gateway:')) })) {
    assert.deepEqual(names.filter((name) => !siloKeys.includes(name)), [], where);
  }
});

test('a gateway knows every setting that it is given', () => {
  for (const [where, names] of Object.entries({ ...gateways, image: image.filter((name) => name.startsWith('Gateway:')) })) {
    assert.deepEqual(names.filter((name) => !gatewayKeys.includes(name)), [], where);
  }
});

test('compose and Kubernetes give silos and gateways the same settings', () => {
  assert.deepEqual(silos.compose, silos.kubernetes);
  assert.deepEqual(gateways.compose, gateways.kubernetes);
});

test('./cluster sets all that a silo and a gateway cannot do without', () => {
  // Addresses, ports and the host name are options of its programs; the advertised address is the one that they listen on.
  const elsewhere = ['Cluster:AdvertisedAddress', 'Hub:HostName', 'Gateway:Port', 'Gateway:Certificate', 'Gateway:CertificateKey'];
  assert.deepEqual(silos.compose.filter((name) => !silos.local.includes(name) && !elsewhere.includes(name)), []);
  assert.deepEqual(gateways.compose.filter((name) => !gateways.local.includes(name) && !elsewhere.includes(name)), []);
});

test('the gateways are told of every silo', () => {
  const services = Object.keys(compose().services).filter((name) => name.startsWith('silo-'));
  assert.deepEqual(compose().services['gateway-1'].environment.Orleans__Gateway.split(','), services.map((name) => `${name}:30000`));
  const [service, port] = named('ConfigMap', 'muster-gateway-settings').data.Orleans__Gateway.split(':');
  assert.equal(named('Service', service).spec.clusterIP, 'None');
  assert.equal(String(named('Service', service).spec.ports[0].port), port);
});

test('both name the same image, the same ports and the same cluster', () => {
  const ports = Object.fromEntries(statefulSet.ports.map((port) => [port.name, port.containerPort]));
  const exposed = text('Dockerfile').match(/^EXPOSE (.+)$/m)[1].split(' ').map(Number);
  assert.deepEqual(Object.values(ports), exposed);
  const config = text('deploy/compose/haproxy.cfg');
  for (const name of ['https', 'mqtt', 'amqp']) {
    assert.match(config, new RegExp(`server silo-1 silo-1:${ports[name]}\\b`));
  }

  const gateway = named('ConfigMap', 'muster-gateway-settings').data;
  const { environment } = compose().services['gateway-1'];
  for (const name of ['Orleans__ClusterId', 'Orleans__ServiceId', 'Orleans__Tls', 'Gateway__Certificate', 'Gateway__CertificateKey']) {
    assert.equal(environment[name], gateway[name], name);
  }
});
