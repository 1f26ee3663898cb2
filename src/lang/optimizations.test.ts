import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { optimizations } from './optimization-list.ts';

const document = join(import.meta.dirname, '../../docs/performance.md');

test('docs/performance.md lists the optimizations as --opt=help does', () => {
  const rows = readFileSync(document, 'utf8').match(/^\| `[\w-]+` \| .* \|$/gm);
  assert.deepEqual(
    rows,
    optimizations.map(({ name, text }) => `| \`${name}\` | ${text} |`),
  );
});
