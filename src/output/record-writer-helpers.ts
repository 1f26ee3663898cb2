import { formatInet, formatMac } from './address-text.ts';
import { byteStringOf, escapeByte, escapeControls } from './byte-string.ts';
import { writeHex, writeInt32, writeInt64, writeUint32, writeUint64 } from './digits.ts';
import { readInteger } from './value-reader.ts';

const BLANK = 0x20;
const ZERO = 0x30;
const MINUS = 0x2d;
const TRUE = new TextEncoder().encode('true');
const FALSE = new TextEncoder().encode('false');

/** What generated record writers call. Each returns where writing ended. */
export const writerHelpers = {
  TRUE,
  FALSE,
  writeUint32,
  writeInt32,
  writeUint64,
  writeInt64,
  writeHex,
  prefixedHex,
  pointer,
  pointerText,
  character,
  inet,
  mac,
  copy,
  named,
  copyText,
  copyEscaped,
  padLeft,
  padRight,
  padZeros,
};

/** %#x: zero has no prefix. */
function prefixedHex(out: Uint8Array, view: DataView, at: number, high: number, low: number, upper: number): number {
  if (high === 0 && low === 0) return writeHex(out, view, at, 0, 0, 0);
  out[at] = ZERO;
  out[at + 1] = upper === 1 ? 0x58 : 0x78;
  return writeHex(out, view, at + 2, high, low, upper);
}

/** %p: null is `0`. */
function pointer(out: Uint8Array, view: DataView, at: number, high: number, low: number): number {
  return prefixedHex(out, view, at, high, low, 0);
}

/** %s of a pointer: null is `0x0`. */
function pointerText(out: Uint8Array, view: DataView, at: number, high: number, low: number): number {
  out[at] = ZERO;
  out[at + 1] = 0x78;
  return writeHex(out, view, at + 2, high, low, 0);
}

/** An address with its family, as in `ValueType`. */
function inet(out: Uint8Array, at: number, view: DataView, bytes: Uint8Array, offset: number): number {
  return writeText(out, at, formatInet(view.getUint32(offset, true), bytes.subarray(offset + 4, offset + 20)));
}

function mac(out: Uint8Array, at: number, bytes: Uint8Array, offset: number): number {
  return writeText(out, at, formatMac(bytes.subarray(offset, offset + 6)));
}

function character(out: Uint8Array, at: number, byte: number, terminal: boolean): number {
  if (!terminal || (byte >= 0x20 && byte <= 0x7e) || byte === 0x09) {
    out[at] = byte;
    return at + 1;
  }
  return writeText(out, at, escapeByte(byte));
}

function copy(out: Uint8Array, at: number, text: Uint8Array): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text[index] as number;
  return at + text.length;
}

function named(
  out: Uint8Array,
  at: number,
  view: DataView,
  offset: number,
  size: number,
  signed: boolean,
  names: ReadonlyMap<bigint, Uint8Array>,
): number {
  const value = readInteger(view, offset, size, signed);
  const name = names.get(value);
  return name === undefined ? writeText(out, at, value.toString()) : copy(out, at, name);
}

/** Bytes [from, end) up to their NUL; without one and with at least `capacity` bytes, `trailer` follows. */
function copyText(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  capacity: number,
  trailer: Uint8Array,
): number {
  let next = at;
  let index = from;
  for (; index < end; index++) {
    const byte = bytes[index] as number;
    if (byte === 0) return next;
    out[next++] = byte;
  }
  return index - from >= capacity ? copy(out, next, trailer) : next;
}

/** The same for a terminal. Plain ASCII goes through as it comes; the first other byte sends the whole text the slow way. */
function copyEscaped(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  capacity: number,
  trailer: Uint8Array,
): number {
  let next = at;
  let index = from;
  for (; index < end; index++) {
    const byte = bytes[index] as number;
    if (byte === 0) return next;
    if (byte < 0x20 || byte > 0x7e) break;
    out[next++] = byte;
  }
  if (index < end) {
    const nul = bytes.indexOf(0, index);
    const last = nul === -1 || nul > end ? end : nul;
    next = writeText(out, next, escapeControls(byteStringOf(bytes, index, last)));
    if (last < end) return next;
  }
  return end - from >= capacity ? copy(out, next, trailer) : next;
}

function padLeft(out: Uint8Array, start: number, end: number, width: number): number {
  return shift(out, start, end, width, BLANK);
}

function padRight(out: Uint8Array, start: number, end: number, width: number): number {
  out.fill(BLANK, end, start + width);
  return start + width;
}

/** Zeros go between sign and digits. */
function padZeros(out: Uint8Array, start: number, end: number, width: number): number {
  if (out[start] !== MINUS) return shift(out, start, end, width, ZERO);
  return shift(out, start + 1, end, width - 1, ZERO);
}

function shift(out: Uint8Array, start: number, end: number, width: number, filler: number): number {
  const missing = start + width - end;
  for (let at = end - 1; at >= start; at--) out[at + missing] = out[at] as number;
  for (let at = start; at < start + missing; at++) out[at] = filler;
  return start + width;
}

function writeText(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}
