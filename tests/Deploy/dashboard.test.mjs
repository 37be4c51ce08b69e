import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root, text } from './lib/files.mjs';

const dashboard = JSON.parse(text('deploy/compose/grafana/dashboards/muster.json'));
const expressions = dashboard.panels.flatMap((panel) => panel.targets ?? []).map((target) => target.expr);

/** What our own code counts, by the names that Prometheus sees. */
function instruments() {
  const names = new Set();
  for (const project of ['Grains', 'Hub', 'Storage', 'Gateway.Api', 'Silo']) {
    for (const file of readdirSync(join(root, project), { recursive: true }).filter((name) => name.endsWith('.cs') && !/(^|\/)(bin|obj)\//.test(name))) {
      for (const [, kind, name, unit] of text(join(project, file)).matchAll(/Create(\w+?)(?:<\w+>)?\(\s*"(muster\.[\w.]+)"(?:,[^"]*)?,?\s*"([^"]*)"/g)) {
        const base = name.replaceAll('.', '_') + ({ s: '_seconds', By: '_bytes' }[unit] && !name.endsWith('bytes') ? { s: '_seconds', By: '_bytes' }[unit] : '');
        const suffixes = /Histogram/.test(kind) ? ['_bucket', '_sum', '_count'] : kind === 'Counter' ? ['_total'] : [''];
        suffixes.forEach((suffix) => names.add(base + suffix));
      }
    }
  }

  return names;
}

test('every panel asks for what the silos measure', () => {
  const known = instruments();
  const asked = new Set(expressions.flatMap((expression) => expression.match(/\bmuster_\w+/g) ?? []));
  assert.ok(asked.size > 10);
  assert.deepEqual([...asked].filter((name) => !known.has(name)), []);
});

test('its panels do not overlap, and each has a title and a source', () => {
  const places = new Set();
  for (const { gridPos: { x, y, w, h }, title, type, datasource } of dashboard.panels) {
    assert.ok(title);
    assert.ok(type === 'row' || datasource.uid === 'prometheus');
    assert.ok(x + w <= 24);
    for (let i = x; i < x + w; i++) {
      for (let j = y; j < y + h; j++) {
        assert.ok(!places.has(`${i},${j}`), title);
        places.add(`${i},${j}`);
      }
    }
  }
});

test('the data source that it asks is the one that is provisioned', () => {
  const sources = parse(text('deploy/compose/grafana/provisioning/datasources/prometheus.yml')).datasources;
  assert.deepEqual(sources.map((source) => source.uid), ['prometheus']);
});
