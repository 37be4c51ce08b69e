import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { kubernetes, named, text } from './lib/files.mjs';

const modules = (apiVersion) => `kubernetes-models/${apiVersion === 'v1' ? 'v1' : apiVersion}`;

for (const { file, object } of kubernetes()) {
  test(`${file}: ${object.kind} ${object.metadata.name} is what the published schema asks for`, async () => {
    const models = await import(modules(object.apiVersion));
    new models[object.kind](object).validate();
  });
}

test('no object has a field that the schemas do not know', () => {
  const folder = mkdtempSync(join(import.meta.dirname, 'typed-'));
  try {
    const source = kubernetes().map(({ object }, i) =>
      `import type { I${object.kind} as T${i} } from "${modules(object.apiVersion)}";\nexport const o${i}: T${i} = ${JSON.stringify(object)};\n`);
    writeFileSync(join(folder, 'objects.ts'), source.join(''));
    execFileSync(process.execPath, [
      join(import.meta.dirname, 'node_modules/typescript/bin/tsc'),
      '--noEmit', '--strict', '--skipLibCheck', '--moduleResolution', 'bundler', '--module', 'esnext', join(folder, 'objects.ts'),
    ], { encoding: 'utf8' });
  } catch (error) {
    assert.fail(error.stdout || error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the kustomization lists every file', () => {
  const listed = parse(text('deploy/kubernetes/kustomization.yaml')).resources;
  assert.deepEqual([...listed].sort(), [...new Set(kubernetes().map(({ file }) => file))].sort());
});

for (const kind of ['StatefulSet', 'Deployment']) {
  for (const workload of kubernetes().map(({ object }) => object).filter((object) => object.kind === kind)) {
    const { name } = workload.metadata;
    const labels = workload.spec.template.metadata.labels;
    const selects = (selector) => Object.entries(selector).every(([key, value]) => labels[key] === value);

    test(`${name}: selector, service and disruption budget select its pods`, () => {
      assert.ok(selects(workload.spec.selector.matchLabels));
      const all = kubernetes().map(({ object }) => object);
      assert.ok(all.some((object) => object.kind === 'Service' && selects(object.spec.selector)), 'a service');
      assert.ok(all.some((object) => object.kind === 'PodDisruptionBudget' && selects(object.spec.selector.matchLabels)), 'a budget');
    });

    test(`${name}: each container has probes, requests, and ports that services and probes name`, () => {
      for (const container of workload.spec.template.spec.containers) {
        assert.ok(container.readinessProbe && container.livenessProbe, 'probes');
        assert.ok(container.resources.requests.cpu && container.resources.requests.memory, 'requests');
        const ports = new Set(container.ports.map((port) => port.name));
        const probed = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe) => container[probe]?.httpGet.port).filter(Boolean);
        const served = kubernetes().map(({ object }) => object).filter((object) => object.kind === 'Service' && selects(object.spec.selector))
          .flatMap((service) => service.spec.ports.map((port) => port.targetPort));
        for (const port of [...probed, ...served]) {
          assert.ok(ports.has(port), `port ${port}`);
        }
      }
    });

    test(`${name}: every config map and volume that it names is there`, () => {
      const { containers, volumes } = workload.spec.template.spec;
      for (const container of containers) {
        for (const { configMapRef } of container.envFrom ?? []) {
          assert.ok(named('ConfigMap', configMapRef.name), configMapRef.name);
        }

        for (const mount of container.volumeMounts) {
          assert.ok(volumes.some((volume) => volume.name === mount.name), mount.name);
        }
      }
    });
  }
}

test('the secrets that the objects name are those that the README makes', () => {
  const made = [...text('deploy/kubernetes/README.md').matchAll(/create secret generic (\S+)/g)].map((match) => match[1]);
  const used = [...JSON.stringify(kubernetes()).matchAll(/"secretName":"([^"]+)"|"secretKeyRef":\{"name":"([^"]+)"/g)].map((match) => match[1] ?? match[2]);
  assert.deepEqual([...new Set(used)].sort(), made.sort());
});
