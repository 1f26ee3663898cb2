import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapType } from '../abi/index.ts';
import { compile } from './compile.ts';
import { sampleTarget } from './testing/target.ts';

function mapsOf(text: string): unknown[] {
  const options = { positional: [], unsafe: false, environment: {}, bootTimeNs: 0n };
  const { compiled } = compile({ name: 'stdin', text }, sampleTarget(), options);
  return (compiled?.collection.maps ?? [])
    .filter(({ title }) => title !== undefined)
    .map(({ title, type, maxEntries }) => [title, type, maxEntries]);
}

test('M-13 the kernel makes what was declared', () => {
  assert.deepEqual(
    mapsOf(
      'let @h = hash(11); let @l = lruhash(12); let @p = percpuhash(13); let @q = percpulruhash(14);' +
        'begin { @h[1] = 1; @l["a"] = 2; @p[1] = count(); @q[1] = hist(1); }',
    ),
    [
      ['@h', MapType.Hash, 11],
      ['@l', MapType.LruHash, 12],
      ['@p', MapType.PercpuHash, 13],
      ['@q', MapType.LruPercpuHash, 14],
    ],
  );
});

test('M-14 aggregations have a share for each CPU, declared or not', () => {
  assert.deepEqual(mapsOf('begin { @c[1] = count(); @s[1] = stats(1); @l["k"] = lhist(1, 0, 9, 1); @n[1] = 1; }'), [
    ['@c', MapType.PercpuHash, 4096],
    ['@s', MapType.PercpuHash, 4096],
    ['@l', MapType.PercpuHash, 4096],
    ['@n', MapType.Hash, 4096],
  ]);
});
