/**
 * .gopclntab: the functions of a program written in Go, which its run-time needs for stacks of its own, so that also stripped
 * programs have it. The layouts are those of Go 1.2, 1.16, 1.18 and 1.20 (runtime/symtab.go, debug/gosym).
 */
import { FormatError } from '../base/index.ts';
import { SymbolBinding, SymbolType } from './constants.ts';
import type { ElfFile } from './elf-file.ts';
import type { ElfSection } from './header.ts';
import { cString, viewOf } from './source.ts';
import type { ElfSymbol, SymbolFilter } from './symbol-table.ts';

interface Layout {
  readonly count: number;
  /** Added to the addresses of the table. */
  readonly textStart: number;
  /** Offset of the list of functions, each an address and the offset of its description, which counts from `described`. */
  readonly functions: number;
  readonly described: number;
  readonly names: number;
  /** Bytes of an address and of an offset in the list, and of the address that a description begins with. */
  readonly wordBytes: 4 | 8;
}

const SECTIONS: readonly string[] = ['.gopclntab', '.data.rel.ro.gopclntab'];
const GO_1_2 = 0xfffffffb;
const GO_1_16 = 0xfffffffa;
const GO_1_18 = 0xfffffff0;
const GO_1_20 = 0xfffffff1;

/** Undefined: it is not written in Go, or by a Go whose table is not known here. Throws FormatError. */
export function goFunctionsOf(elf: ElfFile): GoFunctions | undefined {
  const section = elf.sections.find(({ name }) => SECTIONS.includes(name));
  const text = elf.section('.text');
  if (section === undefined || text === undefined) return undefined;
  const reader = new TableReader(elf.sectionData(section), elf.littleEndian, section.name);
  const layout = layoutOf(reader, Number(text.address));
  return layout === undefined ? undefined : new GoFunctions(reader, layout, text.index);
}

export function isGoSection({ name }: ElfSection): boolean {
  return SECTIONS.includes(name) || name === '.note.go.buildid';
}

class TableReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #name: string;

  constructor(bytes: Uint8Array, littleEndian: boolean, name: string) {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.#little = littleEndian;
    this.#name = name;
  }

  fail(at: number, reason: string): never {
    throw new FormatError(this.#name, at, reason);
  }

  u32(at: number): number {
    if (at + 4 > this.bytes.length) this.fail(at, 'cut off');
    return this.#view.getUint32(at, this.#little);
  }

  word(at: number, sizeBytes: 4 | 8): number {
    if (sizeBytes === 4) return this.u32(at);
    if (at + 8 > this.bytes.length) this.fail(at, 'cut off');
    const value = Number(this.#view.getBigUint64(at, this.#little));
    return Number.isSafeInteger(value) ? value : this.fail(at, 'a number is out of range');
  }
}

function layoutOf(r: TableReader, textAddress: number): Layout | undefined {
  if (r.bytes.length < 8) return undefined;
  const magic = r.u32(0);
  const pointerBytes = r.bytes[7];
  if (pointerBytes !== 4 && pointerBytes !== 8) return undefined;
  const field = (index: number): number => r.word(8 + index * pointerBytes, pointerBytes);
  const count = magic === GO_1_2 || magic === GO_1_16 || magic === GO_1_18 || magic === GO_1_20 ? field(0) : 0;
  switch (magic) {
    case GO_1_2:
      return {
        count,
        textStart: 0,
        functions: 8 + pointerBytes,
        described: 0,
        names: 0,
        wordBytes: pointerBytes,
      };
    case GO_1_16:
      return {
        count,
        textStart: 0,
        functions: field(6),
        described: field(6),
        names: field(2),
        wordBytes: pointerBytes,
      };
    case GO_1_18:
    case GO_1_20:
      // In position-independent programs the dynamic linker puts the start there.
      return {
        count,
        textStart: field(2) || textAddress,
        functions: field(7),
        described: field(7),
        names: field(3),
        wordBytes: 4,
      };
    default:
      return undefined;
  }
}

/** What a symbol table offers, of the functions of a Go program. */
export class GoFunctions {
  readonly #reader: TableReader;
  readonly #layout: Layout;
  readonly #section: number;
  #byName: ReadonlyMap<string, readonly number[]> | undefined;

  constructor(reader: TableReader, layout: Layout, section: number) {
    const { functions, count, wordBytes } = layout;
    if (functions + (count * 2 + 1) * wordBytes > reader.bytes.length)
      reader.fail(functions, `${count} functions don't fit in the table`);
    this.#reader = reader;
    this.#layout = layout;
    this.#section = section;
  }

  find(name: string, filter: SymbolFilter = {}): ElfSymbol[] {
    if (filter.types?.includes(SymbolType.Function) === false) return [];
    this.#byName ??= this.#indexNames();
    return (this.#byName.get(name) ?? []).map((index) => this.#symbol(index));
  }

  *list(filter: SymbolFilter = {}, match: (name: string) => boolean = () => true): Generator<ElfSymbol> {
    if (filter.types?.includes(SymbolType.Function) === false) return;
    for (const [index, name] of this.#names()) if (match(name)) yield this.#symbol(index);
  }

  /** The function that holds this virtual address. */
  functionAt(address: bigint): ElfSymbol | undefined {
    const wanted = Number(address);
    let low = 0;
    let high = this.#layout.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#start(middle) <= wanted) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || wanted >= this.#start(low)) return undefined;
    return this.#symbol(low - 1);
  }

  #indexNames(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const [index, name] of this.#names()) {
      const known = found.get(name);
      if (known) known.push(index);
      else found.set(name, [index]);
    }
    return found;
  }

  /** Each name stands once in the table: names that are longer together than it overlap, and could take forever. */
  *#names(): Generator<readonly [number, string]> {
    let most = this.#reader.bytes.length;
    for (let index = 0; index < this.#layout.count; index++) {
      const name = this.#name(index);
      most -= name.length;
      if (most < 0) this.#reader.fail(0, 'names overlap');
      yield [index, name];
    }
  }

  /** Behind the last function stands where it ends. */
  #start(index: number): number {
    const { functions, wordBytes, textStart } = this.#layout;
    return textStart + this.#reader.word(functions + index * 2 * wordBytes, wordBytes);
  }

  #name(index: number): string {
    const { functions, wordBytes, described, names } = this.#layout;
    const offset = this.#reader.word(functions + index * 2 * wordBytes + wordBytes, wordBytes);
    const at = names + this.#reader.u32(described + offset + wordBytes);
    return cString(this.#reader.bytes, at) ?? this.#reader.fail(at, 'a name does not end');
  }

  #symbol(index: number): ElfSymbol {
    const start = this.#start(index);
    return {
      index,
      name: this.#name(index),
      isDefaultVersion: true,
      address: BigInt(start),
      sizeBytes: BigInt(Math.max(0, this.#start(index + 1) - start)),
      type: SymbolType.Function,
      binding: SymbolBinding.Local,
      section: this.#section,
    };
  }
}
