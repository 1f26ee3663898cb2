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

/** Places at which the kernel's own symbols are seen to ascend before they are searched. */
const SAMPLES = 64;

/**
 * The kernel's symbol table: its text, and little else. The kernel's own symbols stand in it in order and are searched
 * where they are, because most who look something up ask for a few addresses; those of modules and programs stand behind
 * them in no order, and are read when an address lies outside of the kernel's own.
 */
export class Kallsyms {
  readonly #text: Buffer;
  /** The kernel's own lines with addresses in its half: these offsets in the text. */
  readonly #own: { readonly start: number; readonly end: number };
  #others: SortedSymbols | undefined;
  readonly #addressByName = new Map<string, bigint | undefined>();

  private constructor(text: Buffer) {
    this.#text = text;
    this.#own = ownSymbols(text);
  }

  /** Reads text of the form of /proc/kallsyms. Throws FormatError, as all that looks into damaged lines does. */
  static parse(text: Buffer): Kallsyms {
    return new Kallsyms(text);
  }

  /** Throws UnsupportedFeatureError where the kernel hides its addresses from us. */
  static open(): Kallsyms {
    const symbols = Kallsyms.parse(readFileSync('/proc/kallsyms'));
    if (symbols.#own.start < symbols.#own.end || symbols.size > 0) return symbols;
    throw new UnsupportedFeatureError('kallsyms', 'the kernel hides the addresses of its symbols', {
      advice: permissionAdvice('SYSLOG'),
    });
  }

  /** Number of symbols with an address in the kernel's half. Counts lines: some milliseconds. */
  get size(): number {
    let count = this.#rest().addresses.length;
    const { start, end } = this.#own;
    for (let line = start; line < end; line = nextLine(this.#text, line)) count++;
    return count;
  }

  /** The symbol that an address lies in. */
  lookup(address: bigint): KernelSymbol | undefined {
    const found = this.#find(address);
    if (found === undefined || address - found.address >= MAX_OFFSET) return undefined;
    return { ...this.#nameAt(found.name), address: found.address, offset: Number(address - found.address) };
  }

  /** The last symbol at or before an address. */
  #find(address: bigint): FoundSymbol | undefined {
    const text = this.#text;
    const { start, end } = this.#own;
    let low = start;
    let high = end;
    // The first line with a larger address.
    while (low < high) {
      const line = lineAt(text, (low + high) >>> 1);
      if (addressAt(text, line) <= address) low = nextLine(text, line);
      else high = line;
    }
    const own = low === start ? undefined : this.#firstOfEqual(lineAt(text, low - 1));
    if (own !== undefined && low < end) return own;
    // Before the first or behind the last of the kernel's own.
    const other = this.#findOther(address);
    return own === undefined || (other !== undefined && other.address > own.address) ? other : own;
  }

  #firstOfEqual(last: number): FoundSymbol {
    const text = this.#text;
    const address = addressAt(text, last);
    let line = last;
    while (line > this.#own.start) {
      const before = lineAt(text, line - 1);
      if (addressAt(text, before) !== address) break;
      line = before;
    }
    return { address, name: line + NAME_COLUMN };
  }

  #findOther(address: bigint): FoundSymbol | undefined {
    const { addresses, names } = this.#rest();
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const start = addresses[low - 1]!;
    let index = low - 1;
    while (index > 0 && addresses[index - 1] === start) index--;
    return { address: start, name: names[index]! };
  }

  #rest(): SortedSymbols {
    return (this.#others ??= readSorted(this.#text, this.#own.end));
  }

  /** Address of the first symbol of this name. Scans the text (milliseconds), then remembers. */
  addressOf(name: string): bigint | undefined {
    if (!this.#addressByName.has(name)) this.#addressByName.set(name, this.#findName(name));
    return this.#addressByName.get(name);
  }

  #findName(name: string): bigint | undefined {
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

interface FoundSymbol {
  readonly address: bigint;
  /** Offset of the name in the text. */
  readonly name: number;
}

interface SortedSymbols {
  /** Ascending. Of equal addresses, the first in the file comes first. */
  readonly addresses: BigUint64Array;
  /** Offset of each one's name in the text. */
  readonly names: Uint32Array;
}

/** The lines that can be searched where they stand: none where they don't ascend. */
function ownSymbols(text: Buffer): { start: number; end: number } {
  const module = text.indexOf('\t[');
  const end = module < 0 ? text.length : lineAt(text, module);
  if (end > 0) addressAt(text, 0);
  // Symbols below the kernel's half are offsets of per-CPU variables; 0 stands for a hidden address.
  let [low, high] = [0, end];
  while (low < high) {
    const line = lineAt(text, (low + high) >>> 1);
    if (addressAt(text, line) < KERNEL_HALF) low = nextLine(text, line);
    else high = line;
  }
  let last = 0n;
  for (let i = 0; i <= SAMPLES; i++) {
    if (low >= end) break;
    const address = addressAt(text, lineAt(text, low + Math.floor(((end - 1 - low) * i) / SAMPLES)));
    if (address < last || address < KERNEL_HALF) return { start: 0, end: 0 };
    last = address;
  }
  return { start: low, end };
}

/** Start of the line that a place lies in. */
function lineAt(text: Buffer, place: number): number {
  return place === 0 ? 0 : text.lastIndexOf(NEWLINE, place - 1) + 1;
}

function nextLine(text: Buffer, line: number): number {
  const newline = text.indexOf(NEWLINE, line);
  return newline < 0 ? text.length : newline + 1;
}

function addressAt(text: Buffer, line: number): bigint {
  if (text.length - line < NAME_COLUMN || text[line + 16] !== SPACE || text[line + 18] !== SPACE)
    throw new FormatError('kernel symbols', line, 'not a line of 16 digits, a type and a name');
  return (BigInt(parseHex8(text, line)) << 32n) | BigInt(parseHex8(text, line + 8));
}

/** The symbols of all lines from one on. */
function readSorted(text: Buffer, from: number): SortedSymbols {
  const found: { address: bigint; name: number }[] = [];
  for (let line = from; line < text.length; line = nextLine(text, line)) {
    const address = addressAt(text, line);
    if (address >= KERNEL_HALF) found.push({ address, name: line + NAME_COLUMN });
  }
  found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.name - b.name));
  return {
    addresses: BigUint64Array.from(found, ({ address }) => address),
    names: Uint32Array.from(found, ({ name }) => name),
  };
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

let shared: Kallsyms | undefined;

/** The running kernel's symbols: read on first use (some 60 ms) and kept. */
export function kallsyms(): Kallsyms {
  shared ??= Kallsyms.open();
  return shared;
}
