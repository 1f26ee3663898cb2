import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { interpret } from '../testing/interpret.ts';
import { ARGUMENTS, buildFunction, MAP_BYTES, plan, word } from '../testing/random-function.ts';
import { argument, build } from '../testing/shapes.ts';
import { type Block, type Builder, clean, type IrFunction, printIr, successorsOf } from './index.ts';

const tangled = (b: Builder): void => {
  const [yes, no, done] = [b.block(), b.block(), b.block()];
  const x = argument(b, 0);
  b.write(1, x);
  b.branch('eq', argument(b, 1), b.constant(5), yes, no);
  b.enter(yes);
  b.binary('mul', x, x);
  b.jump(done);
  b.enter(no);
  const next = b.block();
  b.jump(next);
  b.enter(next);
  b.jump(done);
  b.enter(done);
  b.exit(b.read(1));
};

test('dead code, empty blocks and a branch that decides nothing go', () => {
  const fn = build(tangled);
  assert.equal(
    printIr(fn),
    `\
function f {
b0:
  v0 = context
  v1 = load u64 [v0 + 0]
  v2 = load u64 [v0 + 8]
  branch eq v2, 5 ? b1 : b2
b1:
  v3 = mul v1, v1
  jump b3
b2:
  jump b4
b3:
  exit v1
b4:
  jump b3
}
`,
  );
  assert.equal(printIr(clean(fn)), 'function f {\nb0:\n  v0 = context\n  v1 = load u64 [v0 + 0]\n  exit v1\n}\n');
});

test('a condition of two parts becomes two branches', () => {
  const fn = build((b) => {
    const both = b.temporary();
    const [first, second, no, done] = [b.block(), b.block(), b.block(), b.block()];
    b.branch('eq', argument(b, 0), b.constant(1), first, no);
    b.enter(first);
    b.branch('eq', argument(b, 1), b.constant(2), second, no);
    b.enter(second);
    b.write(both, b.constant(1));
    b.jump(done);
    b.enter(no);
    b.write(both, b.constant(0));
    b.jump(done);
    b.enter(done);
    const [then, otherwise] = [b.block(), b.block()];
    b.branch('ne', b.read(both), b.constant(0), then, otherwise);
    b.enter(then);
    b.exit(b.constant(7));
    b.enter(otherwise);
    b.exit(b.constant(8));
  });
  assert.equal(
    printIr(clean(fn)),
    `\
function f {
b0:
  v0 = context
  v1 = load u64 [v0 + 0]
  branch eq v1, 1 ? b1 : b2
b1:
  v2 = load u64 [v0 + 8]
  branch eq v2, 2 ? b3 : b2
b3:
  exit 7
b2:
  exit 8
}
`,
  );
});

test('what runs and what is written stays as it was, and the graph stays whole', () => {
  const context = fc.array(word, { minLength: ARGUMENTS, maxLength: ARGUMENTS });
  fc.assert(
    fc.property(plan, context, (random, values) => {
      const fn = buildFunction(random);
      const bytes = new Uint8Array(BigInt64Array.from(values).buffer);
      const before = outcome(fn, bytes);
      checkGraph(clean(fn));
      assert.deepEqual(outcome(fn, bytes), before);
    }),
    { numRuns: 300 },
  );
});

/** The map's value at the end, and the helpers called on the way. */
function outcome(fn: IrFunction, context: Uint8Array): unknown {
  const data = new Uint8Array(MAP_BYTES);
  const calls: number[] = [];
  const call = (helper: number): bigint => BigInt(calls.push(helper));
  interpret(fn, { context, maps: new Map([['data', data]]), call });
  return { data, calls };
}

function checkGraph(fn: IrFunction): void {
  const predecessors = new Map<Block, Set<Block>>(fn.blocks.map((block) => [block, new Set()]));
  for (const block of fn.blocks) for (const next of successorsOf(block)) predecessors.get(next)?.add(block);
  for (const block of fn.blocks) {
    assert.deepEqual(new Set(block.predecessors), predecessors.get(block));
    assert.equal(block.predecessors.length, predecessors.get(block)?.size);
    for (const phi of block.phis) assert.deepEqual(new Set(phi.incoming.keys()), predecessors.get(block));
  }
}
