/** Maps with very many elements as text: sorted and written by columns, without an object for each element. */
import type { MapColumns, PlannedMap, ValueType } from '../spec/index.ts';
import type { ByteString } from './byte-string.ts';
import { compareValues } from './compare.ts';
import type { FormatOptions } from './resolver.ts';
import { formatValue } from './value-text.ts';
import { type ValueBytes, viewOf } from './value-reader.ts';

/** From so many elements on this is the quicker way. */
export const MANY_ELEMENTS = 4096;

export interface LargeMap {
  readonly map: PlannedMap & { readonly key: ValueType };
  readonly columns: MapColumns;
  /** Distance of the CPUs' shares of an aggregation. */
  readonly strideBytes: number;
}

interface LargePrint {
  /** 0: all. */
  readonly top: number;
  readonly divisor: bigint;
}

/** The elements by their numbers, in the order in which they are shown. */
export interface LargeView {
  readonly order: Uint32Array;
  /** All keys; that of element `i` begins at `i * keySizeBytes`. */
  readonly keys: ValueBytes;
  readonly keySizeBytes: number;
  /** The text between the brackets. */
  keyText(i: number): ByteString;
  valueText(i: number): string;
}

/** Longer texts are compared instead of being sorted word by word. */
const MOST_TEXT_BYTES = 64;
const TEXTS_AT_ONCE = 4096;
const TWO_TO_32 = 2 ** 32;

/** Undefined where its values are no numbers that a double holds: such a map takes the usual way. */
export function viewLarge(large: LargeMap, print: LargePrint, options: FormatOptions): LargeView | undefined {
  const weights = weightsOf(large);
  if (weights === undefined) return undefined;
  const order = orderOf(large, weights);
  const { top, divisor } = print;
  return {
    order: order.subarray(top > 0 ? Math.max(0, order.length - top) : 0),
    keys: viewOf(large.columns.keys),
    keySizeBytes: large.columns.keySizeBytes,
    keyText: keyWriter(large, options),
    valueText: (i) => (divisor === 1n ? String(weights[i]) : String(BigInt(weights[i]!) / divisor)),
  };
}

/** The texts of all elements, one after the other. */
export function joinLarge({ order }: LargeView, textOf: (i: number) => ByteString, separator = ''): ByteString {
  const texts: ByteString[] = [];
  for (let from = 0; from < order.length; from += TEXTS_AT_ONCE)
    texts.push(Array.from(order.subarray(from, from + TEXTS_AT_ONCE), textOf).join(separator));
  return texts.join(separator);
}

/** What each element shows and is sorted by. */
function weightsOf({ map, columns, strideBytes }: LargeMap): Float64Array | undefined {
  const { count, valueSizeBytes } = columns;
  const { view } = viewOf(columns.values);
  const weights = new Float64Array(count);
  let read: (at: number) => number;
  let shares = valueSizeBytes;
  if (map.value.kind === 'value') {
    const { type } = map.value;
    if (type.kind !== 'integer') return undefined;
    read = integerReader(view, type.size, type.signed);
  } else {
    const { aggregation } = map.value;
    if (aggregation.kind !== 'count' && aggregation.kind !== 'sum' && aggregation.kind !== 'topk') return undefined;
    read = integerReader(view, 8, aggregation.kind !== 'count' && aggregation.signed);
    shares = strideBytes;
  }
  for (let i = 0; i < count; i++) {
    const start = i * valueSizeBytes;
    let weight = 0;
    for (let at = start; at < start + valueSizeBytes; at += shares) {
      const share = read(at);
      if (!Number.isSafeInteger(share)) return undefined;
      weight += share;
    }
    if (!Number.isSafeInteger(weight)) return undefined;
    weights[i] = weight;
  }
  return weights;
}

/** As the nearest double. */
function integerReader(view: DataView, size: 1 | 2 | 4 | 8, signed: boolean): (at: number) => number {
  switch (size) {
    case 1:
      return signed ? (at) => view.getInt8(at) : (at) => view.getUint8(at);
    case 2:
      return signed ? (at) => view.getInt16(at, true) : (at) => view.getUint16(at, true);
    case 4:
      return signed ? (at) => view.getInt32(at, true) : (at) => view.getUint32(at, true);
    case 8:
      return signed
        ? (at) => view.getInt32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true)
        : (at) => view.getUint32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true);
  }
}

