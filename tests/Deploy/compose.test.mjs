import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { parse } from 'yaml';
import { compose, root, text } from './lib/files.mjs';

const environment = { ...process.env, MUSTER_DB_PASSWORD: 'p', GRAFANA_PASSWORD: 'g' };

test('docker-compose reads the file, and resolves every reference in it', () => {
  const config = parse(execFileSync('docker-compose', ['config'], { cwd: root, env: environment, encoding: 'utf8' }));
  assert.deepEqual(Object.keys(config.services).sort(), [
    'balancer', 'gateway-1', 'gateway-2', 'grafana', 'make-secrets', 'postgres', 'prometheus', 'silo-1', 'silo-2', 'silo-3']);
});

test('without a password docker-compose says where to set one', () => {
  const { MUSTER_DB_PASSWORD, ...rest } = environment;
  const run = spawnSync('docker-compose', ['config'], { cwd: root, env: rest, encoding: 'utf8' });
  assert.notEqual(run.status, 0);
  assert.match(run.stderr, /MUSTER_DB_PASSWORD.*example\.env/);
});

test('the example names every variable that has no default', () => {
  const needed = [...text('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map((match) => match[1]);
  for (const name of needed) {
    assert.match(text('deploy/compose/example.env'), new RegExp(`^${name}=`, 'm'));
  }
});

test('every file that is mounted is there', () => {
  for (const service of Object.values(compose().services)) {
    for (const volume of (service.volumes ?? []).filter((volume) => volume.startsWith('./'))) {
      assert.equal(spawnSync('test', ['-e', volume.split(':')[0]], { cwd: root }).status, 0, volume);
    }
  }
});

test('each silo has a name, an address and a folder of its own', () => {
  const silos = Object.entries(compose().services).filter(([name]) => name.startsWith('silo-'));
  for (const [name, silo] of silos) {
    assert.equal(silo.environment.Cluster__SiloName, name);
    assert.equal(silo.environment.Cluster__AdvertisedAddress, silo.networks.muster.ipv4_address);
    assert.ok(silo.volumes.includes(`${name}:/data`));
  }
});

test('haproxy accepts its configuration, and balances what there is', () => {
  const services = Object.keys(compose().services);
  const configuration = text('deploy/compose/haproxy.cfg');
  assert.deepEqual(
    [...new Set([...configuration.matchAll(/^ {4}server (\S+) /gm)].map((match) => match[1]))].sort(),
    services.filter((name) => /^(silo|gateway)-/.test(name)).sort());

  // Its names are the network's, which is not here: haproxy warns of each, and looks again when it runs.
  const run = spawnSync('haproxy', ['-c', '-f', 'deploy/compose/haproxy.cfg'], { cwd: root, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});

test('prometheus is told of every silo', () => {
  const silos = Object.keys(compose().services).filter((name) => name.startsWith('silo-')).sort();
  const targets = parse(text('deploy/compose/prometheus.yml')).scrape_configs[0].static_configs[0].targets;
  assert.deepEqual(targets.map((target) => target.split(':')[0]).sort(), silos);
});

test('the image holds what the projects and the compose file name', () => {
  const dockerfile = text('Dockerfile');
  const projects = [...dockerfile.matchAll(/^COPY (\S+)\/\*\.csproj/gm)].map((match) => match[1]);
  for (const project of projects) {
    const folder = project.replace('.', '\\.');
    assert.match(dockerfile, new RegExp(`^COPY ${folder} ${folder}$`, 'm'));
    const references = [...text(`${project}/${project}.csproj`).matchAll(/ProjectReference Include="\.\.\/([^/]+)\//g)].map((match) => match[1]);
    assert.deepEqual(references.filter((reference) => !projects.includes(reference)), []);
  }

  assert.match(dockerfile, /-o \/app\/gateway/);
  assert.equal(compose().services['gateway-1'].entrypoint[1], '/app/gateway/Muster.Gateway.Api.dll');
});
