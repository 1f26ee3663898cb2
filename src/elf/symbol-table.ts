import { FormatError } from '../base/index.ts';
import { AddressIndex } from './address-index.ts';
import { Machine, SectionIndex, SymbolBinding, SymbolType } from './constants.ts';
import type { GnuHash } from './gnu-hash.ts';
import type { ElfHeader, ElfSection } from './header.ts';
import { findBytes } from './search.ts';
import { cString, type RandomAccess, readChecked, viewOf } from './source.ts';
import type { SymbolVersions } from './versions.ts';

/** Longer names are taken for damage; mangled names of real programs stay well below. */
const longestNameBytes = 64 * 1024;

export interface ElfSymbol {
  /** Position in its table. */
  readonly index: number;
  /** Without a version suffix. */
  readonly name: string;
  /** `GLIBC_2.14` of `memcpy@@GLIBC_2.14`. */
  readonly version?: string;
  /** False for `name@VERSION`: an old version that new programs don't link with. */
  readonly isDefaultVersion: boolean;
  /** Virtual address (offset in its section in a relocatable file). */
  readonly address: bigint;
  readonly sizeBytes: bigint;
  /** SymbolType. */
  readonly type: number;
  /** SymbolBinding. */
  readonly binding: number;
  /** Index of its section, or a SectionIndex. */
  readonly section: number;
}

export interface SymbolFilter {
  /** SymbolType values to keep; absent: all. */
  readonly types?: readonly number[];
  /** Also symbols that other files define. */
  readonly undefined?: boolean;
}

/** Functions that a file defines, as a filter. */
export const functionSymbols: SymbolFilter = { types: [SymbolType.Function, SymbolType.IndirectFunction] };

/** Where the fields of a symbol lie, by word size. */
interface Layout {
  readonly sizeBytes: number;
  readonly info: number;
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

const layout64: Layout = { sizeBytes: 24, info: 4, section: 6, value: 8, size: 16 };
const layout32: Layout = { sizeBytes: 16, info: 12, section: 14, value: 4, size: 8 };

export interface SymbolTableExtras {
  /** Bound functions of unknown size. */
  readonly sections?: readonly ElfSection[];
  readonly versions?: SymbolVersions | undefined;
  readonly hash?: GnuHash | undefined;
}

/**
 * One symbol table (.symtab or .dynsym). Symbols are read where they lie: a look-up makes objects only for
 * what it finds. Errors: FormatError.
 */
export class SymbolTable {
  readonly count: number;
  readonly #source: RandomAccess;
  readonly #header: ElfHeader;
  readonly #section: ElfSection;
  readonly #stringSection: ElfSection;
  readonly #versions: SymbolVersions | undefined;
  readonly #hash: GnuHash | undefined;
  readonly #sections: readonly ElfSection[];
  readonly #layout: Layout;
  #entries: DataView | undefined;
  #strings: Uint8Array | undefined;
  #functions: { readonly index: AddressIndex; readonly base: bigint } | undefined;

