import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expression } from '../../syntax/index.ts';
import { checkText, statementsOf } from '../../testing/check-script.ts';

/** How often each number that the script writes is checked, in their order. */
function checksOf(text: string): number[] {
  const counts = new Map<Expression, number>();
  const observe = (node: Expression): void => {
    if (node.kind === 'integer') counts.set(node, (counts.get(node) ?? 0) + 1);
  };
  const { checked, rendered } = checkText(text, { observe });
  assert.ok(checked !== undefined, rendered);
  return [...counts].sort(([a], [b]) => a.span.start - b.span.start).map(([, count]) => count);
}

test('a probe that only assigns is checked once, though what it assigns gets its type by that', () => {
  assert.deepEqual(checksOf('begin { @a = 1; @b[2] = count(); $x = 3; @c = $x; } end { @d = @a + 4; }'), [1, 1, 1, 1]);
});

test('who looked at a map before it had its type, or had a narrower one, is checked again, and no one else', () => {
  assert.deepEqual(checksOf('begin { print((@a, 1)); } interval:s:2 { @b = 3; } end { @a = 4; }'), [2, 1, 1]);
  // The interval's own number follows from the probe's rate, which is no expression.
  assert.deepEqual(checksOf('begin { @a = 1; } interval:s:9 { @b = 2; } end { @a = 70000; }'), [2, 1, 1]);
  assert.deepEqual(checksOf('begin { @a = 1; @a = @a + 2; }'), [2, 2]);
});

test('types that later probes widen reach the earlier ones', () => {
  const last = (text: string): string | undefined => statementsOf(text).at(-1);
  assert.equal(last('begin { print(@x); } end { @x = 1; } interval:s:1 { @x = (int64)-5; }'), 'emit print(@x)');
  assert.match(last('begin { print(sizeof(@x)); } end { @x = 1; } interval:s:1 { @x = 70000; }')!, /4:uint64/);
  assert.match(
    last('begin { @y = @x; print(sizeof(@y)); } end { @x = @z; } interval:s:1 { @z = 70000; }')!,
    /4:uint64/,
  );
  assert.match(
    last('begin { $i = 0; while ($i < 3) { $x = @x; $i++; } print(sizeof($x)); } end { @x = 70000; }')!,
    /4:/,
  );
  assert.match(last('begin { for ($kv : @m) { @n = $kv.1; } print(sizeof(@n)); } end { @m[1] = 70000; }')!, /4:uint64/);
});

test('variables read above their first assignment, and maps assigned only from themselves', () => {
  assert.deepEqual(
    statementsOf('begin { let $a; $i = 0; while ($i < 2) { @x = $a; $a = 70000; $i++; } print(sizeof(@x)); }').at(-1),
    'emit print(4:uint64)',
  );
  assert.match(statementsOf('begin { @n = @n + 1; } end { print(@n); }').join(), /@n = /);
  const { rendered } = checkText('begin { @x = (1, @x); }');
  assert.match(rendered, /contains itself|Type mismatch/);
});

test('mistakes of every probe are told, each once', () => {
  const { rendered } = checkText('begin { @a = 1; print(@b); } end { @a = "x"; @a = count(); }');
  assert.equal(rendered.match(/ERROR/g)?.length, 3, rendered);
});
