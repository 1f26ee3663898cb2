import { FormatError } from '../base/index.ts';
import { decodeType } from './decode-type.ts';
import { decodeSections } from './sections.ts';
import type { Sections } from './sections.ts';
import { bulkReader, findString, readString } from './strings.ts';
import { TypeIndex } from './type-index.ts';
import { ITEM_WORDS, KINDS } from './types.ts';
import type { BtfKind, BtfType, EnumType } from './types.ts';

/** The type of one kind, or of several. */
export type BtfTypeOf<K extends BtfKind> = Narrow<BtfType, K>;
/** Some types serve several kinds (`struct | union`): the one asked for is kept. */
type Narrow<T, K> = T extends { readonly kind: infer Own }
  ? Own & K extends never
    ? never
    : T & { readonly kind: Own & K }
  : never;

const VOID: BtfType = { kind: 'void', id: 0, name: '' };
/** What `find` looks for when no kind is given: everything that a program can mean by a name. */
const NAMED: ReadonlySet<BtfKind> = new Set([
  'int',
  'float',
  'struct',
  'union',
  'enum',
  'typedef',
  'func',
  'var',
  'datasec',
]);

/**
 * Type information of a kernel, a module or an object file (`.BTF`). Opening costs nothing but a look at the
 * header; the index is made at the first question, and a type is decoded when it is asked for and then kept.
 * The bytes must not change while the Btf is in use. Every method throws FormatError for malformed bytes.
 */
export class Btf {
  readonly base: Btf | undefined;
  readonly littleEndian: boolean;
  readonly #sections: Sections;
  readonly #index: TypeIndex;
  readonly #types = new Map<number, BtfType>();
  /** By kind and name: a script's probes ask for the same types again and again, and each search reads half the strings. */
  readonly #found = new Map<string, BtfType | undefined>();
  readonly #source: { words: Uint32Array; string: (offset: number) => string };

  private constructor(sections: Sections, base: Btf | undefined) {
    this.#sections = sections;
    this.base = base;
    this.littleEndian = sections.littleEndian;
    this.#index = new TypeIndex(sections);
    this.#source = { words: sections.words, string: (offset) => this.#string(offset) };
  }

  /** Opens raw BTF. A kernel module's (split) BTF continues the ids and strings of `base`. */
  static decode(bytes: Uint8Array, base?: Btf): Btf {
    return new Btf(decodeSections(bytes, base !== undefined), base);
  }

  /** Id of the first type that is stored here and not in the base. */
  get firstId(): number {
    return this.base?.typeCount ?? 1;
  }

  /** One more than the highest id. Counts void and the types of the base. */
  get typeCount(): number {
    return this.firstId + this.#offsets.length;
  }

