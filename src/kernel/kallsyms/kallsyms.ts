import { readFileSync } from 'node:fs';
import { FormatError, UnsupportedFeatureError } from '../../base/index.ts';
import { permissionAdvice } from '../sys/index.ts';

export interface KernelSymbol {
  readonly name: string;
  /** Address of the symbol. */
  readonly address: bigint;
  /** Bytes from the symbol to the address that was asked for. */
  readonly offset: number;
  /** Kernel module, or `bpf` for programs. */
  readonly module: string | undefined;
}

const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
/** The address, a space, the type letter, a space. */
const NAME_COLUMN = 19;
/** No function is as large: beyond, an address belongs to no symbol. */
const MAX_OFFSET = 1 << 20;
const KERNEL_HALF = 1n << 63n;

/**
 * The kernel's symbol table, as text, with the start of each line and its address beside it: names are made
 * only when asked for. About 12 bytes per symbol and the text itself (some 7 MiB in all).
 */
export class Kallsyms {
  readonly #text: Buffer;
  /** Ascending. Of equal addresses, the first in the file comes first. */
  readonly #addresses: BigUint64Array;
  /** Offset of the name in the text. */
  readonly #names: Uint32Array;
  readonly #addressByName = new Map<string, bigint | undefined>();

  private constructor(text: Buffer, addresses: BigUint64Array, names: Uint32Array) {
    this.#text = text;
    this.#addresses = addresses;
    this.#names = names;
  }

  /** Reads text of the form of /proc/kallsyms. Throws FormatError. */
  static parse(text: Buffer): Kallsyms {
    const { words, names, count } = scanLines(text);
    const addresses = new BigUint64Array(words.buffer).slice(0, count);
    return new Kallsyms(text, ...inOrder(addresses, names.slice(0, count)));
  }

  /** Throws UnsupportedFeatureError where the kernel hides its addresses from us. */
  static open(): Kallsyms {
    const symbols = Kallsyms.parse(readFileSync('/proc/kallsyms'));
    if (symbols.size > 0) return symbols;
    throw new UnsupportedFeatureError('kallsyms', 'the kernel hides the addresses of its symbols', {
      advice: permissionAdvice('SYSLOG'),
    });
  }

  /** Number of symbols with an address in the kernel's half. */
  get size(): number {
    return this.#addresses.length;
  }

  /** The symbol that an address lies in. */
  lookup(address: bigint): KernelSymbol | undefined {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const start = this.#addresses[low - 1]!;
    if (address - start >= MAX_OFFSET) return undefined;
    let index = low - 1;
    while (index > 0 && this.#addresses[index - 1] === start) index--;
    return { ...this.#nameAt(this.#names[index]!), address: start, offset: Number(address - start) };
  }

  /** Address of the first symbol of this name. Scans the text (milliseconds), then remembers. */
  addressOf(name: string): bigint | undefined {
    if (!this.#addressByName.has(name)) this.#addressByName.set(name, this.#find(name));
    return this.#addressByName.get(name);
  }

  #find(name: string): bigint | undefined {
    const needle = Buffer.from(` ${name}`, 'latin1');
    for (let at = this.#text.indexOf(needle); at >= 0; at = this.#text.indexOf(needle, at + 1)) {
      const after = this.#text[at + needle.length];
      const line = at + 1 - NAME_COLUMN;
      const startsLine = line === 0 || this.#text[line - 1] === NEWLINE;
      if (startsLine && (after === NEWLINE || after === TAB || after === undefined)) {
        const address = BigInt(`0x${this.#text.toString('latin1', line, line + 16)}`);
        return address === 0n ? undefined : address;
      }
    }
    return undefined;
  }

  #nameAt(offset: number): { name: string; module: string | undefined } {
    const newline = this.#text.indexOf(NEWLINE, offset);
    const rest = this.#text.toString('latin1', offset, newline < 0 ? this.#text.length : newline);
    const match = /^(\S*)(?:\s+\[(.*)\])?/.exec(rest)!;
    return { name: match[1]!, module: match[2] };
  }
}

/** Addresses as pairs of 32-bit words, low one first, and the offsets of the names. */
function scanLines(text: Buffer): { words: Uint32Array; names: Uint32Array; count: number } {
  const capacity = Math.ceil(text.length / (NAME_COLUMN + 2)) + 1;
  const words = new Uint32Array(capacity * 2);
  const names = new Uint32Array(capacity);
  let count = 0;
  for (let line = 0; line < text.length;) {
    if (text.length - line < NAME_COLUMN || text[line + 16] !== SPACE || text[line + 18] !== SPACE) {
      throw new FormatError('kernel symbols', line, 'not a line of 16 digits, a type and a name');
    }
    const high = parseHex8(text, line);
    // Symbols below the kernel's half are offsets of per-CPU variables; 0 stands for a hidden address.
    if (high >= 0x80000000) {
      words[count * 2] = parseHex8(text, line + 8);
      words[count * 2 + 1] = high;
      names[count++] = line + NAME_COLUMN;
    }
    const newline = text.indexOf(NEWLINE, line + NAME_COLUMN);
    line = newline < 0 ? text.length : newline + 1;
  }
  return { words, names, count };
}

function parseHex8(text: Buffer, offset: number): number {
  let value = 0;
  for (let i = offset; i < offset + 8; i++) {
    const char = text[i]!;
    const digit = char <= 0x39 ? char - 0x30 : (char | 0x20) - 0x57;
    if (digit < 0 || digit > 15) throw new FormatError('kernel symbols', i, 'not a hexadecimal digit');
    value = (value << 4) | digit;
  }
  return value >>> 0;
}

/** The file is sorted but for modules and programs at its end. */
function inOrder(addresses: BigUint64Array, names: Uint32Array): [BigUint64Array, Uint32Array] {
  const isSorted = addresses.every((address, i) => i === 0 || addresses[i - 1]! <= address);
  if (isSorted) return [addresses, names];
  // The sort is by distance from the half's start, in doubles: 2^53 bytes are more than any kernel spans above its lowest symbol.
  const lowest = addresses.reduce((least, address) => (address < least ? address : least), addresses[0] ?? KERNEL_HALF);
  const distance = Float64Array.from(addresses, (address) => Number(address - lowest));
  const order = Uint32Array.from(addresses.keys()).sort((a, b) => distance[a]! - distance[b]! || a - b);
  return [BigUint64Array.from(order, (i) => addresses[i]!), Uint32Array.from(order, (i) => names[i]!)];
}

let shared: Kallsyms | undefined;

/** The running kernel's symbols: read on first use (some 100 ms) and kept. */
export function kallsyms(): Kallsyms {
  shared ??= Kallsyms.open();
  return shared;
}
