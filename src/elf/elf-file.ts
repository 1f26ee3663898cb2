import { FormatError } from '../base/index.ts';
import { ElfType, SectionFlag, SectionType, SegmentFlag, SegmentType } from './constants.ts';
import { GnuHash } from './gnu-hash.ts';
import {
  decodeHeader,
  decodeSections,
  decodeSegments,
  type ElfHeader,
  type ElfSection,
  type ElfSegment,
} from './header.ts';
import { decodeNotes, decodeUsdtNote, type ElfNote, type UsdtNote } from './notes.ts';
import { BytesSource, cString, type RandomAccess, readChecked, viewOf } from './source.ts';
import { type ElfSymbol, functionSymbols, type SymbolFilter, SymbolTable } from './symbol-table.ts';
import { SymbolVersions } from './versions.ts';

/** Notes larger than this in all are taken for damage (USDT notes of large programs take some hundred kilobytes). */
const largestNotesBytes = 64 * 1024 * 1024;

/** Where parts of debug information are that several files share. */
export interface AlternateLink {
  readonly fileName: string;
  /** Lower-case hexadecimal: a build id or a checksum. */
  readonly id: string;
}

/** Where a stripped file's debug information is: a file name and the CRC-32 of that file. */
export interface DebugLink {
  readonly fileName: string;
  readonly crc32: number;
}

/**
 * An ELF file, read piece by piece on demand. Nothing is copied that isn't asked for, so a binary of hundreds of
 * megabytes costs what is looked at. Every method throws FormatError when the file is damaged there.
 * Packed contents of sections come as they are: unpacking them is for others.
 */
export class ElfFile {
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly #source: RandomAccess;
  #symbols: SymbolTable | undefined | null = null;
  #dynamicSymbols: SymbolTable | undefined | null = null;

  /** Reads the headers. */
  static open(source: RandomAccess): ElfFile {
    return new ElfFile(source);
  }

  static fromBytes(bytes: Uint8Array): ElfFile {
    return new ElfFile(new BytesSource(bytes));
  }

  private constructor(source: RandomAccess) {
    this.#source = source;
    this.header = decodeHeader(source);
    this.segments = decodeSegments(source, this.header);
    this.sections = decodeSections(source, this.header);
  }

  get bits(): 32 | 64 {
    return this.header.bits;
  }

  get littleEndian(): boolean {
    return this.header.littleEndian;
  }

