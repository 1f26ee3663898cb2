/**
 * The walk over a kernel's 100,000 types as WebAssembly: a start runs with V8's optimising compilers off, and there the loop in
 * JavaScript takes 6 ms, this one less than 1, the making of the module included.
 */
import { FIXED_WORDS, ITEM_WORDS } from './types.ts';

/** What one call of the walker saw; the arrays are overwritten by the next. */
export interface Walked {
  readonly count: number;
  /** Words that the walked types take. The type there is not whole, of no known kind, or there was no room for it. */
  readonly words: number;
  /** Words from the start of the section to each type. */
  readonly offsets: Uint32Array;
  readonly names: Uint32Array;
}

/** Walks at most so many types, from a word of the section on. */
export type Walker = (section: Uint32Array, first: number, most: number) => Walked;

/** Words that are walked at a time: they are copied to where WebAssembly can read them. */
const WALKED_WORDS = 1 << 16;
/** No type has fewer words. */
const LEAST_WORDS = 3;
const MOST_TYPES = Math.ceil(WALKED_WORDS / LEAST_WORDS);

/** Bytes from the start of the memory: the table of fixed words, that of words per item, the place where the walk ended. */
const FIXED_AT = 0;
const ITEM_AT = 32;
const END_AT = 64;
const INPUT_AT = 128;
const OFFSETS_AT = INPUT_AT + WALKED_WORDS * 4;
const NAMES_AT = OFFSETS_AT + MOST_TYPES * 4;
const PAGES = Math.ceil((NAMES_AT + MOST_TYPES * 4) / 65536);

/** What is used of WebAssembly's interface, which the types of Node don't have as values. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => {
    readonly exports: { readonly walk: WalkFunction; readonly memory: { readonly buffer: ArrayBuffer } };
  };
}

type WalkFunction = (end: number, most: number, first: number) => number;

let walker: Walker | undefined | null;

/** Undefined where WebAssembly may not be compiled. */
export function sharedWalker(): Walker | undefined {
  if (walker === undefined) {
    try {
      walker = makeWalker();
    } catch {
      walker = null;
    }
  }
  return walker ?? undefined;
}

function makeWalker(): Walker {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const { walk, memory } = new Instance(new Module(moduleBytes())).exports;
  const { buffer } = memory;
  new Uint8Array(buffer, FIXED_AT, 32).set(FIXED_WORDS);
  new Uint8Array(buffer, ITEM_AT, 32).set(ITEM_WORDS);
  const input = new Uint32Array(buffer, INPUT_AT, WALKED_WORDS);
  const end = new Uint32Array(buffer, END_AT, 1);
  const offsets = new Uint32Array(buffer, OFFSETS_AT, MOST_TYPES);
  const names = new Uint32Array(buffer, NAMES_AT, MOST_TYPES);
  return (section, first, most) => {
    const words = section.subarray(first, first + WALKED_WORDS);
    input.set(words);
    // A type's first two words are read together.
    const count = walk(INPUT_AT + (words.length - 1) * 4, Math.min(most, MOST_TYPES), first);
    return { count, words: (end[0]! - INPUT_AT) / 4, offsets, names };
  };
}

const I32 = 0x7f;
/** Locals: the three parameters first. */
const [END, MOST, FIRST, AT, COUNT, INFO, LENGTH] = [0, 1, 2, 3, 4, 5, 6];

/** The module's bytes (WebAssembly core specification, section 5). */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const get = (local: number): number[] => [0x20, local];
  const set = (local: number): number[] => [0x21, local];
  const constant = (value: number): number[] => [0x41, ...leb(value, 0x40)];
  /** Of four bytes, aligned. */
  const load = (offset: number): number[] => [0x28, 2, ...leb(offset)];
  const loadByte = (offset: number): number[] => [0x2d, 0, ...leb(offset)];
  const store = (offset: number): number[] => [0x36, 2, ...leb(offset)];
  const [add, subtract, multiply, and, shiftLeft, shiftRight] = [0x6a, 0x6b, 0x6c, 0x71, 0x74, 0x76];
  const [isZero, notBelow] = [0x45, 0x4f];
  const [block, loop, end, leaveIf, again] = [[0x02, 0x40], [0x03, 0x40], 0x0b, [0x0d, 1], [0x0c, 0]];
  const kind = [get(INFO), constant(24), shiftRight, constant(31), and].flat();
  const slot = [get(COUNT), constant(2), shiftLeft].flat();
  // oxfmt-ignore
  const body = [
    constant(INPUT_AT), set(AT),
    block, loop,
    get(AT), get(END), notBelow, leaveIf,
    get(COUNT), get(MOST), notBelow, leaveIf,
    get(AT), load(4), set(INFO),
    kind, loadByte(FIXED_AT), set(LENGTH),
    get(LENGTH), isZero, leaveIf,
    slot, get(AT), constant(INPUT_AT), subtract, constant(2), shiftRight, get(FIRST), add, store(OFFSETS_AT),
    slot, get(AT), load(0), store(NAMES_AT),
    // at += (length + items * words of each) * 4
    get(LENGTH), kind, loadByte(ITEM_AT), get(INFO), constant(0xffff), and, multiply, add,
    constant(2), shiftLeft, get(AT), add, set(AT),
    get(COUNT), constant(1), add, set(COUNT),
    again, end, end,
    constant(0), get(AT), store(END_AT),
    get(COUNT), end,
  ].flat();
  const code = [1, 4, I32, ...body];
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from(
    [
      header,
      section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]),
      section(3, [1, 0]),
      section(5, [1, 0, ...leb(PAGES)]),
      section(7, [2, ...name('walk'), 0, 0, ...name('memory'), 2, 0]),
      section(10, [1, ...leb(code.length), ...code]),
    ].flat(),
  );
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Array.from(text, (char) => char.charCodeAt(0))];
}

/** A positive number in groups of seven bits; of a signed one the last group's bit `sign` is left free. */
function leb(value: number, sign = 0x80): number[] {
  return value < sign ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7, sign)];
}
