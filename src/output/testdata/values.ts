/** Makes values the way the kernel side writes them, and a small world to print them in. */
import type { Aggregation, EventField, FormatPiece, PlannedMap, ValueField, ValueType } from '../../spec/index.ts';
import { decodeText, type FormatOptions, formatPrintf, formatValue, type MapSnapshot, type ValueResolver, viewOf, wordCount } from '../index.ts';

export type Plain = bigint | number | boolean | string | readonly Plain[] | Uint8Array;

export const i8: ValueType = { kind: 'integer', size: 1, signed: true };
export const u8: ValueType = { kind: 'integer', size: 1, signed: false };
export const i16: ValueType = { kind: 'integer', size: 2, signed: true };
export const i32: ValueType = { kind: 'integer', size: 4, signed: true };
export const u32: ValueType = { kind: 'integer', size: 4, signed: false };
export const i64: ValueType = { kind: 'integer', size: 8, signed: true };
export const u64: ValueType = { kind: 'integer', size: 8, signed: false };
export const bool: ValueType = { kind: 'bool', size: 1 };
export const pointer: ValueType = { kind: 'pointer', size: 8 };
export const ksym: ValueType = { kind: 'ksym', size: 8 };
export const username: ValueType = { kind: 'username', size: 8 };

export function string(size: number, exact = false): ValueType {
  return { kind: 'string', size, exact };
}
export function buffer(size: number): ValueType {
  return { kind: 'buffer', size: size + 4 };
}
export function array(element: ValueType, count: number): ValueType {
  return { kind: 'array', element, count, size: element.size * count };
}
export function enumeration(names: Record<string, number>): ValueType {
  return { kind: 'enum', size: 4, signed: false, names: new Map(Object.entries(names).map(([name, value]) => [BigInt(value), name])) };
}
export function tuple(...types: ValueType[]): ValueType {
  const elements = layOut(types);
  return { kind: 'tuple', elements, size: sizeOf(elements) };
}
export function record(fields: Record<string, ValueType>): ValueType {
  const names = Object.keys(fields);
  const placed = layOut(Object.values(fields)).map((field, index) => ({ ...field, name: names[index] as string }));
  return { kind: 'record', fields: placed, size: sizeOf(placed) };
}

/** Packed one after another without alignment: every offset must be readable. */
export function layOut(types: readonly ValueType[], start = 0): ValueField[] {
  let offset = start;
  return types.map((type) => {
    const field = { offset, type };
    offset += type.size;
    return field;
  });
}

function sizeOf(fields: readonly ValueField[]): number {
  return fields.reduce((end, field) => Math.max(end, field.offset + field.type.size), 0);
}

export function encodeValue(type: ValueType, value: Plain): Uint8Array {
  const bytes = new Uint8Array(type.size);
  writeValue(bytes, 0, type, value);
  return bytes;
}

function writeValue(bytes: Uint8Array, offset: number, type: ValueType, value: Plain): void {
  const parts = value as readonly Plain[];
  if (type.kind === 'tuple') type.elements.forEach((field, index) => writeValue(bytes, offset + field.offset, field.type, parts[index] as Plain));
  else if (type.kind === 'record') type.fields.forEach((field, index) => writeValue(bytes, offset + field.offset, field.type, parts[index] as Plain));
  else if (type.kind === 'array') parts.forEach((part, index) => writeValue(bytes, offset + index * type.element.size, type.element, part));
  else if (type.kind === 'usym' || type.kind === 'stack') {
    writeInteger(bytes, offset, 8, parts[0] as bigint);
    writeInteger(bytes, offset + 8, 8, parts[1] as bigint);
  } else if (type.kind === 'string') bytes.set(bytesFrom(value).subarray(0, type.size), offset);
  else if (type.kind === 'buffer') {
    const content = bytesFrom(value).subarray(0, type.size - 4);
    writeInteger(bytes, offset, 4, BigInt(content.length));
    bytes.set(content, offset + 4);
  } else writeInteger(bytes, offset, type.size, BigInt(value as bigint | number | boolean));
}

export function writeInteger(bytes: Uint8Array, offset: number, size: number, value: bigint): void {
  for (let index = 0; index < size; index++) bytes[offset + index] = Number((value >> BigInt(8 * index)) & 0xffn);
}

export function bytesFrom(value: Plain): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(value as string);
}

/** A resolver that knows nothing, with UTC. */
export const emptyWorld: ValueResolver = {
  kernelFrames: (address) => [{ address }],
  userFrames: (_pid, address) => [{ address }],
  stackAddresses: () => undefined,
  userName: () => undefined,
  cgroupPath: () => undefined,
  bootTimeOffsetNs: () => 0n,
  timeZone: () => ({ offsetMinutes: 0, name: 'UTC' }),
};

export const plainOptions: FormatOptions = { resolver: emptyWorld, truncationTrailer: '..', terminal: false };

export function show(type: ValueType, value: Plain, options: FormatOptions = plainOptions): string {
  return decodeText(formatValue(type, viewOf(encodeValue(type, value)), 0, options));
}