function keyWriter({ map: { key }, columns }: LargeMap, options: FormatOptions): (i: number) => ByteString {
  const memory = viewOf(columns.keys);
  const size = columns.keySizeBytes;
  const whole = (i: number): ByteString => formatValue(key, memory, i * size, options);
  if (key.kind === 'tuple') return (i) => whole(i).slice(1, -1);
  if (key.kind !== 'integer') return whole;
  const read = integerReader(memory.view, key.size, key.signed);
  return (i) => {
    const number = read(i * size);
    return Number.isSafeInteger(number) ? String(number) : whole(i);
  };
}

// ---- order ----------------------------------------------------------------------------------------

/** By value, then by key. */
function orderOf({ map: { key }, columns }: LargeMap, weights: Float64Array): Uint32Array {
  const { count, keySizeBytes } = columns;
  const memory = viewOf(columns.keys);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const words: Uint32Array[] = [];
  if (addWords({ type: key, memory, offset: 0, columns }, words)) for (const word of words) sortBy(order, word);
  else order.sort((a, b) => compareValues(key, memory, a * keySizeBytes, memory, b * keySizeBytes));
  const [low, high] = [new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) {
    const upper = Math.floor(weights[i]! / TWO_TO_32);
    low[i] = weights[i]! - upper * TWO_TO_32;
    high[i] = upper + 0x80000000;
  }
  sortBy(order, low);
  sortBy(order, high);
  return order;
}

/** Keeps the order of what is equal (a radix sort, by bytes). */
function sortBy(order: Uint32Array, word: Uint32Array): void {
  const sorted = new Uint32Array(order.length);
  const starts = new Uint32Array(256);
  for (let shift = 0; shift < 32; shift += 8) {
    starts.fill(0);
    for (let i = 0; i < word.length; i++) starts[(word[i]! >>> shift) & 0xff]!++;
    if (starts[(word[0]! >>> shift) & 0xff] === word.length) continue;
    let start = 0;
    for (let digit = 0; digit < 256; digit++) {
      const here = starts[digit]!;
      starts[digit] = start;
      start += here;
    }
    for (let i = 0; i < order.length; i++) sorted[starts[(word[order[i]!]! >>> shift) & 0xff]!++] = order[i]!;
    order.set(sorted);
  }
}

interface Part {
  readonly type: ValueType;
  readonly memory: ValueBytes;
  /** Within the key. */
  readonly offset: number;
  readonly columns: MapColumns;
}

/** Adds words by which keys sort as `compareValues` has it, the least significant first. False: there are none such. */
function addWords(part: Part, words: Uint32Array[]): boolean {
  const { type, offset } = part;
  switch (type.kind) {
    case 'integer':
    case 'enum':
      addInteger(part, type.size, type.signed, words);
      return true;
    case 'bool':
      addInteger(part, 1, false, words);
      return true;
    case 'pointer':
    case 'ksym':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
      addInteger(part, 8, false, words);
      return true;
    case 'string':
      if (type.size > MOST_TEXT_BYTES) return false;
      addText(part, type.size, words);
      return true;
    case 'tuple':
      return type.elements
        .toReversed()
        .every((element) => addWords({ ...part, type: element.type, offset: offset + element.offset }, words));
    default:
      return false;
  }
}

function addInteger({ memory, offset, columns }: Part, size: number, signed: boolean, words: Uint32Array[]): void {
  const { view } = memory;
  const { count, keySizeBytes } = columns;
  const read = integerReader(view, Math.min(size, 4) as 1 | 2 | 4, signed && size < 8);
  const low = new Uint32Array(count);
  // A sign turns the order of the halves round.
  const turn = signed && size < 8 ? 0x80000000 : 0;
  for (let i = 0; i < count; i++) low[i] = read(i * keySizeBytes + offset) + turn;
  words.push(low);
  if (size < 8) return;
  const high = new Uint32Array(count);
  const turnHigh = signed ? 0x80000000 : 0;
  for (let i = 0; i < count; i++) high[i] = view.getUint32(i * keySizeBytes + offset + 4, true) ^ turnHigh;
  words.push(high);
}

/** Bytes count up to the NUL. */
function addText({ memory, offset, columns }: Part, size: number, words: Uint32Array[]): void {
  const { bytes } = memory;
  const { count, keySizeBytes } = columns;
  for (let at = 0; at < size; at += 4) words.push(new Uint32Array(count));
  for (let i = 0; i < count; i++) {
    const start = i * keySizeBytes + offset;
    for (let at = 0; at < size; at++) {
      const byte = bytes[start + at]!;
      if (byte === 0) break;
      words[words.length - 1 - (at >>> 2)]![i]! |= byte << (24 - 8 * (at & 3));
    }
  }
}
