import type { NamedValueField, ValueType } from '../spec/index.ts';
import { formatInet, formatMac } from './address-text.ts';
import { type ByteString, byteStringOf, encodeText, escapeByte, escapeControls } from './byte-string.ts';
import type { FormatOptions, ValueResolver } from './resolver.ts';
import { formatStack } from './stack-text.ts';
import { TimeFormatter } from './strftime.ts';
import { readBits, readInteger, textEnd, type ValueBytes } from './value-reader.ts';

/** The default text of the value of `type` that stands at `offset`. */
export function formatValue(type: ValueType, memory: ValueBytes, offset: number, options: FormatOptions): ByteString {
  const { view, bytes } = memory;
  switch (type.kind) {
    case 'integer':
      return readInteger(view, offset, type.size, type.signed).toString();
    case 'bool':
      return view.getUint8(offset) === 0 ? 'false' : 'true';
    case 'string':
      return formatString(bytes, offset, type.size, type.exact === true ? undefined : type.size, options);
    case 'buffer':
      return formatBuffer(bufferBytes(memory, offset, type.size), 'r');
    case 'pointer':
      return `0x${view.getBigUint64(offset, true).toString(16)}`;
    case 'enum':
      return formatNamed(type.names, readInteger(view, offset, type.size, type.signed), options);
    case 'symbolic':
      return formatNamed(type.names, view.getBigUint64(offset, true), options);
    case 'tuple':
      return `(${type.elements.map((element) => formatValue(element.type, memory, offset + element.offset, options)).join(', ')})`;
    case 'record':
      return formatRecord(type.fields, memory, offset, options);
    case 'array':
      return formatArray(type, memory, offset, options);
    case 'inet':
      return formatInet(view.getUint32(offset, true), bytes.subarray(offset + 4, offset + type.size));
    case 'macaddr':
      return formatMac(bytes.subarray(offset, offset + type.size));
    case 'none':
      return 'null';
    default:
      return formatResolved(type, memory, offset, options);
  }
}

type ResolvedType = Extract<ValueType, { kind: 'ksym' | 'usym' | 'stack' | 'username' | 'timestamp' | 'cgroupPath' }>;

/** Values that mean something only together with the world's state at this moment. */
function formatResolved(type: ResolvedType, { view }: ValueBytes, offset: number, options: FormatOptions): ByteString {
  const word = view.getBigUint64(offset, true);
  const { resolver } = options;
  switch (type.kind) {
    case 'ksym':
      return formatSymbol(resolver.kernelFrames(word).at(-1)?.name, word, options);
    case 'usym':
      return formatSymbol(userFunction(type, view, offset, options), word, options);
    case 'stack':
      return formatStack(type, BigInt.asIntN(64, word), view.getUint32(offset + 8, true), options);
    case 'username':
      return outside(encodeText(resolver.userName(Number(BigInt.asUintN(32, word))) ?? ''), options);
    case 'cgroupPath':
      return outside(encodeText(resolver.cgroupPath(word, type.filter) ?? ''), options);
    case 'timestamp':
      return encodeText(timeFormatter(type, options).format(word + resolver.bootTimeOffsetNs()));
  }
}

function userFunction(
  type: ResolvedType & { kind: 'usym' },
  view: DataView,
  offset: number,
  { resolver }: FormatOptions,
): string | undefined {
  const known = type.names?.[view.getUint32(offset + 12, true) - 1];
  if (known !== undefined) return known;
  return resolver.userFrames(view.getUint32(offset + 8, true), view.getBigUint64(offset, true)).at(-1)?.name;
}

type TimestampType = Extract<ValueType, { kind: 'timestamp' }>;
const timeFormatters = new WeakMap<ValueResolver, WeakMap<TimestampType, TimeFormatter>>();

/** One for each place in the script and each world: it remembers the second that it was last asked about. */
function timeFormatter(type: TimestampType, { resolver }: FormatOptions): TimeFormatter {
  const ofResolver = timeFormatters.get(resolver) ?? new WeakMap<TimestampType, TimeFormatter>();
  timeFormatters.set(resolver, ofResolver);
  const formatter = ofResolver.get(type) ?? new TimeFormatter(type.format, resolver);
  ofResolver.set(type, formatter);
  return formatter;
}

/** The text in `size` bytes up to its NUL. Without a NUL it is cut if it fills `capacity`. */
export function formatString(
  bytes: Uint8Array,
  offset: number,
  size: number,
  capacity: number | undefined,
  options: FormatOptions,
): ByteString {
  const end = textEnd(bytes, offset, offset + size);
  const text = outside(byteStringOf(bytes, offset, end), options);
  const hasNul = end < offset + size;
  const isCut = capacity !== undefined && capacity > 0 && !hasNul && end - offset >= capacity;
  return isCut ? text + encodeText(options.truncationTrailer) : text;
}

/** A buffer's own bytes: u32 length, then up to `size - 4` bytes. */
export function bufferBytes({ view, bytes }: ValueBytes, offset: number, size: number): Uint8Array {
  const length = Math.min(view.getUint32(offset, true), size - 4);
  return bytes.subarray(offset + 4, offset + 4 + length);
}

/** `r`: printable ASCII as it is, the rest `\xHH`; `rx`: all `\xHH`; `rh`: hexadecimal pairs with blanks between. */
export function formatBuffer(bytes: Uint8Array, style: 'r' | 'rx' | 'rh'): ByteString {
  if (style === 'rh') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  let text = '';
  for (const byte of bytes) {
    text += style === 'r' && byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : escapeByte(byte);
  }
  return text;
}

function formatRecord(
  fields: readonly NamedValueField[],
  memory: ValueBytes,
  offset: number,
  options: FormatOptions,
): ByteString {
  if (fields.length === 0) return '{}';
  return `{ ${fields
    .map((field) => `.${encodeText(field.name)} = ${formatField(field, memory, offset + field.offset, options)}`)
    .join(', ')} }`;
}

function formatField(field: NamedValueField, memory: ValueBytes, offset: number, options: FormatOptions): ByteString {
  if (field.bits === undefined) return formatValue(field.type, memory, offset, options);
  const value = readBits(field, memory.view, offset);
  if (field.type.kind === 'enum') return formatNamed(field.type.names, value, options);
  return field.type.kind === 'bool' ? String(value !== 0n) : value.toString();
}

function formatArray(
  type: Extract<ValueType, { kind: 'array' }>,
  memory: ValueBytes,
  offset: number,
  options: FormatOptions,
): ByteString {
  const texts: ByteString[] = [];
  for (let index = 0; index < type.count; index++) {
    texts.push(formatValue(type.element, memory, offset + index * type.element.size, options));
  }
  return `[${texts.join(',')}]`;
}

function formatNamed(names: ReadonlyMap<bigint, string>, value: bigint, options: FormatOptions): ByteString {
  const name = names.get(value);
  return name === undefined ? value.toString() : outside(encodeText(name), options);
}

function formatSymbol(name: string | undefined, address: bigint, options: FormatOptions): ByteString {
  return name === undefined ? `0x${address.toString(16)}` : outside(encodeText(name), options);
}

function outside(text: ByteString, options: FormatOptions): ByteString {
  return options.terminal ? escapeControls(text) : text;
}
