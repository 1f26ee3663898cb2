import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globMatcher, hasWildcard } from './glob.ts';

test('stars stand for any text, brackets for one character', () => {
  const cases: readonly [pattern: string, matches: readonly string[], others: readonly string[]][] = [
    ['vfs_*', ['vfs_', 'vfs_read'], ['xvfs_read', 'vfs']],
    ['*read*', ['read', 'vfs_read', 'readv'], ['raed']],
    ['sys_[er]*', ['sys_enter', 'sys_read'], ['sys_write']],
    ['a[0-9]b', ['a5b'], ['ab', 'axb', 'a10b']],
    ['a[!0-9]', ['ax'], ['a5', 'a']],
    ['a[^x]', ['ay'], ['ax']],
    ['[]x]', [']', 'x'], ['y']],
    ['a.b', ['a.b'], ['axb']],
    ['*', ['', 'anything'], []],
    ['f(*)', ['f(int)'], ['f']],
    ['[z-a]', [], ['z', 'a', '']],
    ['a[', ['a['], ['a']],
  ];
  for (const [pattern, matches, others] of cases) {
    const fits = globMatcher(pattern);
    for (const name of matches) assert.equal(fits(name), true, `${pattern} should match ${name}`);
    for (const name of others) assert.equal(fits(name), false, `${pattern} should not match ${name}`);
  }
});

test('what has no wildcard is a name', () => {
  assert.deepEqual(['a*', '[ab]', 'vfs_read', 'operator[]', 'a['].map(hasWildcard), [true, true, false, false, false]);
});

test('a long pattern of stars ends in time', () => {
  const started = performance.now();
  assert.equal(globMatcher(`${'*a'.repeat(12)}b`)('a'.repeat(60)), false);
  assert.ok(performance.now() - started < 1000);
});
