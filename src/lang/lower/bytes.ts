/** Functions on the bytes of values: comparing them by order, network addresses, writing to user memory. */
import type { Expression, SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { isWord, sizeOf } from '../types/index.ts';
import { truth } from './context.ts';
import { type Address, Helper, type Lowering, pointer, warn, whenRare } from './lowering.ts';
import { chunks, copy, zero } from './memory.ts';
import { atMost } from './strings.ts';
import { wordFormat } from './word-format.ts';

/** Up to here without a loop. */
const INLINE_BYTES = 128;

/** -1, 0, 1. */
export function memcmp(l: Lowering, call: SyncCall & { function: 'memcmp' }): Value {
  const b = l.builder;
  const left = placeOfBytes(l, call.left);
  const right = placeOfBytes(l, call.right);
  const result = b.temporary();
  b.write(result, b.constant(0));
  const less = b.block();
  const greater = b.block();
  const done = b.block();
  b.scope(() => {
    const decide = (x: Value, y: Value): void => b.branch('ult', x, y, less, greater);
    if (call.count <= INLINE_BYTES) compareChunks(l, left, right, call.count, decide);
    else compareByLoop(l, pointer(l, left), pointer(l, right), call.count, decide);
    b.jump(done);
  });
  for (const [block, value] of [
    [less, -1],
    [greater, 1],
  ] as const) {
    b.enter(block);
    b.write(result, b.constant(value));
    b.jump(done);
  }
  b.enter(done);
  return b.read(result);
}

/** The value's bytes where they can be read at a variable offset if there are many. */
function placeOfBytes(l: Lowering, e: Expression): Address {
  const size = sizeOf(e.type);
  if (!isWord(e.type) && size <= INLINE_BYTES) return l.address(e);
  const place = l.permanent(Math.max(size + 1, 8));
  if (isWord(e.type)) l.builder.store(wordFormat(e.type).size, place.base, place.offset, l.word(e));
  else l.store(e, place, true);
  return place;
}

/** Words compare as their bytes do once the first byte is the highest. */
function compareChunks(
  l: Lowering,
  left: Address,
  right: Address,
  count: number,
  decide: (x: Value, y: Value) => void,
): void {
  const b = l.builder;
  for (const { at, size } of chunks(l, 'word-compare', count, left.offset, right.offset)) {
    const x = b.load(size, false, left.base, left.offset + at);
    const y = b.load(size, false, right.base, right.offset + at);
    const differ = b.block();
    const next = b.block();
    b.branch('ne', x, y, differ, next);
    b.enter(differ);
    if (size === 1) decide(x, y);
    else decide(b.byteSwap(size, x), b.byteSwap(size, y));
    b.enter(next);
  }
}

function compareByLoop(
  l: Lowering,
  left: Value,
  right: Value,
  count: number,
  decide: (x: Value, y: Value) => void,
): void {
  const b = l.builder;
  const i = b.temporary();
  b.write(i, b.constant(0));
  const head = b.block();
  const body = b.block();
  const differ = b.block();
  const next = b.block();
  const equal = b.block();
  b.jump(head);
  b.enter(head, { loop: true });
  b.branch('ult', b.read(i), b.constant(count), body, equal);
  b.enter(body);
  const x = b.load(1, false, b.binary('add', left, b.read(i)));
  const y = b.load(1, false, b.binary('add', right, b.read(i)));
  b.branch('ne', x, y, differ, next);
  b.enter(differ);
  decide(x, y);
  b.enter(next);
  b.write(i, b.add(b.read(i), 1));
  b.jump(head);
  b.seal(head);
  b.enter(equal);
}

export function swapBytes(l: Lowering, call: SyncCall & { function: 'bswap' }): Value {
  return l.builder.byteSwap(call.size, l.word(call.value));
}

// ---- network addresses ------------------------------------------------------------------------------------

const FAMILIES = [
  { family: 2, sizeBytes: 4 },
  { family: 10, sizeBytes: 16 },
] as const;
const INET_BYTES = 20;
/** Where the address stands, behind its family. */
const ADDRESS_OFFSET = 4;

/** Zeros where no family is known, so that all such values are one key. */
export function storeInet(l: Lowering, call: SyncCall & { function: 'inet' }, to: Address): void {
  const b = l.builder;
  const from = placeOfBytes(l, call.address);
  const given = sizeOf(call.address.type);
  zero(l, to, INET_BYTES);
  const family = l.word(call.family);
  const done = b.block();
  for (const { family: each, sizeBytes } of FAMILIES) {
    const matches = b.block();
    const next = b.block();
    b.branch('eq', family, b.constant(each), matches, next);
    b.enter(matches);
    b.scope(() => {
      b.store(4, to.base, to.offset, b.constant(each));
      copy(l, { base: to.base, offset: to.offset + ADDRESS_OFFSET }, from, Math.min(given, sizeBytes));
      b.jump(done);
    });
    b.enter(next);
  }
  b.jump(done);
  b.enter(done);
}

// ---- user memory ------------------------------------------------------------------------------------------

/** 1 where the bytes were written. */
export function writeUser(l: Lowering, e: Expression, call: SyncCall & { function: 'writeUser' }): Value {
  const b = l.builder;
  const from = placeOfBytes(l, call.value);
  const to = l.word(call.to);
  const length = atMost(l, l.word(call.length), sizeOf(call.value.type));
  const result = b.temporary();
  b.write(result, b.constant(0));
  const some = b.block();
  const done = b.block();
  b.branch('ne', length, b.constant(0), some, done);
  b.enter(some);
  b.scope(() => {
    const code = b.call(Helper.probe_write_user, [to, pointer(l, from), length]);
    b.write(result, code);
    whenRare(l, 'ne', code, b.constant(0), () => warn(l, { helper: 'probe_write_user', level: 1, span: e.span }, code));
    b.jump(done);
  });
  b.enter(done);
  return truth(l, 'eq', b.read(result), b.constant(0));
}
