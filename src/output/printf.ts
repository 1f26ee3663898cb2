import type { EventField, FormatPiece } from '../spec/index.ts';
import { type ByteString, encodeText, escapeByte, escapeControls, pad } from './byte-string.ts';
import { formatFlags } from './flags.ts';
import type { FormatOptions } from './resolver.ts';
import { bufferBytes, formatBuffer, formatString, formatValue } from './value-text.ts';
import { readNumber, type ValueBytes } from './value-reader.ts';

export type Conversion = Extract<FormatPiece, { kind: 'conversion' }>;

/** An argument of a record and where its bytes stand. */
export interface FormatArgument {
  readonly field: EventField;
  readonly offset: number;
  /** Of a packed field: how many bytes stand there. */
  readonly length?: number;
}

/** Finds the arguments of the record at `offset`: packed ones stand after the fixed part, one after another. */
export function locateArguments(
  fields: readonly EventField[],
  fixedSizeBytes: number,
  memory: ValueBytes,
  offset: number,
  recordLength: number,
): FormatArgument[] {
  const end = offset + recordLength;
  let packedAt = offset + fixedSizeBytes;
  return fields.map((field) => {
    if (field.packed !== true) return { field, offset: offset + field.offset };
    const length = Math.min(memory.view.getUint32(offset + field.offset, true), Math.max(end - packedAt, 0));
    const argument = { field, offset: packedAt, length };
    packedAt += length;
    return argument;
  });
}

/** The text of a format with its arguments, which must be as many as its conversions. */
export function formatPrintf(
  pieces: readonly FormatPiece[],
  args: readonly FormatArgument[],
  memory: ValueBytes,
  options: FormatOptions,
): ByteString {
  let next = 0;
  let text = '';
  for (const piece of pieces) {
    text += piece.kind === 'text' ? encodeText(piece.text) : formatConversion(piece, args[next++], memory, options);
  }
  return text;
}

/** The default text of an argument, packed or not. */
export function formatArgument(argument: FormatArgument, memory: ValueBytes, options: FormatOptions): ByteString {
  const { field, offset, length } = argument;
  if (length === undefined) return formatValue(field.type, memory, offset, options);
  if (field.type.kind === 'buffer') return formatBuffer(memory.bytes.subarray(offset, offset + length), 'r');
  const capacity = field.type.kind === 'string' && field.type.exact === true ? undefined : field.type.size;
  return formatString(memory.bytes, offset, length, capacity, options);
}

function formatConversion(
  conversion: Conversion,
  argument: FormatArgument | undefined,
  memory: ValueBytes,
  options: FormatOptions,
): ByteString {
  if (argument === undefined) return '!{missing argument}';
  switch (conversion.conversion) {
    case 's':
      return padCut(formatArgument(argument, memory, options), conversion);
    case 'r':
    case 'rx':
    case 'rh':
      return padCut(formatBuffer(rawBytes(argument, memory), conversion.conversion), conversion);
    default:
      return formatNumeric(conversion, readNumber(argument.field.type, memory.view, argument.offset), options);
  }
}

function formatNumeric(conversion: Conversion, value: bigint | undefined, options: FormatOptions): ByteString {
  if (value === undefined) return '!{not a number}';
  switch (conversion.conversion) {
    case 'c':
      return pad(formatByte(Number(BigInt.asUintN(8, value)), options), conversion.width, conversion.leftAlign);
    case 'p':
      return formatInteger({ ...conversion, conversion: 'x', plus: false, alternate: true, bits: 64 }, value);
    case 'gr':
      return padCut(
        formatFlags(BigInt.asUintN(conversion.bits === 64 ? 64 : 32, value), conversion.flags ?? []),
        conversion,
      );
    default:
      return formatInteger(conversion, value);
  }
}

/** As C prints integers: precision is a least number of digits and switches zero filling off; the blank flag does nothing. */
export function formatInteger(conversion: Conversion, value: bigint): ByteString {
  const signed = conversion.conversion === 'd' || conversion.conversion === 'i';
  const number = signed ? BigInt.asIntN(conversion.bits, value) : BigInt.asUintN(conversion.bits, value);
  const sign = number < 0n ? '-' : signed && conversion.plus ? '+' : '';
  const magnitude = number < 0n ? -number : number;
  let digits = conversion.precision === 0 && magnitude === 0n ? '' : magnitude.toString(radixOf(conversion.conversion));
  if (conversion.precision !== undefined) digits = digits.padStart(conversion.precision, '0');
  if (conversion.alternate && conversion.conversion === 'o' && !digits.startsWith('0')) digits = `0${digits}`;
  const isHex = conversion.conversion === 'x' || conversion.conversion === 'X';
  const prefix = sign + (conversion.alternate && isHex && magnitude !== 0n ? '0x' : '');
  if (
    conversion.zeroPad &&
    !conversion.leftAlign &&
    conversion.precision === undefined &&
    conversion.width !== undefined
  ) {
    digits = digits.padStart(conversion.width - prefix.length, '0');
  }
  const text = pad(prefix + digits, conversion.width, conversion.leftAlign);
  return conversion.conversion === 'X' ? text.toUpperCase() : text;
}

function radixOf(conversion: string): number {
  return conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10;
}

function formatByte(byte: number, options: FormatOptions): ByteString {
  const text = String.fromCharCode(byte);
  if (!options.terminal) return text;
  return byte >= 0x80 ? escapeByte(byte) : escapeControls(text);
}

function rawBytes({ field, offset, length }: FormatArgument, memory: ValueBytes): Uint8Array {
  if (length !== undefined) return memory.bytes.subarray(offset, offset + length);
  return field.type.kind === 'buffer'
    ? bufferBytes(memory, offset, field.type.size)
    : memory.bytes.subarray(offset, offset + field.type.size);
}

function padCut(text: ByteString, conversion: Conversion): ByteString {
  const shown = conversion.precision === undefined ? text : text.slice(0, conversion.precision);
  return pad(shown, conversion.width, conversion.leftAlign);
}
