import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const root = join(import.meta.dirname, '../../..');

export const text = (path) => readFileSync(join(root, path), 'utf8');

export const compose = () => parse(text('docker-compose.yml'), { merge: true });

/** Every Kubernetes object, with the file that it stands in. */
export const kubernetes = () => readdirSync(join(root, 'deploy/kubernetes'))
  .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  .flatMap((file) => parseAllDocuments(text(`deploy/kubernetes/${file}`), { strict: true, uniqueKeys: true }).map((document) => {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }

    return { file, object: document.toJS() };
  }));

export const named = (kind, name) => kubernetes().map(({ object }) => object).find((object) => object.kind === kind && object.metadata.name === name);
