/** Writes relocatable ELF files: 64 bits, little-endian, as BPF objects are. */
import { ElfType, Machine, SectionType, SymbolBinding, SymbolType } from './constants.ts';

export interface ObjectSection {
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** SHF_*. */
  readonly flags: number;
  readonly data: Uint8Array;
  /** Of a section without contents in the file (SHT_NOBITS); else the data's length counts. */
  readonly sizeBytes?: number;
  readonly relocations?: readonly ObjectRelocation[];
}

export interface ObjectSymbol {
  readonly name: string;
  /** STT_*. */
  readonly type: number;
  readonly isGlobal: boolean;
  /** Index in the list of sections. */
  readonly section: number;
  readonly value: number;
  readonly sizeBytes: number;
}

export interface ObjectRelocation {
  readonly offset: number;
  /** R_*. */
  readonly type: number;
  /** The symbol's name. */
  readonly symbol: string;
}

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const RELOCATION_BYTES = 16;

interface PlacedSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly data: Uint8Array;
  readonly sizeBytes: number;
  readonly link: number;
  readonly info: number;
  readonly entryBytes: number;
}

/** A BPF object of these sections and symbols. Symbols' names are unique. */
export function writeBpfObject(sections: readonly ObjectSection[], symbols: readonly ObjectSymbol[]): Uint8Array {
  const strings = new Strings();
  // Local symbols stand first, as the format wants.
  const ordered = [...symbols.filter(({ isGlobal }) => !isGlobal), ...symbols.filter(({ isGlobal }) => isGlobal)];
  const numbers = new Map(ordered.map(({ name }, index) => [name, index + 1]));
  const relocated = sections.filter(({ relocations = [] }) => relocations.length > 0);
  const symbolTable = 1 + sections.length + relocated.length;
  const placed: PlacedSection[] = [{ ...EMPTY, name: '' }];
  for (const { name, type, flags, data, sizeBytes = data.length } of sections)
    placed.push({ ...EMPTY, name, type, flags, data, sizeBytes });
  for (const section of relocated) {
    const data = writeRelocations(section.relocations ?? [], numbers);
    placed.push({
      ...EMPTY,
      name: `.rel${section.name}`,
      type: SectionType.Rel,
      data,
      sizeBytes: data.length,
      link: symbolTable,
      info: sections.indexOf(section) + 1,
      entryBytes: RELOCATION_BYTES,
    });
  }
  const table = writeSymbols(ordered, strings);
  placed.push({
    ...EMPTY,
    name: '.symtab',
    type: SectionType.SymbolTable,
    data: table,
    sizeBytes: table.length,
    link: symbolTable + 1,
    info: 1 + ordered.filter(({ isGlobal }) => !isGlobal).length,
    entryBytes: SYMBOL_BYTES,
  });
  return assemble(placed, strings);
}

const EMPTY = {
  type: SectionType.Null as number,
  flags: 0,
  data: new Uint8Array(0),
  sizeBytes: 0,
  link: 0,
  info: 0,
  entryBytes: 0,
} as const;

function writeSymbols(symbols: readonly ObjectSymbol[], strings: Strings): Uint8Array {
  const bytes = new Uint8Array((symbols.length + 1) * SYMBOL_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { name, type, isGlobal, section, value, sizeBytes }] of symbols.entries()) {
    const at = (index + 1) * SYMBOL_BYTES;
    // A section's symbol has the section's name, not one of its own.
    view.setUint32(at, type === SymbolType.Section ? 0 : strings.add(name), true);
    view.setUint8(at + 4, ((isGlobal ? SymbolBinding.Global : SymbolBinding.Local) << 4) | type);
    view.setUint16(at + 6, section + 1, true);
    view.setBigUint64(at + 8, BigInt(value), true);
    view.setBigUint64(at + 16, BigInt(sizeBytes), true);
  }
  return bytes;
}

function writeRelocations(relocations: readonly ObjectRelocation[], numbers: ReadonlyMap<string, number>): Uint8Array {
  const bytes = new Uint8Array(relocations.length * RELOCATION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { offset, type, symbol }] of relocations.entries()) {
    view.setBigUint64(index * RELOCATION_BYTES, BigInt(offset), true);
    const number = numbers.get(symbol) ?? 0;
    view.setBigUint64(index * RELOCATION_BYTES + 8, (BigInt(number) << 32n) | BigInt(type), true);
  }
  return bytes;
}

function assemble(sections: PlacedSection[], strings: Strings): Uint8Array {
  for (const { name } of sections) strings.add(name);
  const names = strings.add('.strtab');
  const text = strings.bytes();
  const all = [
    ...sections,
    { ...EMPTY, name: '.strtab', type: SectionType.StringTable, data: text, sizeBytes: text.length },
  ];
  let end = HEADER_BYTES;
  const offsets = all.map(({ data }) => {
    const offset = end;
    end = align8(end + data.length);
    return offset;
  });
  const bytes = new Uint8Array(end + all.length * SECTION_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  writeHeader(view, end, all.length);
  for (const [index, section] of all.entries()) {
    bytes.set(section.data, offsets[index]!);
    const name = section.name === '.strtab' ? names : strings.add(section.name);
    writeSectionHeader(view, end + index * SECTION_HEADER_BYTES, section, name, index === 0 ? 0 : offsets[index]!);
  }
  return bytes;
}

function writeHeader(view: DataView, sectionsAt: number, count: number): void {
  const identification = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1];
  for (const [at, byte] of identification.entries()) view.setUint8(at, byte);
  view.setUint16(16, ElfType.Relocatable, true);
  view.setUint16(18, Machine.Bpf, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(sectionsAt), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, count, true);
  view.setUint16(62, count - 1, true);
}

function writeSectionHeader(view: DataView, at: number, section: PlacedSection, name: number, offset: number): void {
  view.setUint32(at, name, true);
  view.setUint32(at + 4, section.type, true);
  view.setBigUint64(at + 8, BigInt(section.flags), true);
  view.setBigUint64(at + 24, BigInt(offset), true);
  view.setBigUint64(at + 32, BigInt(section.sizeBytes), true);
  view.setUint32(at + 40, section.link, true);
  view.setUint32(at + 44, section.info, true);
  view.setBigUint64(at + 48, section.type === SectionType.Null ? 0n : alignmentOf(section), true);
  view.setBigUint64(at + 56, BigInt(section.entryBytes), true);
}

const alignmentOf = ({ type, flags }: PlacedSection): bigint =>
  type === SectionType.StringTable || (flags === 0 && type === SectionType.ProgramBits) ? 1n : 8n;
const align8 = (size: number): number => Math.ceil(size / 8) * 8;

class Strings {
  readonly #offsets = new Map<string, number>([['', 0]]);
  #text = '\0';

  add(name: string): number {
    let offset = this.#offsets.get(name);
    if (offset === undefined) {
      offset = this.#text.length;
      this.#offsets.set(name, offset);
      this.#text += `${name}\0`;
    }
    return offset;
  }

  /** Names are ASCII. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#text, (character) => character.charCodeAt(0) & 0xff);
  }
}
