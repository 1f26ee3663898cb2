import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, resolve } from './testing.ts';

test('begin and end run once, in any spelling', () => {
  for (const [text, name] of [
    ['BEGIN', 'begin'],
    ['end', 'end'],
  ] as const) {
    const [variant] = resolve(text).variants;
    assert.equal(variant?.phase, name);
    assert.deepEqual(variant?.points, [{ hook: { kind: 'testRun' }, name }]);
    assert.deepEqual(variant?.context.probeName, { kind: 'fixed', name });
    assert.equal(variant?.context.probeType, 'special');
  }
});

test('begin takes no target', () => {
  assert.equal(
    complaints(resolve('begin:x')),
    "error: begin probes should not have a target, found 'begin:x'\nhint: Write just begin.",
  );
});
