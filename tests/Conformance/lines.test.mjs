// The table in docs/conformance.md and the titles of the tests say the same: which line is shown where.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const here = import.meta.dirname;
const document = readFileSync(join(here, '..', '..', 'docs', 'conformance.md'), 'utf8');

/** `line file` for each line and each file with a test whose title begins with its number. */
function shown() {
  const pairs = new Set();
  for (const file of readdirSync(here).filter((name) => name.endsWith('.test.mjs'))) {
    for (const [, numbers] of readFileSync(join(here, file), 'utf8').matchAll(/\btest\(\s*['`]((?:\d+[.,] ?)+)/g)) {
      for (const [line] of numbers.matchAll(/\d+/g)) {
        pairs.add(`${line} ${file}`);
      }
    }
  }
  return [...pairs];
}

/** The same as the table has it. */
const listed = () => [...document.matchAll(/^\| (\d+) \|[^|]*\| (.*) \|$/gm)]
  .flatMap(([, line, files]) => [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => `${line} ${file}`));

test('The table lists the tests of each line, and each test that names a line is in it.', () => {
  assert.deepEqual(listed().toSorted(), shown().toSorted());
});

test('Every line of the list is in the table or among those that are not built.', () => {
  const missing = /^Not built yet: lines (.*)\.$/m.exec(document)[1].split(', ').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  const tested = [...new Set(listed().map((pair) => Number(pair.split(' ')[0])))];
  const all = Array.from({ length: 97 }, (_, i) => i + 1).filter((line) => line !== 94);
  assert.deepEqual([...tested, ...missing].toSorted((a, b) => a - b), all);
});