  /** Addresses are relative to where the kernel or the loader maps the file: shared libraries and PIE programs. */
  get isPositionIndependent(): boolean {
    return this.header.type === ElfType.Shared;
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Contents as they lie in the file; empty for sections without (.bss, and all of them in a separate debug file). */
  sectionData(section: ElfSection): Uint8Array {
    if (section.type === SectionType.NoBits || section.type === SectionType.Null) return new Uint8Array();
    return readChecked(this.#source, section.name || `section ${section.index}`, section.fileOffset, section.sizeBytes);
  }

  isCompressed(section: ElfSection): boolean {
    return (section.flags & BigInt(SectionFlag.Compressed)) !== 0n;
  }

  /** The full symbol table; undefined in a stripped file. */
  get symbols(): SymbolTable | undefined {
    if (this.#symbols === null) this.#symbols = this.#symbolTable(SectionType.SymbolTable);
    return this.#symbols;
  }

  /** What the dynamic linker sees. */
  get dynamicSymbols(): SymbolTable | undefined {
    if (this.#dynamicSymbols === null) this.#dynamicSymbols = this.#symbolTable(SectionType.DynamicSymbols);
    return this.#dynamicSymbols;
  }

  /** Symbols of that name in the dynamic table, else in the full one. */
  findSymbols(name: string, filter: SymbolFilter = {}): ElfSymbol[] {
    const dynamic = this.dynamicSymbols?.find(name, filter) ?? [];
    return dynamic.length > 0 ? dynamic : (this.symbols?.find(name, filter) ?? []);
  }

  /** Functions that the file defines, from both tables; a function that is in both comes twice. */
  *functions(match?: (name: string) => boolean): Generator<ElfSymbol> {
    if (this.symbols) yield* this.symbols.list(functionSymbols, match);
    if (this.dynamicSymbols) yield* this.dynamicSymbols.list(functionSymbols, match);
  }

  /** The function that holds this virtual address. */
  functionAt(address: bigint): ElfSymbol | undefined {
    return this.symbols?.functionAt(address) ?? this.dynamicSymbols?.functionAt(address);
  }

  /** Whether the loader makes this virtual address executable. */
  isCode(address: bigint): boolean {
    return this.segments.some(
      ({ type, flags, address: start, memorySize }) =>
        type === SegmentType.Load &&
        (flags & SegmentFlag.Execute) !== 0 &&
        address >= start &&
        address < start + memorySize,
    );
  }

  /** File offset of a virtual address; undefined when the file has no byte for it. */
  fileOffsetOf(address: bigint): bigint | undefined {
    for (const segment of this.segments) {
      if (segment.type !== SegmentType.Load) continue;
      const distance = address - segment.address;
      if (distance >= 0n && distance < segment.fileSize) return segment.fileOffset + distance;
    }
    return undefined;
  }

  /** What lies at a virtual address and behind it, up to the end of its segment; undefined where the file has nothing. */
  bytesAt(address: bigint, sizeBytes: number): Uint8Array | undefined {
    const segment = this.segments.find(
      ({ type, address: start, fileSize }) =>
        type === SegmentType.Load && address >= start && address < start + fileSize,
    );
    if (segment === undefined) return undefined;
    const distance = address - segment.address;
    const available = Math.min(sizeBytes, Number(segment.fileSize - distance));
    return readChecked(this.#source, 'code', Number(segment.fileOffset + distance), available);
  }

  /**
   * Virtual address of a byte of the file; undefined when it is in no loaded segment. Segments share pages of the
   * file at their edges, so an executable one is preferred.
   */
  addressOf(fileOffset: bigint): bigint | undefined {
    let found: bigint | undefined;
    for (const segment of this.segments) {
      if (segment.type !== SegmentType.Load) continue;
      const distance = fileOffset - segment.fileOffset;
      if (distance < 0n || distance >= segment.fileSize) continue;
      if ((segment.flags & SegmentFlag.Execute) !== 0) return segment.address + distance;
      found ??= segment.address + distance;
    }
    return found;
  }

  /** Notes of all note sections, or of the note segments in a file without sections. */
  *notes(): Generator<ElfNote> {
    const sections = this.sections.filter((section) => section.type === SectionType.Note);
    const ranges =
      sections.length > 0
        ? sections.map((section) => ({
            offset: section.fileOffset,
            size: section.sizeBytes,
            alignment: section.alignment,
          }))
        : this.segments
            .filter((segment) => segment.type === SegmentType.Note)
            .map((segment) => ({
              offset: Number(segment.fileOffset),
              size: Number(segment.fileSize),
              alignment: Number(segment.alignment),
            }));
    let total = 0;
    for (const { offset, size, alignment } of ranges) {
      total += size;
      if (total > largestNotesBytes) throw new FormatError('ELF', offset, 'notes are too large');
      yield* decodeNotes(readChecked(this.#source, 'notes', offset, size), this.littleEndian, alignment, offset);
    }
  }

  /** The linker's build id, lower-case hexadecimal. */
  buildId(): string | undefined {
    for (const note of this.notes()) {
      if (note.owner === 'GNU' && note.type === 3 && note.description.length > 0) return hex(note.description);
    }
    return undefined;
  }

  /** USDT probes, in the file's order. One probe has as many notes as it has places in the code. */
  *usdtNotes(): Generator<UsdtNote> {
    const base = this.section('.stapsdt.base')?.address;
    for (const note of this.notes()) {
      if (note.owner === 'stapsdt' && note.type === 3)
        yield decodeUsdtNote(note.description, this.bits, this.littleEndian, base);
    }
  }

  debugLink(): DebugLink | undefined {
    const section = this.section('.gnu_debuglink');
    if (!section) return undefined;
    const bytes = this.sectionData(section);
    const fileName = cString(bytes, 0);
    const crcAt = fileName === undefined ? bytes.length : Math.ceil((bytes.indexOf(0) + 1) / 4) * 4;
    if (fileName === undefined || crcAt + 4 > bytes.length)
      throw new FormatError('ELF', section.fileOffset, 'debug link is cut off');
    return { fileName, crc32: viewOf(bytes).getUint32(crcAt, this.littleEndian) };
  }

  /**
   * The file that debug information shares its repeated parts with: its path, relative to this file's folder, and what it is known by.
   * In GNU's words (.gnu_debugaltlink) that is its build id, in those of DWARF 5 (7.3.6, .debug_sup) a checksum that is in both.
   */
  alternateLink(): AlternateLink | undefined {
    const section = this.section('.gnu_debugaltlink');
    if (!section) return this.#supplement(0);
    const bytes = this.sectionData(section);
    const fileName = cString(bytes, 0);
    if (fileName === undefined) throw new FormatError('ELF', section.fileOffset, 'debug link is cut off');
    return { fileName, id: hex(bytes.subarray(bytes.indexOf(0) + 1)) };
  }

  /** The file is the one that a link of another file means. */
  isAlternateOf({ id }: AlternateLink): boolean {
    return id !== '' && (this.buildId() === id || this.#supplement(1)?.id === id);
  }

  /** `kind` 0: the file refers to another one; 1: it is such another one. */
  #supplement(kind: 0 | 1): AlternateLink | undefined {
    const section = this.section('.debug_sup');
    if (!section) return undefined;
    const bytes = this.sectionData(section);
    const fileName = cString(bytes, 3);
    const lengthAt = bytes.indexOf(0, 3) + 1;
    const length = bytes[lengthAt];
    // A version, whether it is the other file, its name, the checksum's length: LEB128, but none is longer than 127 bytes.
    if (fileName === undefined || length === undefined || length > 127 || lengthAt + 1 + length > bytes.length)
      throw new FormatError('ELF', section.fileOffset, 'debug link is cut off');
    if (bytes[2] !== kind) return undefined;
    return { fileName, id: hex(bytes.subarray(lengthAt + 1, lengthAt + 1 + length)) };
  }

  /** Path of the dynamic linker that the file asks for; undefined for static programs and most libraries. */
  interpreter(): string | undefined {
    const segment = this.segments.find((candidate) => candidate.type === SegmentType.Interpreter);
    if (!segment) return undefined;
    if (segment.fileSize > 4096n)
      throw new FormatError('ELF', Number(segment.fileOffset), 'interpreter path is too long');
    return cString(readChecked(this.#source, 'interpreter', Number(segment.fileOffset), Number(segment.fileSize)), 0);
  }

  #symbolTable(type: number): SymbolTable | undefined {
    const section = this.sections.find((candidate) => candidate.type === type);
    if (!section) return undefined;
    const strings = this.sections[section.link];
    if (strings?.type !== SectionType.StringTable)
      throw new FormatError('ELF', section.fileOffset, `${section.name} has no string table`);
    if (type !== SectionType.DynamicSymbols)
      return new SymbolTable(this.#source, this.header, section, strings, { sections: this.sections });
    const hash = this.sections.find((candidate) => candidate.type === SectionType.GnuHash);
    return new SymbolTable(this.#source, this.header, section, strings, {
      sections: this.sections,
      versions: this.#versions(strings),
      hash: hash && new GnuHash(this.#source, this.header, hash),
    });
  }

  #versions(strings: ElfSection): SymbolVersions | undefined {
    const indices = this.sections.find((section) => section.type === SectionType.VersionSymbols);
    const definitions = this.sections.find((section) => section.type === SectionType.VersionDefinitions);
    if (!indices || !definitions) return undefined;
    const data = this.sectionData(definitions);
    return new SymbolVersions(
      this.sectionData(indices),
      data,
      this.sectionData(strings),
      definitions,
      this.littleEndian,
    );
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
