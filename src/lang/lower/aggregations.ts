/** count, sum, min, max and the others: updates of this CPU's part, in place. */
import type { Aggregation } from '../../spec/index.ts';
import type { Statement } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import type { Lowering } from './lowering.ts';
import { withElement } from './maps.ts';
import { SLOT_BYTES, updateSeries } from './series.ts';

/** Bytes of one CPU's part. */
export function aggregationSizeBytes(aggregation: Aggregation): number {
  switch (aggregation.kind) {
    case 'count':
    case 'sum':
    case 'topk':
      return 8;
    case 'quantile':
      return (aggregation.buckets + 2) * 8;
    case 'hist':
    case 'lhist':
      return aggregation.buckets * 8;
    case 'tseries':
      return aggregation.count * SLOT_BYTES;
    default:
      return 16;
  }
}

export function lowerAggregate(l: Lowering, s: Statement & { kind: 'aggregate' }): void {
  if (s.map.value.kind !== 'aggregation') return;
  const { aggregation } = s.map.value;
  const value = s.value === undefined ? l.builder.constant(1) : l.word(s.value);
  withElement(l, s.map, s.key, s.span, (element) => updateElement(l, aggregation, element, value));
}

/**
 * Additions are atomic although each CPU has a part of its own: a program may interrupt another on the same CPU (a
 * timer tick in a system call), and an addition in the CPU's own cache line costs little.
 */
function updateElement(l: Lowering, aggregation: Aggregation, element: Value, value: Value): void {
  const b = l.builder;
  switch (aggregation.kind) {
    case 'count':
    case 'sum':
    case 'topk':
      b.atomicAdd(8, element, 0, value);
      return;
    case 'avg':
    case 'stats':
      b.atomicAdd(8, element, 0, b.constant(1));
      b.atomicAdd(8, element, 8, value);
      return;
    case 'min':
    case 'max':
      updateExtreme(l, aggregation, element, value);
      return;
    case 'quantile':
      countBucket(l, element, histBucket(l, value, aggregation.bits), aggregation.buckets);
      updateExtreme(l, { kind: 'max', signed: aggregation.signed }, b.add(element, aggregation.buckets * 8), value);
      return;
    case 'hist':
      countBucket(l, element, histBucket(l, value, aggregation.bits), aggregation.buckets);
      return;
    case 'lhist':
      countBucket(l, element, linearBucket(l, value, aggregation), aggregation.buckets);
      return;
    case 'tseries':
      updateSeries(l, aggregation, element, value);
      return;
  }
}

function updateExtreme(
  l: Lowering,
  aggregation: Aggregation & { kind: 'sum' | 'min' | 'max' | 'avg' | 'stats' },
  element: Value,
  value: Value,
): void {
  const b = l.builder;
  const compare = b.block();
  const take = b.block();
  const done = b.block();
  b.branch('eq', b.load(8, false, element, 8), b.constant(0), take, compare);
  b.enter(compare);
  const less = aggregation.signed ? 'slt' : 'ult';
  const greater = aggregation.signed ? 'sgt' : 'ugt';
  b.branch(aggregation.kind === 'min' ? less : greater, value, b.load(8, false, element, 0), take, done);
  b.enter(take);
  b.store(8, element, 0, value);
  b.store(8, element, 8, b.constant(1));
  b.jump(done);
  b.enter(done);
}

/** Index of the bucket: 0 for negatives, then each power of two split into 2^bits. */
function histBucket(l: Lowering, value: Value, bits: number): Value {
  const b = l.builder;
  const bucket = b.temporary();
  const small = b.block();
  const check = b.block();
  const large = b.block();
  const done = b.block();
  b.write(bucket, b.constant(0));
  b.branch('slt', value, b.constant(0), done, check);
  b.enter(check);
  b.branch('ult', value, b.constant(2 ** bits), small, large);
  b.enter(small);
  b.write(bucket, b.add(value, 1));
  b.jump(done);
  b.enter(large);
  const exponent = l.script.off.has('log2') ? log2ByLoop(l, value) : b.log2(value);
  if (bits === 0) {
    b.write(bucket, b.add(exponent, 2));
  } else {
    const shift = b.add(exponent, -bits);
    const within = b.binary('and', b.binary('lshr', value, shift), b.constant(2 ** bits - 1));
    const base = b.binary('shl', b.add(shift, 1), b.constant(bits));
    b.write(bucket, b.add(b.binary('add', base, within), 1));
  }
  b.jump(done);
  b.enter(done);
  return b.read(bucket);
}

/** The plain way: one round for each bit below the highest. */
function log2ByLoop(l: Lowering, value: Value): Value {
  const b = l.builder;
  const rest = b.temporary();
  const bits = b.temporary();
  b.write(rest, value);
  b.write(bits, b.constant(0));
  const head = b.block();
  const body = b.block();
  const done = b.block();
  b.jump(head);
  b.enter(head, { loop: true });
  b.branch('ugt', b.read(rest), b.constant(1), body, done);
  b.enter(body);
  b.write(rest, b.binary('lshr', b.read(rest), b.constant(1)));
  b.write(bits, b.add(b.read(bits), 1));
  b.jump(head);
  b.seal(head);
  b.enter(done);
  return b.read(bits);
}

function linearBucket(
  l: Lowering,
  value: Value,
  { min, max, step }: { min: bigint; max: bigint; step: bigint },
): Value {
  const b = l.builder;
  const last = (max - min) / step + 1n;
  const bucket = b.temporary();
  const inRange = b.block();
  const check = b.block();
  const over = b.block();
  const done = b.block();
  b.write(bucket, b.constant(0));
  b.branch('slt', value, b.constant(min), done, check);
  b.enter(check);
  b.branch('sgt', value, b.constant(max), over, inRange);
  b.enter(over);
  b.write(bucket, b.constant(last));
  b.jump(done);
  b.enter(inRange);
  const offset = b.binary('sub', value, b.constant(min));
  b.write(bucket, b.add(b.binary('udiv', offset, b.constant(step)), 1));
  b.jump(done);
  b.enter(done);
  return b.read(bucket);
}

/** The comparison tells the verifier what the arithmetic ensures. */
function countBucket(l: Lowering, element: Value, bucket: Value, buckets: number): void {
  const b = l.builder;
  const inside = b.block();
  const done = b.block();
  b.branch('ult', bucket, b.constant(buckets), inside, done);
  b.enter(inside);
  b.atomicAdd(8, b.binary('add', element, b.binary('shl', bucket, b.constant(3))), 0, b.constant(1));
  b.jump(done);
  b.enter(done);
}
