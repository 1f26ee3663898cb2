import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BugError } from '../../base/index.ts';
import { argument, build, loop } from '../testing/shapes.ts';
import { type BinaryOp, Builder, printIr, type Value } from './index.ts';

/** Of `exit make(b)`: the lines of the only block that come after the context. */
function linesOf(make: (b: Builder, x: Value) => Value): string[] {
  const text = printIr(build((b) => b.exit(make(b, argument(b, 0)))));
  return text
    .split('\n')
    .slice(4, -2)
    .map((line) => line.trim());
}

test('variables become values; those that a loop leaves alone need no phi', () => {
  assert.equal(
    printIr(build(loop)),
    `\
function f {
b0:
  v0 = context
  v1 = load u64 [v0 + 8]
  v2 = load u64 [v0 + 16]
  jump b1
b1:
  v4 = phi b0: 0, b2: v3
  v6 = phi b0: v1, b2: v5
  branch ult v4, 10 ? b2 : b3
b2:
  v7 = mul v4, v4
  v5 = add v6, v7
  v3 = add v4, 1
  jump b1
b3:
  v8 = xor v6, v2
  store u64 [&data+8 + 0], v8
  exit 0
}
`,
  );
});

test('operations with a known outcome are not made', () => {
  const withConstant = (operator: BinaryOp, right: bigint) =>
    linesOf((b, x) => b.binary(operator, x, b.constant(right)));
  assert.deepEqual(withConstant('add', 0n), ['exit v1']);
  assert.deepEqual(withConstant('mul', 1n), ['exit v1']);
  assert.deepEqual(withConstant('mul', 0n), ['exit 0']);
  assert.deepEqual(withConstant('mul', 8n), ['v2 = shl v1, 3', 'exit v2']);
  assert.deepEqual(withConstant('udiv', 1024n), ['v2 = lshr v1, 10', 'exit v2']);
  assert.deepEqual(withConstant('umod', 1024n), ['v2 = and v1, 1023', 'exit v2']);
  assert.deepEqual(withConstant('sdiv', 8n), ['v2 = sdiv v1, 8', 'exit v2']);
  assert.deepEqual(withConstant('shl', 65n), ['v2 = shl v1, 1', 'exit v2']);
  assert.deepEqual(withConstant('lshr', 64n), ['exit v1']);
  assert.deepEqual(
    linesOf((b, x) => b.binary('add', b.constant(7), x)),
    ['v2 = add v1, 7', 'exit v2'],
  );
  assert.deepEqual(
    linesOf((b, x) => b.binary('sub', b.constant(7), x)),
    ['v2 = sub 7, v1', 'exit v2'],
  );
});

test('what was loaded is extended only where that changes it', () => {
  const extended = (from: 1 | 2 | 4, signed: boolean, to: 1 | 2 | 4, toSigned: boolean) =>
    linesOf((b) => b.extend(to, toSigned, b.load(from, signed, b.context()))).filter((line) => line.includes('extend'));
  assert.deepEqual(extended(1, false, 4, true), []);
  assert.deepEqual(extended(4, false, 4, false), []);
  assert.deepEqual(extended(1, true, 2, true), []);
  assert.deepEqual(extended(4, false, 4, true), ['v3 = extend s32 v2']);
  assert.deepEqual(extended(1, true, 4, false), ['v3 = extend u32 v2']);
  assert.deepEqual(extended(4, false, 2, false), ['v3 = extend u16 v2']);
});

test('offsets go into addresses', () => {
  assert.deepEqual(
    linesOf((b) => b.load(8, false, b.add(b.add(b.mapValue('data', 8), 16), 4), 2)),
    ['v2 = load u64 [&data+28 + 2]', 'exit v2'],
  );
});

test('a computation is shared where it dominates, and made again where it does not', () => {
  const cpu = (b: Builder): Value => b.once('cpu', () => b.call(8, []));
  const text = printIr(
    build((b) => {
      const [yes, done] = [b.block(), b.block()];
      b.branch('eq', argument(b, 0), b.constant(0), yes, done);
      b.enter(yes);
      b.scope(() => b.store(8, b.mapValue('data', 0), 0, b.binary('add', cpu(b), cpu(b))));
      b.jump(done);
      b.enter(done);
      b.exit(b.binary('add', cpu(b), cpu(b)));
    }),
  );
  assert.equal(text.match(/call 8/g)?.length, 2);
});

test('code behind a condition that is known is not made; nor is a loop that can not be reached', () => {
  const text = printIr(
    build((b) => {
      const [yes, no, head, done] = [b.block(), b.block(), b.block(), b.block()];
      b.branch('ult', b.constant(-1), b.constant(1), yes, no);
      b.enter(yes);
      assert.equal(b.reachable, false);
      b.jump(head);
      b.enter(head, { loop: true });
      b.write(1, b.add(b.read(1), 1));
      b.jump(head);
      b.seal(head);
      b.enter(no);
      b.jump(done);
      b.enter(done);
      b.exit(b.read(1));
    }),
  );
  assert.equal(text, 'function f {\nb0:\n  jump b1\nb1:\n  jump b2\nb2:\n  exit 0\n}\n');
});

test('a block without an end is our mistake', () => {
  assert.throws(() => new Builder('f').finish(), BugError);
});