  /** The type with this id. */
  type(id: number): BtfType {
    if (id === 0) return VOID;
    const { firstId } = this;
    if (this.base !== undefined && id < firstId) return this.base.type(id);
    let type = this.#types.get(id);
    if (type === undefined) {
      const i = id - firstId;
      this.#index.reach(i);
      if (!Number.isInteger(i) || i < 0 || i >= this.#index.count)
        throw new FormatError('BTF', this.#sections.typesOffset, `there is no type ${id}`);
      type = decodeType(this.#source, id, this.#index.offsets[i]!);
      this.#types.set(id, type);
    }
    return type;
  }

  /** The first type with this name (and kind). Without a kind, forward declarations and tags are passed over. */
  find<K extends BtfKind>(name: string, kind: K): BtfTypeOf<K> | undefined;
  find(name: string): BtfType | undefined;
  find(name: string, kind?: BtfKind): BtfType | undefined {
    const key = `${kind ?? ''} ${name}`;
    let found = this.#found.get(key);
    if (found === undefined && !this.#found.has(key)) this.#found.set(key, (found = this.#search(name, kind)));
    return found;
  }

  #search(name: string, kind: BtfKind | undefined): BtfType | undefined {
    for (const nameOffset of this.#stringOffsets(name)) {
      for (let i = this.#index.findName(nameOffset, 0); i >= 0; i = this.#index.findName(nameOffset, i + 1)) {
        const its = kindAt(this.#sections.words, this.#index.offsets[i]!);
        if (kind === undefined ? NAMED.has(its) : its === kind) return this.type(this.firstId + i);
      }
    }
    return kind === undefined ? this.base?.find(name) : this.base?.find(name, kind);
  }

  /** All types of a kind (or of all kinds), by id, those of the base first. */
  types(): IterableIterator<BtfType>;
  types<K extends BtfKind>(kind: K): IterableIterator<BtfTypeOf<K>>;
  *types(kind?: BtfKind): IterableIterator<BtfType> {
    for (const id of this.ids(kind)) yield this.type(id);
  }

  /** Ids of all types of a kind. Decodes nothing. */
  *ids(kind?: BtfKind): IterableIterator<number> {
    if (this.base !== undefined) yield* this.base.ids(kind);
    const offsets = this.#offsets;
    const { words } = this.#sections;
    const { firstId } = this;
    for (let i = 0; i < offsets.length; i++) {
      if (kind === undefined || kindAt(words, offsets[i]!) === kind) yield firstId + i;
    }
  }

  /** Names of all named types of a kind, in order of id; the same name can come twice. Made for listings: types are not decoded. */
  names(kind: BtfKind): string[] {
    return [...(this.base?.names(kind) ?? []), ...this.ownNames(kind)];
  }

  /** The same without the base: of a module's BTF what the module itself has. */
  ownNames(kind: BtfKind): string[] {
    const names: string[] = [];
    const { words } = this.#sections;
    const read = this.#bulkReader();
    const offsets = this.#offsets;
    for (let i = 0; i < offsets.length; i++) {
      const at = offsets[i]!;
      const nameOffset = words[at]!;
      if (nameOffset !== 0 && kindAt(words, at) === kind) names.push(read(nameOffset));
    }
    return names;
  }

  /** All types of a kind whose name matches. */
  *findAll<K extends BtfKind>(pattern: RegExp | ((name: string) => boolean), kind: K): IterableIterator<BtfTypeOf<K>> {
    const matches = typeof pattern === 'function' ? pattern : (name: string) => name.search(pattern) >= 0;
    if (this.base !== undefined) yield* this.base.findAll(pattern, kind);
    const offsets = this.#offsets;
    const { words } = this.#sections;
    const read = this.#bulkReader();
    for (let i = 0; i < offsets.length; i++) {
      const at = offsets[i]!;
      if (kindAt(words, at) !== kind) continue;
      if (matches(read(words[at]!))) yield this.type(this.firstId + i) as BtfTypeOf<K>;
    }
  }

  /** The enum constant with this name, and its enum. Only the enum that has it is decoded. */
  findEnumerator(name: string): { readonly type: EnumType; readonly value: bigint } | undefined {
    const offsets = this.#offsets;
    const { words } = this.#sections;
    for (const nameOffset of this.#stringOffsets(name)) {
      for (let i = 0; i < offsets.length; i++) {
        if (kindAt(words, offsets[i]!) !== 'enum') continue;
        const position = enumeratorPosition(words, offsets[i]!, nameOffset);
        if (position < 0) continue;
        const type = this.type(this.firstId + i) as EnumType;
        return { type, value: type.values[position]!.value };
      }
    }
    return this.base?.findEnumerator(name);
  }

  get #offsets(): Uint32Array {
    const { offsets, count } = this.#index.complete();
    return offsets.subarray(0, count);
  }

  /** Length of the string tables of this and its bases. */
  get #stringsLength(): number {
    return this.#sections.strings.length + (this.base === undefined ? 0 : this.base.#stringsLength);
  }

  #string(offset: number): string {
    const before = this.base === undefined ? 0 : this.base.#stringsLength;
    if (offset < before) return this.base!.#string(offset);
    return readString(this.#sections.strings, offset - before);
  }

  #bulkReader(): (offset: number) => string {
    const before = this.base === undefined ? 0 : this.base.#stringsLength;
    const own = bulkReader(this.#sections.strings);
    if (before === 0) return own;
    return (offset) => (offset < before ? this.base!.#string(offset) : own(offset - before));
  }

  /** Where a name stands in the string tables. Encoders share equal strings, so the first is the one in practice. */
  *#stringOffsets(name: string): IterableIterator<number> {
    if (name === '') return;
    if (this.base !== undefined) yield* this.base.#stringOffsets(name);
    const before = this.base === undefined ? 0 : this.base.#stringsLength;
    for (const offset of findString(this.#sections.strings, name)) yield offset + before;
  }
}

function kindAt(words: Uint32Array, at: number): BtfKind {
  return KINDS[(words[at + 1]! >>> 24) & 0x1f]!;
}

/** Position of the enumerator with this name in the enum at word `at`; -1 if it has none such. */
function enumeratorPosition(words: Uint32Array, at: number, nameOffset: number): number {
  const info = words[at + 1]!;
  const step = ITEM_WORDS[(info >>> 24) & 0x1f]!;
  const count = info & 0xffff;
  for (let i = 0; i < count; i++) if (words[at + 3 + i * step] === nameOffset) return i;
  return -1;
}
