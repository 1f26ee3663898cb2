/** Tests of the language that are written in it: each `.bt` file here is run with --test. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isRoot, sonde } from '../sonde.ts';

for (const file of globSync('*.bt', { cwd: import.meta.dirname }).sort()) {
  test(`C-41 self tests of ${file}`, { skip: !isRoot && 'needs root' }, async () => {
    const path = `${import.meta.dirname}/${file}`;
    const { status, stdout, stderr } = await sonde(['--test', '--no-warnings', '-f', 'json', path]);
    const results = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Object.entries((JSON.parse(line) as { data: Record<string, { passed: boolean }> }).data)[0]!);
    const written = [...readFileSync(path, 'utf8').matchAll(/^test:(\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(
      results.map(([name]) => name),
      written,
      stderr,
    );
    assert.deepEqual(
      results.filter(([, { passed }]) => !passed),
      [],
    );
    assert.equal(status, 0);
  });
}
