/** Functions on whole texts: their lengths, joining them, and texts that stand in tables. */
import type { Expression, NameTable, SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { encodeText } from '../source/index.ts';
import { sizeOf } from '../types/index.ts';
import { type Address, Helper, type Lowering, pointer } from './lowering.ts';
import { copy, zero } from './memory.ts';
import { atMost, readText } from './strings.ts';

/** Places from this size on are never on the stack, where no variable offset is allowed. */
const OFF_STACK_BYTES = 65;

export function textLength(l: Lowering, call: SyncCall & { function: 'strlen' }): Value {
  const { value } = call;
  return copyText(l, value, pointer(l, l.temporary(sizeOf(value.type) + 1)));
}

/** Copies the text and its NUL to `to`, which has room for a byte more than its type; gives the length without the NUL. */
export function copyText(l: Lowering, e: Expression, to: Value): Value {
  const b = l.builder;
  const most = sizeOf(e.type);
  const read =
    e.kind === 'call' && e.call.function === 'str'
      ? readText(l, e.call, most, to)
      : b.call(Helper.probe_read_kernel_str, [to, b.constant(most + 1), pointer(l, l.address(e))]);
  return copiedLength(l, read, most, 'without NUL');
}

/** From what a text helper returned: bytes with the NUL, or an error, which is no length. */
export function copiedLength(l: Lowering, read: Value, most: number, counted: 'with NUL' | 'without NUL'): Value {
  const b = l.builder;
  const least = counted === 'with NUL' ? 0 : 1;
  const length = b.temporary();
  b.write(length, b.constant(0));
  const some = b.block();
  const over = b.block();
  const done = b.block();
  b.branch('slt', read, b.constant(least), done, some);
  b.enter(some);
  if (counted === 'with NUL') b.write(length, read);
  else b.write(length, b.add(read, -1));
  // Kernels before 5.10 don't tell the verifier how much such a helper reads at most.
  b.branch('ugt', read, b.constant(most + least), over, done);
  b.enter(over);
  b.write(length, b.constant(most));
  b.jump(done);
  b.enter(done);
  return b.read(length);
}

export function storeBeginning(
  l: Lowering,
  call: SyncCall & { function: 'strOf' },
  sizeBytes: number,
  to: Address,
  padded: boolean,
): void {
  const b = l.builder;
  if (padded) zero(l, to, sizeBytes);
  // A length of 0 reads nothing.
  else b.store(1, to.base, to.offset, b.constant(0));
  const length = atMost(l, l.word(call.length), sizeBytes);
  b.call(Helper.probe_read_kernel_str, [pointer(l, to), length, pointer(l, l.address(call.value))]);
}

/** One text behind the other, in scratch memory where the place itself is too small for both. */
export function storeJoined(
  l: Lowering,
  call: SyncCall & { function: 'concat' },
  sizeBytes: number,
  to: Address,
  padded: boolean,
): void {
  const b = l.builder;
  const bothBytes = sizeOf(call.left.type) + sizeOf(call.right.type);
  const fits = bothBytes <= sizeBytes && to.base.op !== 'frame';
  const place = fits ? to : l.permanent(Math.max(bothBytes + 2, OFF_STACK_BYTES));
  if (padded) zero(l, to, sizeBytes);
  const length = copyText(l, call.left, pointer(l, place));
  copyText(l, call.right, b.binary('add', pointer(l, place), length));
  if (!fits) b.call(Helper.probe_read_kernel_str, [pointer(l, to), b.constant(sizeBytes + 1), pointer(l, place)]);
}

/** Where the number's text stands: a row of the table, the last one for numbers without a text. */
export function addressOfName(l: Lowering, call: SyncCall & { function: 'nameOf' }, rowBytes: number): Address {
  const b = l.builder;
  const { texts } = call.names;
  const table = l.script.region.sharedOnce(call.names, () => tableBytes(call.names, rowBytes));
  const given = l.word(call.number);
  const mask = b.binary('ashr', given, b.constant(63));
  const number = call.ignoreSign ? b.binary('sub', b.binary('xor', given, mask), mask) : given;
  const row = b.temporary();
  b.write(row, b.constant(texts.length));
  const known = b.block();
  const done = b.block();
  b.branch('ult', number, b.constant(texts.length), known, done);
  b.enter(known);
  b.write(row, number);
  b.jump(done);
  b.enter(done);
  const offset = b.binary('mul', b.read(row), b.constant(rowBytes));
  return { base: b.binary('add', offset, b.mapValue('data', table)), offset: 0 };
}

function tableBytes({ texts, unknown }: NameTable, rowBytes: number): Uint8Array {
  const rows = [...texts, unknown];
  const bytes = new Uint8Array(rows.length * rowBytes);
  for (const [index, text] of rows.entries()) bytes.set(encodeText(text).subarray(0, rowBytes - 1), index * rowBytes);
  return bytes;
}

export function storeName(l: Lowering, call: SyncCall & { function: 'nameOf' }, rowBytes: number, to: Address): void {
  copy(l, to, addressOfName(l, call, rowBytes), rowBytes);
}
