/** Bytes in memory: zeroing, copying, comparing. Accesses are aligned, as the verifier wants them on the stack. */
import type { AccessSize, Value } from '../ir/index.ts';
import { type Address, Helper, type Lowering, pointer } from './lowering.ts';

/** Above this many bytes a helper copies or clears faster than single stores. */
const INLINE_BYTES = 128;
/** The same where stores are of single bytes. */
const INLINE_SINGLE_BYTES = 16;

function isInline(l: Lowering, sizeBytes: number): boolean {
  return sizeBytes <= (l.script.off.has('wide-stores') ? INLINE_SINGLE_BYTES : INLINE_BYTES);
}

/** Splits [0, size) into accesses that are aligned at all given offsets; into bytes where `by` is switched off. */
export function* chunks(
  l: Lowering,
  by: 'wide-stores' | 'word-compare',
  sizeBytes: number,
  ...offsets: readonly number[]
): Generator<{ at: number; size: AccessSize }> {
  const widest = l.script.off.has(by) ? 1 : 8;
  for (let at = 0; at < sizeBytes;) {
    let size: AccessSize = widest;
    while (size > 1 && (size > sizeBytes - at || offsets.some((offset) => (offset + at) % size !== 0)))
      size = (size >> 1) as AccessSize;
    yield { at, size };
    at += size;
  }
}

export function zero(l: Lowering, to: Address, sizeBytes: number): void {
  if (!isInline(l, sizeBytes)) {
    // A read from address 0 fails at once, and a failed read clears its target.
    l.builder.call(Helper.probe_read_kernel, [pointer(l, to), l.builder.constant(sizeBytes), l.builder.constant(0)]);
    return;
  }
  const { base } = to;
  for (const { at, size } of chunks(l, 'wide-stores', sizeBytes, to.offset))
    l.builder.store(size, base, to.offset + at, l.builder.constant(0));
}

export function copy(l: Lowering, to: Address, from: Address, sizeBytes: number): void {
  const b = l.builder;
  if (!isInline(l, sizeBytes)) {
    b.call(Helper.probe_read_kernel, [pointer(l, to), b.constant(sizeBytes), pointer(l, from)]);
    return;
  }
  const [toBase, fromBase] = [to.base, from.base];
  for (const { at, size } of chunks(l, 'wide-stores', sizeBytes, to.offset, from.offset)) {
    b.store(size, toBase, to.offset + at, b.load(size, false, fromBase, from.offset + at));
  }
}

export function storeBytes(l: Lowering, to: Address, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { base } = to;
  for (const { at, size } of chunks(l, 'wide-stores', bytes.length, to.offset)) {
    l.builder.store(size, base, to.offset + at, l.builder.constant(readChunk(view, at, size)));
  }
}

export function readChunk(view: DataView, at: number, size: AccessSize): bigint {
  switch (size) {
    case 1:
      return BigInt(view.getUint8(at));
    case 2:
      return BigInt(view.getUint16(at, true));
    case 4:
      return BigInt(view.getUint32(at, true));
    case 8:
      return view.getBigUint64(at, true);
  }
}

/** 1 if the bytes are equal to the given ones, else 0. */
export function equalsBytes(l: Lowering, address: Address, bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return decide(l, (different) => {
    const { base } = address;
    for (const { at, size } of chunks(l, 'word-compare', bytes.length, address.offset)) {
      different(l.builder.load(size, false, base, address.offset + at), l.builder.constant(readChunk(view, at, size)));
    }
  });
}

/** 1 if `sizeBytes` bytes at both places are equal, else 0. */
export function equalsMemory(l: Lowering, left: Address, right: Address, sizeBytes: number): Value {
  const b = l.builder;
  const inLoop = sizeBytes > INLINE_BYTES ? sizeBytes & ~7 : 0;
  const rest = decide(l, (different) => {
    const [leftBase, rightBase] = [left.base, right.base];
    const [leftOffset, rightOffset] = [left.offset + inLoop, right.offset + inLoop];
    for (const { at, size } of chunks(l, 'word-compare', sizeBytes - inLoop, leftOffset, rightOffset)) {
      different(b.load(size, false, leftBase, leftOffset + at), b.load(size, false, rightBase, rightOffset + at));
    }
  });
  if (inLoop === 0) return rest;
  return b.binary('and', rest, equalsByLoop(l, pointer(l, left), pointer(l, right), inLoop, 8));
}

/**
 * 1 if `sizeBytes` bytes at both places are equal, by words, or by bytes and then only up to a NUL. Both places must be
 * readable at a variable offset.
 */
export function equalsByLoop(l: Lowering, left: Value, right: Value, sizeBytes: number, unit: 1 | 8): Value {
  const b = l.builder;
  const i = b.temporary();
  const result = b.temporary();
  b.write(i, b.constant(0));
  b.write(result, b.constant(1));
  const head = b.block();
  const body = b.block();
  const next = b.block();
  const unequal = b.block();
  const done = b.block();
  b.jump(head);
  b.enter(head, { loop: true });
  b.branch('ult', b.read(i), b.constant(sizeBytes), body, done);
  b.enter(body);
  const x = b.load(unit, false, b.binary('add', left, b.read(i)));
  const y = b.load(unit, false, b.binary('add', right, b.read(i)));
  const same = b.block();
  b.branch('ne', x, y, unequal, same);
  b.enter(same);
  if (unit === 1) b.branch('eq', x, b.constant(0), done, next);
  else b.jump(next);
  b.enter(next);
  b.write(i, b.add(b.read(i), unit));
  b.jump(head);
  b.seal(head);
  b.enter(unequal);
  b.write(result, b.constant(0));
  b.jump(done);
  b.enter(done);
  return b.read(result);
}

/** Runs comparisons; 0 as soon as two values differ, else 1. */
function decide(l: Lowering, compare: (different: (left: Value, right: Value) => void) => void): Value {
  const b = l.builder;
  const result = b.temporary();
  b.write(result, b.constant(0));
  const done = b.block();
  b.scope(() => {
    compare((left, right) => {
      const next = b.block();
      b.branch('ne', left, right, done, next);
      b.enter(next);
    });
    b.write(result, b.constant(1));
    b.jump(done);
  });
  b.enter(done);
  return b.read(result);
}
