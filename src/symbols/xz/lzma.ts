/** The LZMA coder: a range coder whose probabilities adapt, and copies of what came before. */
import { FormatError } from '../../base/index.ts';

/** Where the probabilities of each kind of decision stand in one array. */
const POSITION_STATES = 16;
const STATES = 12;
const IS_MATCH = 0;
const IS_REPEAT = IS_MATCH + STATES * POSITION_STATES;
const IS_REPEAT_0 = IS_REPEAT + STATES;
const IS_REPEAT_1 = IS_REPEAT_0 + STATES;
const IS_REPEAT_2 = IS_REPEAT_1 + STATES;
const IS_SHORT_REPEAT = IS_REPEAT_2 + STATES;
const SLOT = IS_SHORT_REPEAT + STATES * POSITION_STATES;
const SPECIAL = SLOT + 4 * 64;
const ALIGN = SPECIAL + 128;
const LENGTH = ALIGN + 16;
/** Two choices, then low and middle lengths by position, then the long ones. */
const LENGTH_CODER = 2 + 2 * POSITION_STATES * 8 + 256;
const REPEAT_LENGTH = LENGTH + LENGTH_CODER;
const LITERAL = REPEAT_LENGTH + LENGTH_CODER;

const EVEN = 1024;
const SHORTEST_MATCH = 2;
const LARGEST_OUTPUT = 512 * 2 ** 20;

/** Bytes that grow: what was written is what copies are made of. */
export class Output {
  #bytes = new Uint8Array(64 * 1024);
  length = 0;
  /** Copies don't reach back behind this. */
  start = 0;

  push(byte: number): void {
    if (this.length === this.#bytes.length) this.#grow(this.length + 1);
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(this.length + bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The byte so far back: 0 is the last one. */
  back(distance: number): number {
    if (distance >= this.length - this.start)
      throw new FormatError('xz', this.length, 'a copy from before the beginning');
    return this.#bytes[this.length - 1 - distance]!;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(needed: number): void {
    if (needed > LARGEST_OUTPUT) throw new FormatError('xz', this.length, 'the contents are too large');
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export class LzmaDecoder {
  readonly #output: Output;
  #probabilities = new Uint16Array(LITERAL);
  #literalContextBits = 0;
  #literalPositionMask = 0;
  #positionMask = 0;
  #state = 0;
  #repeats: [number, number, number, number] = [0, 0, 0, 0];
  #input: Uint8Array = new Uint8Array();
  #at = 0;
  #range = 0;
  #code = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** One byte says how literals depend on what stands before them. Resets the state. */
  setProperties(byte: number): void {
    if (byte >= 9 * 5 * 5) throw new FormatError('xz', 0, 'properties are out of range');
    const contextBits = byte % 9;
    const positionBits = Math.trunc(byte / 9) % 5;
    if (contextBits + positionBits > 4) throw new FormatError('xz', 0, 'properties are out of range');
    this.#literalContextBits = contextBits;
    this.#literalPositionMask = (1 << positionBits) - 1;
    this.#positionMask = (1 << Math.trunc(byte / 45)) - 1;
    this.#probabilities = new Uint16Array(LITERAL + (0x300 << (contextBits + positionBits)));
    this.reset();
  }

  reset(): void {
    this.#probabilities.fill(EVEN);
    this.#state = 0;
    this.#repeats = [0, 0, 0, 0];
  }

  /** Writes `sizeBytes` more bytes, made from these. */
  decode(input: Uint8Array, sizeBytes: number): void {
    if (input.length < 5) throw new FormatError('xz', 0, 'cut off');
    this.#input = input;
    this.#at = 5;
    this.#range = 0xffffffff;
    this.#code = ((input[1]! << 24) | (input[2]! << 16) | (input[3]! << 8) | input[4]!) >>> 0;
    const end = this.#output.length + sizeBytes;
    while (this.#output.length < end) this.#step(end);
  }

  #step(end: number): void {
    const position = (this.#output.length - this.#output.start) & this.#positionMask;
    if (this.#bit(IS_MATCH + this.#state * POSITION_STATES + position) === 0) {
      this.#literal();
      return;
    }
    const length = this.#bit(IS_REPEAT + this.#state) === 1 ? this.#repeat(position) : this.#match(position);
    const [distance] = this.#repeats;
    if (this.#output.length + length > end) throw new FormatError('xz', this.#output.length, 'a copy beyond the end');
    for (let i = 0; i < length; i++) this.#output.push(this.#output.back(distance));
  }

  #literal(): void {
    const { length, start } = this.#output;
    const previous = length > start ? this.#output.back(0) : 0;
    const context = ((length - start) & this.#literalPositionMask) << this.#literalContextBits;
    const base = LITERAL + 0x300 * (context + (previous >> (8 - this.#literalContextBits)));
    let symbol = 1;
    if (this.#state >= 7) {
      // After a copy the byte that would have continued it is a hint.
      let hint = this.#output.back(this.#repeats[0]);
      while (symbol < 0x100) {
        const expected = (hint >> 7) & 1;
        hint <<= 1;
        const bit = this.#bit(base + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    this.#output.push(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** A distance that was used before. */
  #repeat(position: number): number {
    const [first, second, third, fourth] = this.#repeats;
    if (this.#bit(IS_REPEAT_0 + this.#state) === 0) {
      if (this.#bit(IS_SHORT_REPEAT + this.#state * POSITION_STATES + position) === 0) {
        this.#state = this.#state < 7 ? 9 : 11;
        return 1;
      }
    } else if (this.#bit(IS_REPEAT_1 + this.#state) === 0) this.#repeats = [second, first, third, fourth];
    else if (this.#bit(IS_REPEAT_2 + this.#state) === 0) this.#repeats = [third, first, second, fourth];
    else this.#repeats = [fourth, first, second, third];
    const length = this.#length(REPEAT_LENGTH, position);
    this.#state = this.#state < 7 ? 8 : 11;
    return length;
  }

  #match(position: number): number {
    const [first, second, third] = this.#repeats;
    const length = this.#length(LENGTH, position);
    this.#state = this.#state < 7 ? 7 : 10;
    this.#repeats = [this.#distance(length), first, second, third];
    return length;
  }

  #length(base: number, position: number): number {
    const low = base + 2 + position * 8;
    if (this.#bit(base) === 0) return SHORTEST_MATCH + this.#tree(low, 3);
    if (this.#bit(base + 1) === 0) return SHORTEST_MATCH + 8 + this.#tree(low + POSITION_STATES * 8, 3);
    return SHORTEST_MATCH + 16 + this.#tree(base + 2 + 2 * POSITION_STATES * 8, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(SLOT + Math.min(length - SHORTEST_MATCH, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < 14) return high + this.#reversed(SPECIAL + high - slot, bits);
    const middle = this.#direct(bits - 4) * 16;
    const distance = high + middle + this.#reversed(ALIGN, 4);
    if (distance === 0xffffffff) throw new FormatError('xz', this.#output.length, 'an end within a chunk');
    return distance;
  }

  #tree(base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(base + symbol);
    return symbol - (1 << bits);
  }

  #reversed(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  #direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      this.#normalize();
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
    }
    return value;
  }

  #bit(index: number): number {
    this.#normalize();
    const probability = this.#probabilities[index]!;
    const bound = (this.#range >>> 11) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    this.#probabilities[index] = probability - (probability >> 5);
    return 1;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    if (this.#at >= this.#input.length) throw new FormatError('xz', this.#at, 'cut off');
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#input[this.#at++]!) >>> 0;
  }
}
