import type { EventField, FormatPiece, ValueType } from '../spec/index.ts';
import type { ByteBuffer } from './byte-buffer.ts';
import { bytesOf, encodeText, escapeControls } from './byte-string.ts';
import { NUMBER_ROOM, prepareDigits } from './digits.ts';
import { type Conversion, formatPrintf, locateArguments } from './printf.ts';
import { writerHelpers } from './record-writer-helpers.ts';
import type { FormatOptions } from './resolver.ts';

/** Appends the text of the record of `length` bytes at `offset` to `out`. `view` and `bytes` are over the same memory. */
export type RecordWriter = (view: DataView, bytes: Uint8Array, offset: number, length: number, out: ByteBuffer) => void;

/** What the text of one record kind is made from. */
export interface RecordFormat {
  readonly format: readonly FormatPiece[];
  readonly args: readonly EventField[];
  /** Of the fixed part. */
  readonly sizeBytes: number;
}

/** The fastest writer that this format and this environment allow. */
export function compileRecordWriter(format: RecordFormat, options: FormatOptions): RecordWriter {
  return generateRecordWriter(format, options) ?? interpretRecordWriter(format, options);
}

export function interpretRecordWriter({ format, args, sizeBytes }: RecordFormat, options: FormatOptions): RecordWriter {
  return (view, bytes, offset, length, out) => {
    const memory = { view, bytes };
    out.append(formatPrintf(format, locateArguments(args, sizeBytes, memory, offset, length), memory, options));
  };
}

/**
 * JavaScript made for this one layout, where every argument is a plain number or a string and code may be made at
 * run time; else undefined. The code holds only numbers and fixed names, nothing of the script's text.
 */
