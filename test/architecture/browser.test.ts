/** Modules that run in a browser load in a process that cannot import the kernel or any module of Node. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { modules } from './layers.ts';
import { root } from './sources.ts';

/** Evaluates a module's text in such a process. */
function inBareProcess(text: string): { status: number | null; stderr: string } {
  const args = ['--import', join(import.meta.dirname, 'deny.ts'), '--input-type=module', '--eval', text];
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
}

const load = (module: string): string => `await import(${JSON.stringify(join(root, 'src', module, 'index.ts'))})`;

for (const [name, { browser }] of Object.entries(modules)) {
  if (!browser || !existsSync(join(root, 'src', name, 'index.ts'))) continue;
  test(`src/${name}`, () => {
    const { status, stderr } = inBareProcess(load(name));
    assert.equal(status, 0, stderr);
  });
}

test('the kernel itself does not load there', () => {
  const { status, stderr } = inBareProcess(load('kernel'));
  assert.equal(status, 1);
  assert.match(stderr, /which this process may not have/);
});