const CONVERSION = /%(-?)(\+?)( ?)(#?)(0?)(\d*)(?:\.(\d+))?([hlLjzt]*)(rx|rh|gr|[diouxXcspr])/;

/** Splits a format the way the compiler does, as far as these tests need it. */
export function parseFormat(format: string): FormatPiece[] {
  const pieces: FormatPiece[] = [];
  let rest = format;
  for (let match = CONVERSION.exec(rest); match !== null; match = CONVERSION.exec(rest)) {
    if (match.index > 0) pieces.push({ kind: 'text', text: rest.slice(0, match.index) });
    pieces.push(conversionOf(match));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== '') pieces.push({ kind: 'text', text: rest });
  return pieces;
}

function conversionOf(match: RegExpExecArray): FormatPiece {
  const length = match[8] as string;
  return {
    kind: 'conversion',
    conversion: match[9] as string,
    leftAlign: match[1] !== '',
    plus: match[2] !== '',
    space: match[3] !== '',
    alternate: match[4] !== '',
    zeroPad: match[5] !== '',
    width: match[6] === '' ? undefined : Number(match[6]),
    precision: match[7] === undefined ? undefined : Number(match[7]),
    bits: /[ljzt]/.test(length) ? 64 : length === 'hh' ? 8 : length === 'h' ? 16 : 32,
  };
}

/** One record: header, fixed fields, then the bytes of packed ones. */
export function encodeRecord(id: number, types: readonly (ValueType | { packed: ValueType })[], values: readonly Plain[]): { bytes: Uint8Array; args: EventField[]; sizeBytes: number } {
  let offset = 8;
  const args = types.map((entry): EventField => {
    const isPacked = 'packed' in entry;
    const field = { offset, type: isPacked ? entry.packed : entry, packed: isPacked };
    offset += isPacked ? 4 : entry.size;
    return field;
  });
  const fixed = new Uint8Array(offset);
  writeInteger(fixed, 0, 4, BigInt(id));
  const tail: number[] = [];
  args.forEach((field, index) => {
    const value = values[index] as Plain;
    if (!field.packed) return fixed.set(encodeValue(field.type, value), field.offset);
    const content = bytesFrom(value);
    writeInteger(fixed, field.offset, 4, BigInt(content.length));
    tail.push(...content);
  });
  return { bytes: new Uint8Array([...fixed, ...tail]), args, sizeBytes: offset };
}

export type TypedValue = readonly [ValueType, Plain];

/** What printf prints for these typed arguments. */
export function printf(format: string, args: readonly TypedValue[] = [], options: FormatOptions = plainOptions): string {
  const encoded = encodeRecord(0, args.map(([type]) => type), args.map(([, value]) => value));
  const memory = viewOf(encoded.bytes);
  const located = encoded.args.map((field) => ({ field, offset: field.offset }));
  return decodeText(formatPrintf(parseFormat(format), located, memory, options));
}

/** A map of plain values, as a session hands it over. */
export function valueMap(name: string, key: ValueType | undefined, type: ValueType, entries: readonly (readonly [Plain, Plain])[]): MapSnapshot {
  const map: PlannedMap = { name, key, value: { kind: 'value', type }, storage: { kind: 'map', map: name, perCpu: false } };
  return {
    map,
    strideBytes: type.size,
    entries: entries.map(([k, v]) => ({ key: key === undefined ? new Uint8Array(0) : encodeValue(key, k), value: encodeValue(type, v) })),
  };
}

/** Of an aggregation; each entry's words are given per CPU. */
export function aggregationMap(name: string, key: ValueType | undefined, aggregation: Aggregation, entries: readonly (readonly [Plain, readonly (readonly bigint[])[]])[]): MapSnapshot {
  const map: PlannedMap = { name, key, value: { kind: 'aggregation', aggregation }, storage: { kind: 'map', map: name, perCpu: true } };
  const words = wordCount(aggregation);
  return {
    map,
    strideBytes: words * 8,
    entries: entries.map(([k, cpus]) => {
      const value = new Uint8Array(cpus.length * words * 8);
      cpus.forEach((cpu, index) => cpu.forEach((word, at) => writeInteger(value, (index * words + at) * 8, 8, word)));
      return { key: key === undefined ? new Uint8Array(0) : encodeValue(key, k), value };
    }),
  };
}

/** Counters of one CPU after these values went into a histogram. */
export function histogramWords(aggregation: Extract<Aggregation, { kind: 'hist' | 'lhist' }>, values: readonly bigint[]): bigint[] {
  const counts: bigint[] = Array.from({ length: aggregation.buckets }, () => 0n);
  for (const value of values) {
    const index = aggregation.kind === 'hist' ? histIndex(value, aggregation.bits) : lhistIndex(value, aggregation);
    counts[index] = (counts[index] as bigint) + 1n;
  }
  return counts;
}

function histIndex(value: bigint, bits: number): number {
  if (value < 0n) return 0;
  if (value < 1n << BigInt(bits)) return Number(value) + 1;
  const level = value.toString(2).length - 1 - bits;
  return ((level + 1) << bits) + Number((value >> BigInt(level)) & ((1n << BigInt(bits)) - 1n)) + 1;
}

function lhistIndex(value: bigint, { min, max, step }: { min: bigint; max: bigint; step: bigint }): number {
  if (value < min) return 0;
  return Number(value > max ? 1n + (max - min) / step : 1n + (value - min) / step);
}
