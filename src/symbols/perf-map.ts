import { AddressIndex } from '../elf/index.ts';

export interface PerfMapSymbol {
  readonly name: string;
  readonly offset: bigint;
}

/** A longer name is cut. */
const longestNameBytes = 4096;

/**
 * Symbols that a just-in-time compiler writes for profilers: lines of `START SIZE name`, numbers hexadecimal.
 * The file is written while it is read, by anyone: lines that are not of that form are passed over, the last one
 * too if it isn't complete. Where code was replaced, the later line holds.
 */
export class PerfMap {
  readonly #text: Buffer;
  readonly #index: AddressIndex;
  readonly #base: bigint;
  readonly #starts: Float64Array;
  readonly #names: Uint32Array;

  static parse(bytes: Uint8Array): PerfMap {
    return new PerfMap(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  private constructor(text: Buffer) {
    this.#text = text;
    const entries = scan(text);
    const least = entries.starts.reduce((a, b) => Math.min(a, b), Infinity);
    const base = least === Infinity ? 0 : least;
    this.#base = BigInt(base);
    this.#starts = entries.starts.map((start) => start - base);
    this.#names = entries.names;
    this.#index = new AddressIndex(this.#starts, entries.sizes, Uint32Array.from(this.#starts.keys()));
  }

  get size(): number {
    return this.#names.length;
  }

  lookup(address: bigint): PerfMapSymbol | undefined {
    const relative = Number(address - this.#base);
    const [latest] = this.#index.find(relative);
    if (latest === undefined) return undefined;
    const at = this.#names[latest]!;
    const end = this.#text.indexOf(0x0a, at);
    const name = this.#text.toString('utf8', at, Math.min(end < 0 ? this.#text.length : end, at + longestNameBytes));
    return { name, offset: BigInt(relative - this.#starts[latest]!) };
  }
}

function scan(text: Buffer): { starts: Float64Array; sizes: Float64Array; names: Uint32Array } {
  const starts: number[] = [];
  const sizes: number[] = [];
  const names: number[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(0x0a, at);
    if (end < 0) break;
    const start = readHex(text, at, end);
    const size = start && readHex(text, start.next, end);
    if (start && size && size.next < end && size.value > 0) {
      starts.push(start.value);
      sizes.push(size.value);
      names.push(size.next);
    }
    at = end + 1;
  }
  return { starts: Float64Array.from(starts), sizes: Float64Array.from(sizes), names: Uint32Array.from(names) };
}

/** A number and the one blank behind it. Numbers that a double can't hold are no user addresses. */
function readHex(text: Buffer, start: number, end: number): { value: number; next: number } | undefined {
  let at = start;
  if (text[at] === 0x30 && (text[at + 1]! | 0x20) === 0x78) at += 2;
  const first = at;
  let value = 0;
  for (; at < end && text[at] !== 0x20; at++) {
    const digit = hexDigit(text[at]!);
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  if (at === first || at >= end || value > Number.MAX_SAFE_INTEGER) return undefined;
  return { value, next: at + 1 };
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = (byte | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
