/** The README's lines work as they stand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, root, run } from '../sonde.ts';
import { haveFeature } from './features.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const inGuest = process.env['SONDE_GUEST'] !== undefined;
const lines = readme.split('\n').filter((line) => line.startsWith('sonde '));
const scripts = [...readme.matchAll(/^```\n(#!\/usr\/bin\/env sonde\n[^]*?)^```/gm)].map(([, script]) => script!);

test('there are lines and a script', () => assert.ok(lines.length >= 5 && scripts.length >= 1));

for (const line of inGuest ? [] : lines) {
  test(line, { skip: !isRoot && 'needs root' }, async () => {
    const { status, stdout, stderr } = await run('/bin/sh', ['-c', line.replace(/^sonde -e/, 'sonde --dry-run -e')]);
    assert.equal(status, 0, stderr);
    if (line.startsWith('sonde -l')) assert.notEqual(stdout, '');
  });
}

for (const [index, script] of scripts.entries()) {
  const why = !isRoot
    ? 'needs root'
    : script.includes('kprobe:') && !haveFeature('kprobe') && 'this kernel lacks kprobes';
  test(`script ${index + 1}`, { skip: why }, async () => {
    const { status, stderr } = await run('/bin/sh', ['-c', 'printf %s "$SCRIPT" | sonde --dry-run -'], {
      environment: { SCRIPT: script },
    });
    assert.equal(status, 0, stderr);
  });
}