export function generateRecordWriter(format: RecordFormat, options: FormatOptions): RecordWriter | undefined {
  prepareDigits();
  const generator = new Generator(format, options);
  const body = generator.body();
  if (body === undefined) return undefined;
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the body is made of numbers and fixed names only
    return new Function('H', 'C', body)(writerHelpers, generator.constants) as RecordWriter;
  } catch (error) {
    // A page's content security policy may forbid code made at run time.
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

type NumericType = Extract<ValueType, { kind: 'integer' | 'enum' | 'pointer' | 'bool' | 'symbolic' }>;

const UNROLLED_TEXT = 24;
/** Of an IPv6 address that ends in an IPv4 one. */
const LONGEST_ADDRESS = 45;
const UINT32_MASK = { 8: 0xff, 16: 0xffff } as const;

class Generator {
  /** Byte arrays and name tables that the code refers to by index. */
  readonly constants: unknown[] = [];
  readonly #format: RecordFormat;
  readonly #options: FormatOptions;
  /** Bytes that the text takes at most, but for packed arguments. */
  #room = 8;
  /** Output bytes per byte of packed data. */
  #packedGrowth = 0;
  #nextArgument = 0;

  constructor(format: RecordFormat, options: FormatOptions) {
    this.#format = format;
    this.#options = options;
  }

  body(): string | undefined {
    const lines: string[] = [];
    for (const piece of this.#format.format) {
      const line = piece.kind === 'text' ? this.#text(bytesOf(encodeText(piece.text))) : this.#argument(piece);
      if (line === undefined) return undefined;
      lines.push(line);
    }
    return [
      'return function (view, bytes, o, length, out) {',
      `  out.ensure(${this.#room} + length * ${this.#packedGrowth});`,
      `  const u8 = out.bytes, dv = out.view, end = o + length;`,
      `  let p = out.length, q = o + ${this.#format.sizeBytes}, n = 0, s = 0;`,
      ...lines.map((line) => `  ${line}`),
      '  out.length = p;',
      '};',
    ].join('\n');
  }

  #constant(value: unknown): string {
    return `C[${this.constants.push(value) - 1}]`;
  }

  #text(text: Uint8Array): string {
    this.#room += text.length;
    if (text.length === 0) return '';
    if (text.length > UNROLLED_TEXT) return `u8.set(${this.#constant(text)}, p); p += ${text.length};`;
    return `${Array.from(text, (byte, index) => `u8[p + ${index}] = ${byte};`).join(' ')} p += ${text.length};`;
  }

  #argument(conversion: Conversion): string | undefined {
    const field = this.#format.args[this.#nextArgument++];
    if (field === undefined || conversion.plus) return undefined;
    if (conversion.conversion === 's') return this.#string(field, conversion);
    const isPrefixed = conversion.alternate || conversion.conversion === 'p';
    const isPlain = conversion.precision === undefined && !(isPrefixed && conversion.zeroPad);
    if (!isPlain || field.packed === true || !isNumeric(field.type)) return undefined;
    const code = this.#number(field.type, `o + ${field.offset}`, conversion);
    return code === undefined ? undefined : this.#padded(code, conversion);
  }

  #number(type: NumericType, at: string, conversion: Conversion): string | undefined {
    this.#room += NUMBER_ROOM;
    switch (conversion.conversion) {
      case 'd':
      case 'i':
        return signedCode(type, at, conversion.bits);
      case 'u':
        return unsignedCode(type, at, conversion.bits);
      case 'x':
      case 'X':
        return hexCode(type, at, conversion);
      case 'p':
        return `p = H.pointer(u8, dv, p, ${halves(type, at)});`;
      case 'c':
        return `p = H.character(u8, p, ${load(type, at)} & 255, ${this.#options.terminal});`;
      default:
        return undefined;
    }
  }

  /** %s: the default text. */
  #string(field: EventField, conversion: Conversion): string | undefined {
    const { type } = field;
    const at = `o + ${field.offset}`;
    let code: string | undefined;
    if (type.kind === 'string') code = this.#copy(type, field);
    else if (field.packed !== true) code = this.#defaultText(type, at);
    if (code === undefined) return undefined;
    const cut =
      conversion.precision === undefined
        ? ''
        : ` if (p > s + ${conversion.precision}) p = s + ${conversion.precision};`;
    return this.#padded(code, { ...conversion, zeroPad: false }, cut);
  }

  #defaultText(type: ValueType, at: string): string | undefined {
    this.#room += NUMBER_ROOM;
    switch (type.kind) {
      case 'integer':
        return type.signed ? signedCode(type, at, 64) : unsignedCode(type, at, 64);
      case 'bool':
        return `p = view.getUint8(${at}) === 0 ? H.copy(u8, p, H.FALSE) : H.copy(u8, p, H.TRUE);`;
      case 'pointer':
        return `p = H.pointerText(u8, dv, p, ${halves(type, at)});`;
      case 'inet':
        this.#room += LONGEST_ADDRESS;
        return `p = H.inet(u8, p, view, bytes, ${at});`;
      case 'macaddr':
        return `p = H.mac(u8, p, bytes, ${at});`;
      case 'enum':
      case 'symbolic': {
        const signed = type.kind === 'enum' && type.signed;
        return `p = H.named(u8, p, view, ${at}, ${type.size}, ${signed}, ${this.#constant(this.#nameTable(type.names))});`;
      }
      default:
        return undefined;
    }
  }

  #nameTable(names: ReadonlyMap<bigint, string>): Map<bigint, Uint8Array> {
    const table = new Map<bigint, Uint8Array>();
    let longest = 0;
    for (const [value, name] of names) {
      const text = encodeText(name);
      const bytes = bytesOf(this.#options.terminal ? escapeControls(text) : text);
      longest = Math.max(longest, bytes.length);
      table.set(value, bytes);
    }
    this.#room += longest;
    return table;
  }

  #copy(type: Extract<ValueType, { kind: 'string' }>, field: EventField): string {
    const growth = this.#options.terminal ? 4 : 1;
    const trailer = bytesOf(encodeText(this.#options.truncationTrailer));
    const copy = this.#options.terminal ? 'copyEscaped' : 'copyText';
    const capacity = type.exact === true || type.size === 0 ? 0x7fffffff : type.size;
    this.#room += trailer.length;
    const trailing = this.#constant(trailer);
    if (field.packed !== true) {
      this.#room += type.size * growth;
      const at = `o + ${field.offset}`;
      return `p = H.${copy}(u8, p, bytes, ${at}, ${at} + ${type.size}, ${capacity}, ${trailing});`;
    }
    this.#packedGrowth = growth;
    return (
      `n = view.getUint32(o + ${field.offset}, true); if (n > end - q) n = end - q; ` +
      `p = H.${copy}(u8, p, bytes, q, q + n, ${capacity}, ${trailing}); q += n;`
    );
  }

  #padded(code: string, conversion: Conversion, cut = ''): string {
    const { width } = conversion;
    if (width === undefined) return cut === '' ? code : `s = p; ${code}${cut}`;
    this.#room += width;
    const style = conversion.leftAlign
      ? 'padRight'
      : conversion.zeroPad && isFilledWithZeros(conversion)
        ? 'padZeros'
        : 'padLeft';
    return `s = p; ${code}${cut} if (p < s + ${width}) p = H.${style}(u8, s, p, ${width});`;
  }
}

