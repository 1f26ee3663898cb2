/**
 * Numbers as ASCII, written straight into an output buffer: `bytes` and `view` are over the same memory, `at` is
 * where to write, the result is where writing ended. Up to 4 bytes after the end may be overwritten. 64-bit
 * numbers come as two halves of 32 bits, so that no BigInt is made.
 */
type Writer<Args extends number[]> = (bytes: Uint8Array, view: DataView, at: number, ...number: Args) => number;

const MINUS = 0x2d;
const ZERO = 0x30;
/** Four ASCII digits of 0 … 9999, the first in the lowest byte. Filled by `prepareDigits`. */
const FOUR_DIGITS = new Uint32Array(10_000);

/** Before the first number is written. Not at load: most scripts print no records, and this would be a part of their start. */
export function prepareDigits(): void {
  if (FOUR_DIGITS[0] !== 0) return;
  const pairs = Array.from(
    { length: 100 },
    (_, value) => (ZERO + Math.floor(value / 10)) | ((ZERO + (value % 10)) << 8),
  );
  for (let high = 0; high < 100; high++) {
    for (let low = 0; low < 100; low++) {
      FOUR_DIGITS[high * 100 + low] = ((pairs[high] as number) | ((pairs[low] as number) << 16)) >>> 0;
    }
  }
}
const HEX_LOWER = new TextEncoder().encode('0123456789abcdef');
const HEX_UPPER = new TextEncoder().encode('0123456789ABCDEF');

/** Bytes that any number takes at most, with sign and overwritten bytes. */
export const NUMBER_ROOM = 28;

export const writeUint32: Writer<[value: number]> = (bytes, view, at, value) => {
  if (value < 10_000) return writeBelow10000(bytes, view, at, value);
  if (value < 100_000_000) {
    const high = (value / 10_000) | 0;
    const next = writeBelow10000(bytes, view, at, high);
    view.setUint32(next, FOUR_DIGITS[value - high * 10_000] as number, true);
    return next + 4;
  }
  const high = (value / 100_000_000) | 0;
  return writeEight(view, writeBelow10000(bytes, view, at, high), value - high * 100_000_000);
};

export const writeInt32: Writer<[value: number]> = (bytes, view, at, value) => {
  if (value >= 0) return writeUint32(bytes, view, at, value);
  bytes[at] = MINUS;
  return writeUint32(bytes, view, at + 1, -value);
};

export const writeUint64: Writer<[high: number, low: number]> = (bytes, view, at, high, low) => {
  if (high === 0) return writeUint32(bytes, view, at, low);
  if (high < 0x200000) return writeSafe(bytes, view, at, high * 4294967296 + low);
  // Long division by 10^8 in steps of 16 bits: every intermediate result is exact in a double.
  const top = Math.floor(high / 100_000_000);
  const middle = (high - top * 100_000_000) * 65536 + (low >>> 16);
  const middleQuotient = Math.floor(middle / 100_000_000);
  const bottom = (middle - middleQuotient * 100_000_000) * 65536 + (low & 0xffff);
  const bottomQuotient = Math.floor(bottom / 100_000_000);
  const quotient = top * 4294967296 + middleQuotient * 65536 + bottomQuotient;
  return writeEight(view, writeSafe(bytes, view, at, quotient), bottom - bottomQuotient * 100_000_000);
};

/** `high` may be signed or unsigned: its bits count. */
export const writeInt64: Writer<[high: number, low: number]> = (bytes, view, at, high, low) => {
  if ((high | 0) >= 0) return writeUint64(bytes, view, at, high, low);
  bytes[at] = MINUS;
  const negatedLow = -low >>> 0;
  const negatedHigh = (~high + (negatedLow === 0 ? 1 : 0)) >>> 0;
  return writeUint64(bytes, view, at + 1, negatedHigh, negatedLow);
};

/** Without prefix and leading zeros; `upper` is 1 for capital letters. */
export const writeHex: Writer<[high: number, low: number, upper: number]> = (bytes, _view, at, high, low, upper) => {
  const letters = upper === 1 ? HEX_UPPER : HEX_LOWER;
  const count = high === 0 ? hexDigits(low) : 8 + hexDigits(high);
  let rest = low;
  for (let index = count - 1; index >= 0; index--) {
    if (count - 1 - index === 8) rest = high;
    bytes[at + index] = letters[rest & 15] as number;
    rest >>>= 4;
  }
  return at + count;
};

function hexDigits(value: number): number {
  return value === 0 ? 1 : (35 - Math.clz32(value)) >> 2;
}

function writeBelow10000(bytes: Uint8Array, view: DataView, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = ZERO + value;
    return at + 1;
  }
  const count = value < 100 ? 2 : value < 1000 ? 3 : 4;
  view.setUint32(at, (FOUR_DIGITS[value] as number) >>> ((4 - count) << 3), true);
  return at + count;
}

/** An integer below 2^53. */
function writeSafe(bytes: Uint8Array, view: DataView, at: number, value: number): number {
  if (value < 4294967296) return writeUint32(bytes, view, at, value);
  const high = Math.floor(value / 100_000_000);
  return writeEight(view, writeSafe(bytes, view, at, high), value - high * 100_000_000);
}

/** Exactly eight digits. */
function writeEight(view: DataView, at: number, value: number): number {
  const high = (value / 10_000) | 0;
  view.setUint32(at, FOUR_DIGITS[high] as number, true);
  view.setUint32(at + 4, FOUR_DIGITS[value - high * 10_000] as number, true);
  return at + 8;
}
