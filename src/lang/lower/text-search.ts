/** Finding a text in another one: a loop of the kernel's, so that the verifier looks at its body once whatever the sizes. */
import type { SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { encodeText } from '../source/index.ts';
import { sizeOf } from '../types/index.ts';
import { Helper, type Lowering, pointer } from './lowering.ts';
import { copyText } from './text.ts';

/** Rounds that bpf_loop does at most. */
const MAX_ROUNDS = 1 << 23;
const GO_ON = 0;
const STOP = 1;

/**
 * Where the search stands, in memory that the verifier knows nothing of: were these words on the stack, it would follow
 * their values from round to round. The texts stand behind them.
 */
const STATE = { start: 0, matched: 8, found: 16, sizeBytes: 24 } as const;

/** Offset of the needle in the haystack, or -1. */
export function findText(l: Lowering, call: SyncCall & { function: 'strstr' }): Value {
  const { haystack, needle } = call;
  const b = l.builder;
  const haystackBytes = sizeOf(haystack.type) + 1;
  const literal = needle.kind === 'string' ? encodeText(`${needle.value}\0`) : undefined;
  const needleBytes = literal?.length ?? sizeOf(needle.type) + 1;
  const needleOffset = STATE.sizeBytes + haystackBytes;
  const place = l.sharedPlace(Math.ceil((needleOffset + (literal === undefined ? needleBytes : 0)) / 8) * 8);
  const state = pointer(l, place);
  copyText(l, haystack, b.add(state, STATE.sizeBytes));
  if (literal === undefined) copyText(l, needle, b.add(state, needleOffset));
  b.store(8, state, STATE.start, b.constant(0));
  b.store(8, state, STATE.matched, b.constant(0));
  b.store(8, state, STATE.found, b.constant(-1));

  const literalOffset = literal === undefined ? undefined : l.script.region.sharedBytes(literal);
  const body = l.callback(2, ([, shared]) => {
    const inner = l.builder;
    const base = inner.load(8, false, shared as Value, 0);
    const needleAt =
      literalOffset === undefined ? inner.add(base, needleOffset) : inner.mapValue('data', literalOffset);
    compareNext(l, base, { needleAt, haystackBytes, needleBytes });
  });
  const slot = b.slot(8);
  b.store(8, b.frame(slot), 0, state);
  const rounds = Math.min(MAX_ROUNDS, haystackBytes * needleBytes);
  b.call(Helper.loop, [b.constant(rounds), b.functionAddress(body.name), b.frame(slot), b.constant(0)]);
  return b.load(8, false, pointer(l, place), STATE.found);
}

/** One round: the next byte of the needle against the one of the haystack that it would have to be. */
function compareNext(
  l: Lowering,
  state: Value,
  sizes: { readonly needleAt: Value; readonly haystackBytes: number; readonly needleBytes: number },
): void {
  const b = l.builder;
  const next = b.block();
  const inNeedle = b.block();
  const wanted = b.block();
  const found = b.block();
  const inHaystack = b.block();
  const equal = b.block();
  const differ = b.block();
  const restart = b.block();
  const stop = b.block();
  const start = b.load(8, false, state, STATE.start);
  const matched = b.load(8, false, state, STATE.matched);
  b.branch('ult', matched, b.constant(sizes.needleBytes), inNeedle, stop);
  b.enter(inNeedle);
  const expected = b.load(1, false, b.binary('add', sizes.needleAt, matched));
  b.branch('eq', expected, b.constant(0), found, wanted);
  b.enter(wanted);
  const at = b.binary('add', start, matched);
  b.branch('ult', at, b.constant(sizes.haystackBytes), inHaystack, stop);
  b.enter(inHaystack);
  const actual = b.load(1, false, b.binary('add', state, at), STATE.sizeBytes);
  b.branch('eq', actual, expected, equal, differ);
  b.enter(equal);
  b.store(8, state, STATE.matched, b.add(matched, 1));
  b.jump(next);
  b.enter(differ);
  // Nor does what is left of the haystack hold the needle further on.
  b.branch('eq', actual, b.constant(0), stop, restart);
  b.enter(restart);
  b.store(8, state, STATE.start, b.add(start, 1));
  b.store(8, state, STATE.matched, b.constant(0));
  b.jump(next);
  b.enter(found);
  b.store(8, state, STATE.found, start);
  b.jump(stop);
  b.enter(next);
  b.exit(b.constant(GO_ON));
  b.enter(stop);
  b.exit(b.constant(STOP));
}