function isNumeric(type: ValueType): type is NumericType {
  return (
    type.kind === 'integer' ||
    type.kind === 'enum' ||
    type.kind === 'pointer' ||
    type.kind === 'bool' ||
    type.kind === 'symbolic'
  );
}

function isFilledWithZeros({ conversion }: Conversion): boolean {
  return conversion !== 'c' && conversion !== 'p';
}

function isSigned(type: NumericType): boolean {
  return (type.kind === 'integer' || type.kind === 'enum') && type.signed;
}

/** The low 32 bits, or fewer where the type is smaller, by the type's own sign. */
function load(type: NumericType, at: string): string {
  if (type.kind === 'bool') return `(view.getUint8(${at}) === 0 ? 0 : 1)`;
  const bits = type.size === 8 ? 32 : type.size * 8;
  const getter = `get${isSigned(type) || type.size === 8 ? 'Int' : 'Uint'}${bits}`;
  return bits === 8 ? `view.${getter}(${at})` : `view.${getter}(${at}, true)`;
}

/** `high, low` of the value sign-extended to 64 bits. */
function halves(type: NumericType, at: string): string {
  if (type.size === 8) return `view.getUint32(${at} + 4, true), view.getUint32(${at}, true)`;
  const value = load(type, at);
  return isSigned(type) ? `(${value} >> 31) >>> 0, ${value} >>> 0` : `0, ${value}`;
}

function signedCode(type: NumericType, at: string, bits: Conversion['bits']): string {
  if (bits === 64 && type.size === 8) return `p = H.writeInt64(u8, dv, p, ${halves(type, at)});`;
  if (bits === 64 && !isSigned(type)) return `p = H.writeUint32(u8, dv, p, ${load(type, at)});`;
  if (bits === 64) return `p = H.writeInt32(u8, dv, p, ${load(type, at)});`;
  return `p = H.writeInt32(u8, dv, p, ${load(type, at)} << ${32 - bits} >> ${32 - bits});`;
}

function unsignedCode(type: NumericType, at: string, bits: Conversion['bits']): string {
  if (bits !== 64) return `p = H.writeUint32(u8, dv, p, ${truncated(type, at, bits)});`;
  return type.size !== 8 && !isSigned(type)
    ? `p = H.writeUint32(u8, dv, p, ${load(type, at)});`
    : `p = H.writeUint64(u8, dv, p, ${halves(type, at)});`;
}

function hexCode(type: NumericType, at: string, conversion: Conversion): string {
  const { bits } = conversion;
  const upper = conversion.conversion === 'X' ? 1 : 0;
  const value = bits === 64 ? halves(type, at) : `0, ${truncated(type, at, bits)}`;
  const write = conversion.alternate ? 'prefixedHex' : 'writeHex';
  return `p = H.${write}(u8, dv, p, ${value}, ${upper});`;
}

function truncated(type: NumericType, at: string, bits: 8 | 16 | 32): string {
  return bits === 32 ? `${load(type, at)} >>> 0` : `${load(type, at)} & ${UINT32_MASK[bits]}`;
}
