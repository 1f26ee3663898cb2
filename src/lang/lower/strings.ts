/** Texts and raw bytes: reading them from memory, comparing them. */
import type { Expression, SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { encodeText } from '../source/index.ts';
import { sizeOf, type Type } from '../types/index.ts';
import { READ, READ_TEXT, readIn, truth } from './context.ts';
import { type Address, Helper, type Lowering, pointer } from './lowering.ts';
import { copy, equalsByLoop, equalsBytes, equalsMemory, zero } from './memory.ts';

/** value, but at most `most` (unsigned): in a form that the verifier follows. */
export function atMost(l: Lowering, value: Value, most: number): Value {
  const b = l.builder;
  if (value.op === 'const') return b.constant(value.value >= 0n && value.value <= BigInt(most) ? value.value : most);
  const result = b.temporary();
  b.write(result, value);
  const over = b.block();
  const done = b.block();
  b.branch('ugt', value, b.constant(most), over, done);
  b.enter(over);
  b.write(result, b.constant(most));
  b.jump(done);
  b.enter(done);
  return b.read(result);
}

/**
 * Reads text up to its NUL to `to`, which has room for one byte more than `sizeBytes`: read with that byte, a text
 * that fills `sizeBytes` is known to have been cut. Gives what the helper returned: bytes with the NUL, or negative.
 */
export function readText(l: Lowering, call: SyncCall & { function: 'str' }, sizeBytes: number, to: Value): Value {
  const b = l.builder;
  const length = call.length === undefined ? b.constant(sizeBytes + 1) : atMost(l, l.word(call.length), sizeBytes);
  return readIn(l, call.space, READ_TEXT, [to, length], l.word(call.address));
}

export function storeText(
  l: Lowering,
  call: SyncCall & { function: 'str' },
  sizeBytes: number,
  to: Address,
  padded: boolean,
): void {
  if (padded) zero(l, to, sizeBytes);
  // A length of 0 reads nothing.
  else if (call.length !== undefined) l.builder.store(1, to.base, to.offset, l.builder.constant(0));
  readText(l, call, sizeBytes, pointer(l, to));
}

/** u32 length, then the bytes. */
export function storeBuffer(
  l: Lowering,
  call: SyncCall & { function: 'buf' | 'bufOf' },
  type: Type,
  to: Address,
  padded: boolean,
): void {
  const b = l.builder;
  const capacity = sizeOf(type) - 4;
  const bytes = { base: to.base, offset: to.offset + 4 };
  if (padded) zero(l, bytes, capacity);
  if (call.function === 'bufOf') {
    const most = Math.min(capacity, sizeOf(call.value.type));
    const length = call.length === undefined ? b.constant(most) : atMost(l, l.word(call.length), most);
    copy(l, bytes, l.address(call.value), most);
    b.store(4, to.base, to.offset, length);
    return;
  }
  const length = atMost(l, l.word(call.length), capacity);
  b.store(4, to.base, to.offset, length);
  readIn(l, call.space, READ, [pointer(l, bytes), length], l.word(call.address));
}

export function compareStrings(l: Lowering, e: Expression & { kind: 'compareStrings' }): Value {
  const equal = stringsEqual(l, e.left, e.right);
  return e.operator === 'eq' ? equal : truth(l, 'eq', equal, l.builder.constant(0));
}

function stringsEqual(l: Lowering, left: Expression, right: Expression): Value {
  if (left.kind === 'string') return equalsLiteral(l, right, left.value);
  if (right.kind === 'string') return equalsLiteral(l, left, right.value);
  // The NUL of the shorter one counts.
  const most = Math.ceil((Math.min(sizeOf(left.type), sizeOf(right.type)) + 1) / 8) * 8;
  return equalsMemory(l, beginningInZeros(l, left, most), beginningInZeros(l, right, most), most);
}

/** As much of a text as fits, with zeros behind its NUL: so that words can be compared. */
function beginningInZeros(l: Lowering, e: Expression, sizeBytes: number): Address {
  const b = l.builder;
  // The helper ends what it reads by a NUL: of a longer text that stands outside of what is compared.
  const place = l.permanent(sizeBytes + 8);
  const most = Math.min(sizeOf(e.type) + 1, sizeBytes + 8);
  zero(l, place, sizeBytes);
  if (e.kind === 'call' && e.call.function === 'str') {
    const { length, space, address } = e.call;
    const count = length === undefined ? b.constant(most) : atMost(l, l.word(length), Math.min(most, sizeOf(e.type)));
    readIn(l, space, READ_TEXT, [pointer(l, place), count], l.word(address));
  } else {
    b.call(Helper.probe_read_kernel_str, [pointer(l, place), b.constant(most), pointer(l, l.address(e))]);
  }
  return place;
}

/** Compares as words as far as the literal and its NUL reach: what stands behind doesn't matter. */
function equalsLiteral(l: Lowering, e: Expression, literal: string): Value {
  const text = encodeText(literal);
  const capacity = sizeOf(e.type);
  if (text.length > capacity) return l.builder.constant(0);
  const withNul = new Uint8Array(Math.min(text.length + 1, capacity));
  withNul.set(text);
  return equalsBytes(l, l.address(e), withNul);
}

/** Variable offsets into the stack are not allowed on every kernel: into the scratch area they are. */
function textInScratch(l: Lowering, e: Expression): Value {
  const place = l.permanent(Math.max(sizeOf(e.type) + 1, 65));
  l.store(e, place, false);
  return pointer(l, place);
}

export function compareMemory(l: Lowering, e: Expression & { kind: 'compareMemory' }): Value {
  const left = paddedPlace(l, e.left);
  const equal = equalsMemory(l, left, paddedPlace(l, e.right), sizeOf(e.left.type));
  return e.operator === 'eq' ? equal : truth(l, 'eq', equal, l.builder.constant(0));
}

function paddedPlace(l: Lowering, e: Expression): Address {
  if (e.kind === 'variable') return l.address(e);
  const size = sizeOf(e.type);
  const place = size > 128 ? l.permanent(size + 1) : l.temporary(size + 1);
  l.store(e, place, true);
  return place;
}

export function strncmp(l: Lowering, call: SyncCall & { function: 'strncmp' }): Value {
  const { left, right, count } = call;
  const b = l.builder;
  const literal = left.kind === 'string' ? left : right.kind === 'string' ? right : undefined;
  if (literal === undefined) {
    const size = Math.min(sizeOf(left.type), sizeOf(right.type), count);
    const place = textInScratch(l, left);
    return truth(l, 'eq', equalsByLoop(l, place, textInScratch(l, right), size, 1), b.constant(0));
  }
  const other = literal === left ? right : left;
  const text = encodeText(`${literal.value}\0`).subarray(0, count);
  if (text.length > sizeOf(other.type)) return b.constant(1);
  return truth(l, 'eq', equalsBytes(l, l.address(other), text), b.constant(0));
}
