import { FormatError } from '../../base/index.ts';
import { cString, viewOf } from '../source.ts';

/** Reads one section's bytes in order. Whatever goes beyond the end is a FormatError. */
export class DwarfReader {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #what: string;

  constructor(bytes: Uint8Array, littleEndian: boolean, what: string, at = 0) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#little = littleEndian;
    this.#what = what;
    this.at = at;
    if (!(at >= 0 && at <= bytes.length)) this.fail('a place outside of the section');
  }

  get length(): number {
    return this.#bytes.length;
  }

  fail(reason: string): never {
    throw new FormatError(this.#what, this.at, reason);
  }

  /** Moves on, and says where it was. */
  #take(count: number): number {
    const { at } = this;
    if (!(count >= 0 && at + count <= this.#bytes.length)) this.fail('cut off');
    this.at = at + count;
    return at;
  }

  skip(count: number): void {
    this.#take(count);
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.#little);
  }

  u24(): number {
    const [a, b, c] = this.bytes(3) as unknown as [number, number, number];
    return this.#little ? a | (b << 8) | (c << 16) : c | (b << 8) | (a << 16);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.#little);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), this.#little);
  }

  /** An offset or length in the file. */
  offset(size: 4 | 8): number {
    if (size === 4) return this.u32();
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail('an offset is out of range');
    return Number(value);
  }

  address(size: number): bigint {
    if (size === 8) return this.u64();
    if (size === 4) return BigInt(this.u32());
    return this.fail(`addresses of ${size} bytes`);
  }

  /** ULEB128 that counts or names something: more than 2^53 can't. */
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is out of range');
      if (byte < 128) return value;
    }
  }

  /** ULEB128 as the low 64 bits. */
  uleb64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > 70n) this.fail('a number does not end');
      const byte = this.u8();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
  }

  sleb64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > 70n) this.fail('a number does not end');
      const byte = this.u8();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, (byte & 64) === 0 ? value : value - (1n << (shift + 7n)));
    }
  }

  skipLeb(): void {
    while (this.u8() >= 128);
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  text(): string {
    const text = cString(this.#bytes, this.at);
    if (text === undefined) this.fail('text does not end');
    this.skipText();
    return text!;
  }

  skipText(): void {
    const end = this.#bytes.indexOf(0, this.at);
    if (end < 0) this.fail('text does not end');
    this.at = end + 1;
  }
}
