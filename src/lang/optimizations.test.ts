import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { optimizations } from './optimization-list.ts';
import { optimizationExamples } from './testing/optimization-examples.ts';

const document = join(import.meta.dirname, '../../docs/performance.md');
const golden = join(import.meta.dirname, 'testdata/optimizations.txt');

test('docs/performance.md lists the optimizations as --opt=help does', () => {
  const rows = readFileSync(document, 'utf8').match(/^\| `[\w-]+` \| .* \|$/gm);
  assert.deepEqual(
    rows,
    optimizations.map(({ name, text }) => `| \`${name}\` | ${text} |`),
  );
});

// To write it anew: SONDE_UPDATE_GOLDEN=1 node --test src/lang/optimizations.test.ts
test('what each optimization does to a small script', () => {
  const text = optimizationExamples();
  if (process.env['SONDE_UPDATE_GOLDEN'] !== undefined) writeFileSync(golden, text);
  assert.equal(text, readFileSync(golden, 'utf8'));
  const parts = text.split(/^## /m).slice(1);
  assert.equal(parts.length, optimizations.length);
  for (const part of parts) {
    const [, without, with_] = part.split(/^--- .*$/m);
    assert.notEqual(without!.trim(), with_!.trim(), part);
  }
});
