import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './sources.ts';

const tops = ['src', 'test', 'tools', 'bin', 'scripts', 'gen', 'docs', 'ui', 'dist', '.ci'];
const madeByBuild = /^dist\//;

for (const document of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
  test(`every path that ${document} names exists`, () => {
    const text = readFileSync(join(root, document), 'utf8');
    const named = [...text.matchAll(/`([\w.@-]+(?:\/[\w.@*-]*)*)`|\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, code, link]) => link ?? code!,
    );
    const paths = named.filter((path) => tops.includes(path.split('/')[0]!) && !path.includes('*'));
    assert.ok(paths.length > 0);
    assert.deepEqual(
      paths.filter((path) => !madeByBuild.test(path) && !existsSync(join(root, path))),
      [],
    );
  });
}