  constructor(
    source: RandomAccess,
    header: ElfHeader,
    section: ElfSection,
    strings: ElfSection,
    extra: SymbolTableExtras = {},
  ) {
    this.#source = source;
    this.#header = header;
    this.#section = section;
    this.#stringSection = strings;
    this.#versions = extra.versions;
    this.#hash = extra.hash;
    this.#sections = extra.sections ?? [];
    this.#layout = header.bits === 64 ? layout64 : layout32;
    if (section.entrySize !== this.#layout.sizeBytes) {
      throw new FormatError('ELF', section.fileOffset, `symbols of ${section.entrySize} bytes in ${section.name}`);
    }
    this.count = Math.floor(section.sizeBytes / this.#layout.sizeBytes);
  }

  /**
   * All symbols of that name, by the file's hash table or a search in the string table. A version may follow: `memcpy@GLIBC_2.2.5` finds
   * that version, `memcpy@@GLIBC_2.14` finds it only if it is the default one.
   */
  find(name: string, filter: SymbolFilter = {}): ElfSymbol[] {
    const wanted = splitVersion(name);
    if (this.#hash && filter.undefined !== true) return this.#findHashed(this.#hash, wanted, filter);
    const offsets = this.#nameOffsets(wanted.name);
    if (offsets.size === 0) return [];
    const only = offsets.size === 1 ? [...offsets][0]! : -1;
    const entries = this.#loadEntries();
    const little = this.#header.littleEndian;
    const found: ElfSymbol[] = [];
    for (let index = 1, at = this.#layout.sizeBytes; index < this.count; index++, at += this.#layout.sizeBytes) {
      const nameOffset = entries.getUint32(at, little);
      if (only >= 0 ? nameOffset !== only : !offsets.has(nameOffset)) continue;
      if (!this.#passes(entries, at, filter)) continue;
      const symbol = this.at(index);
      if (versionFits(symbol, wanted)) found.push(symbol);
    }
    return found;
  }

  #findHashed(hash: GnuHash, wanted: VersionedName, filter: SymbolFilter): ElfSymbol[] {
    const found: ElfSymbol[] = [];
    for (const index of hash.candidates(new TextEncoder().encode(wanted.name))) {
      if (index >= this.count) break;
      const symbol = this.at(index);
      const fits = symbol.section !== SectionIndex.Undefined && (filter.types?.includes(symbol.type) ?? true);
      if (fits && versionFits(symbol, wanted)) found.push(symbol);
    }
    return found;
  }

  /** The symbols that pass the filter, in the table's order; nameless ones never do. `match` sees the name without version. */
  *list(filter: SymbolFilter = {}, match?: (name: string) => boolean): Generator<ElfSymbol> {
    this.#strings ??= this.#readStrings();
    const entries = this.#loadEntries();
    for (let index = 1; index < this.count; index++) {
      if (!this.#passes(entries, index * this.#layout.sizeBytes, filter)) continue;
      const symbol = this.at(index);
      if (symbol.name !== '' && (match === undefined || match(symbol.name))) yield symbol;
    }
  }

  at(index: number): ElfSymbol {
    const size = this.#layout.sizeBytes;
    if (!(index >= 0 && index < this.count))
      throw new FormatError('ELF', this.#section.fileOffset, `no symbol ${index}`);
    const view = this.#entries
      ? new DataView(this.#entries.buffer, this.#entries.byteOffset + index * size, size)
      : viewOf(readChecked(this.#source, 'symbol', this.#section.fileOffset + index * size, size));
    const little = this.#header.littleEndian;
    const text = splitVersion(this.#nameAt(view.getUint32(0, little)));
    const version =
      text.version === undefined ? this.#versions?.at(index) : { name: text.version, hidden: !text.isDefault };
    const info = view.getUint8(this.#layout.info);
    const type = info & 15;
    return {
      index,
      name: text.name,
      ...(version === undefined ? {} : { version: version.name }),
      isDefaultVersion: version === undefined || !version.hidden,
      address: this.#codeAddress(this.#word(view, this.#layout.value), type),
      sizeBytes: this.#word(view, this.#layout.size),
      type,
      binding: info >> 4,
      section: view.getUint16(this.#layout.section, little),
    };
  }

  /**
   * The function that holds this virtual address. Of several names for one address a global one wins, then one
   * with fewer leading underscores. A function of unknown size (written in assembler) reaches to the next one,
   * or to the end of its section.
   */
  functionAt(address: bigint): ElfSymbol | undefined {
    this.#functions ??= this.#indexFunctions();
    const ids = this.#functions.index.find(Number(address - this.#functions.base));
    const symbols = ids.map((id) => this.at(id)).filter((symbol) => this.#mayReach(symbol, address));
    return symbols.length > 1 ? symbols.sort(byPreference)[0] : symbols[0];
  }

  #mayReach(symbol: ElfSymbol, address: bigint): boolean {
    const section = symbol.sizeBytes === 0n ? this.#sections[symbol.section] : undefined;
    return section === undefined || address < section.address + BigInt(section.sizeBytes);
  }

  /** The raw table isn't kept after this: a long-lived file costs 28 bytes a function, its names stay on disk. */
  #indexFunctions(): { index: AddressIndex; base: bigint } {
    const entries = this.#entries ?? this.#readEntries();
    const little = this.#header.littleEndian;
    const { sizeBytes, value, size } = this.#layout;
    const wide = this.#header.bits === 64;
    const isThumb = this.#header.machine === Machine.Arm;
    const highWord = (at: number): number => (wide ? entries.getUint32(at + (little ? 4 : 0), little) : 0);
    const lowWord = (at: number): number => entries.getUint32(at + (wide && !little ? 4 : 0), little);
    const ids = new Uint32Array(this.count);
    let length = 0;
    let baseHigh = 0xffffffff;
    for (let index = 1; index < this.count; index++) {
      const at = index * sizeBytes;
      if (!this.#passes(entries, at, functionSymbols)) continue;
      ids[length++] = index;
      baseHigh = Math.min(baseHigh, highWord(at + value));
    }
    const starts = new Float64Array(length);
    const sizes = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const at = ids[i]! * sizeBytes;
      const low = lowWord(at + value);
      starts[i] = (highWord(at + value) - baseHigh) * 2 ** 32 + (isThumb ? low - (low & 1) : low);
      sizes[i] = highWord(at + size) * 2 ** 32 + lowWord(at + size);
    }
    return { index: new AddressIndex(starts, sizes, ids.subarray(0, length)), base: BigInt(baseHigh) << 32n };
  }

  #passes(entries: DataView, at: number, filter: SymbolFilter): boolean {
    if (filter.types !== undefined && !filter.types.includes(entries.getUint8(at + this.#layout.info) & 15))
      return false;
    if (filter.undefined === true) return true;
    return entries.getUint16(at + this.#layout.section, this.#header.littleEndian) !== SectionIndex.Undefined;
  }

  #word(view: DataView, at: number): bigint {
    const little = this.#header.littleEndian;
    return this.#header.bits === 64 ? view.getBigUint64(at, little) : BigInt(view.getUint32(at, little));
  }

  /** On 32-bit ARM the lowest bit only says that the function is Thumb code. */
  #codeAddress(value: bigint, type: number): bigint {
    return this.#header.machine === Machine.Arm && type === SymbolType.Function ? value & ~1n : value;
  }

  #readEntries(): DataView {
    const bytes = readChecked(
      this.#source,
      this.#section.name,
      this.#section.fileOffset,
      this.count * this.#layout.sizeBytes,
    );
    return viewOf(bytes);
  }

  #loadEntries(): DataView {
    this.#entries ??= this.#readEntries();
    return this.#entries;
  }

  #readStrings(): Uint8Array {
    const { fileOffset, sizeBytes, name } = this.#stringSection;
    return readChecked(this.#source, name, fileOffset, sizeBytes);
  }

  /** Offsets at which the string table has `name`, ended or followed by a version; also as the tail of a longer string. */
  #nameOffsets(name: string): Set<number> {
    const offsets = new Set<number>();
    if (name === '') return offsets;
    const needle = new TextEncoder().encode(name);
    this.#strings ??= this.#readStrings();
    for (const at of findBytes(this.#strings, needle)) {
      const next = this.#strings[at + needle.length];
      if (next === 0 || next === 0x40) offsets.add(at);
    }
    return offsets;
  }

  #nameAt(offset: number): string {
    if (offset === 0) return '';
    if (this.#strings) {
      return (
        cString(this.#strings, offset, Math.min(this.#strings.length, offset + longestNameBytes)) ??
        this.#badName(offset)
      );
    }
    const { fileOffset, sizeBytes } = this.#stringSection;
    for (let length = 128; ; length *= 4) {
      const available = Math.min(length, sizeBytes - offset);
      if (available <= 0 || length > longestNameBytes * 4) return this.#badName(offset);
      const name = cString(readChecked(this.#source, 'symbol name', fileOffset + offset, available), 0);
      if (name !== undefined) return name;
      if (available < length) return this.#badName(offset);
    }
  }

  #badName(offset: number): never {
    throw new FormatError('ELF', this.#stringSection.fileOffset + offset, 'symbol name does not end');
  }
}

interface VersionedName {
  readonly name: string;
  readonly version?: string;
  readonly isDefault: boolean;
}

function splitVersion(text: string): VersionedName {
  const at = text.indexOf('@');
  if (at <= 0) return { name: text, isDefault: true };
  const isDefault = text[at + 1] === '@';
  return { name: text.slice(0, at), version: text.slice(at + (isDefault ? 2 : 1)), isDefault };
}

function versionFits(symbol: ElfSymbol, wanted: VersionedName): boolean {
  if (wanted.version === undefined) return symbol.name === wanted.name;
  return (
    symbol.name === wanted.name && symbol.version === wanted.version && (!wanted.isDefault || symbol.isDefaultVersion)
  );
}

function byPreference(a: ElfSymbol, b: ElfSymbol): number {
  return preference(a) - preference(b) || a.index - b.index;
}

/** Lower is better. */
function preference(symbol: ElfSymbol): number {
  const binding = symbol.binding === SymbolBinding.Local ? 2 : symbol.binding === SymbolBinding.Weak ? 1 : 0;
  const underscores = Math.min(9, symbol.name.length - symbol.name.replace(/^_+/, '').length);
  return (symbol.name === '' ? 1000 : 0) + (symbol.isDefaultVersion ? 0 : 100) + underscores * 10 + binding;
}
