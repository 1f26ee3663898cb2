import { FormatError } from '../base/index.ts';
import type { Sections } from './sections.ts';
import { FIXED_WORDS, ITEM_WORDS } from './types.ts';
import { sharedWalker, type Walker } from './walker.ts';

/** Types walked at the first question; later steps double the index. */
const FIRST_STEP = 4096;
/** A kernel's types take 6.3 words on average: a first guess of how many there are. */
const WORDS_PER_TYPE = 6;

/**
 * Where each type begins. Types have no fixed size, so the section must be walked; it is walked only as far as
 * the questions so far need, because a program asks for a few types, once, with code that is not yet compiled.
 */
export class TypeIndex {
  /** Types walked so far. */
  count = 0;
  /** Word at which a type begins; valid below `count`. */
  offsets: Uint32Array;
  /** String offset of a type's name: a column of its own because it is searched natively. 0 from `count` on. */
  names: Uint32Array;
  readonly #sections: Sections;
  /** Next word to be walked. */
  #at = 0;

  constructor(sections: Sections) {
    this.#sections = sections;
    const capacity = Math.floor(sections.words.length / WORDS_PER_TYPE) + 1;
    this.offsets = new Uint32Array(capacity);
    this.names = new Uint32Array(capacity);
  }

  /** Walks to the end. */
  complete(): this {
    while (this.extend());
    return this;
  }

  /** Walks until type number `i` is known, if there is one. */
  reach(i: number): void {
    while (i >= this.count && this.extend());
  }

  /** Number (from 0) of the first type from `from` on whose name is at string offset `name`, which is not 0; -1 if none. */
  findName(name: number, from: number): number {
    let start = from;
    for (;;) {
      this.reach(start);
      const i = this.names.indexOf(name, start);
      if (i >= 0) return i;
      start = Math.max(start, this.count);
      if (!this.extend()) return -1;
    }
  }

  /** Doubles the walked part. False at the end of the section. */
  extend(): boolean {
    const { words } = this.#sections;
    if (this.#at >= words.length) return false;
    const target = Math.max(FIRST_STEP, this.count * 2);
    if (target > this.offsets.length)
      this.#grow(Math.min(target, this.count + Math.floor((words.length - this.#at) / 3) + 1));
    const most = Math.min(target, this.offsets.length);
    const walker = most > FIRST_STEP ? sharedWalker() : undefined;
    if (walker !== undefined) this.#walkCopies(walker, most);
    this.#walk(most);
    return true;
  }

  /** As far as types are whole: what is wrong with the next one, or that it stands at an end, the other walk sees. */
  #walkCopies(walker: Walker, target: number): void {
    const { words } = this.#sections;
    while (this.count < target) {
      const walked = walker(words, this.#at, target - this.count);
      if (walked.count === 0 || this.#at + walked.words > words.length) return;
      this.offsets.set(walked.offsets.subarray(0, walked.count), this.count);
      this.names.set(walked.names.subarray(0, walked.count), this.count);
      this.count += walked.count;
      this.#at += walked.words;
    }
  }

  #grow(capacity: number): void {
    if (capacity <= this.offsets.length) return;
    for (const column of ['offsets', 'names'] as const) {
      const larger = new Uint32Array(capacity);
      larger.set(this[column]);
      this[column] = larger;
    }
  }

  #walk(target: number): void {
    const { words } = this.#sections;
    // Locals only: this loop runs cold, where every module variable and property costs.
    const { offsets, names } = this;
    const fixed = FIXED_WORDS;
    const each = ITEM_WORDS;
    let { count } = this;
    let at = this.#at;
    const end = words.length - 2;
    while (count < target && at < end) {
      const info = words[at + 1]!;
      const kind = (info >>> 24) & 0x1f;
      const length = fixed[kind]!;
      if (length === 0) this.#fail(at, `unknown kind ${kind}`);
      offsets[count] = at;
      names[count++] = words[at]!;
      at += length + each[kind]! * (info & 0xffff);
    }
    if (at > words.length || (at < words.length && at >= end)) this.#fail(offsets[count - 1] ?? 0, 'a type is cut off');
    this.count = count;
    this.#at = at;
  }

  #fail(at: number, message: string): never {
    throw new FormatError('BTF', this.#sections.typesOffset + at * 4, message);
  }
}
