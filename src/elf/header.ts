import { FormatError } from '../base/index.ts';
import { cString, type RandomAccess, readChecked, viewOf } from './source.ts';

export interface ElfHeader {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  /** ElfType. */
  readonly type: number;
  /** Machine. */
  readonly machine: number;
  readonly entry: bigint;
  readonly flags: number;
  readonly sectionCount: number;
  readonly segmentCount: number;
  readonly sectionOffset: number;
  readonly sectionEntrySize: number;
  readonly segmentOffset: number;
  readonly segmentEntrySize: number;
  readonly sectionNamesIndex: number;
}

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** SectionType. */
  readonly type: number;
  /** SectionFlag bits. */
  readonly flags: bigint;
  readonly address: bigint;
  readonly fileOffset: number;
  readonly sizeBytes: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
}

export interface ElfSegment {
  /** SegmentType. */
  readonly type: number;
  /** SegmentFlag bits. */
  readonly flags: number;
  readonly fileOffset: bigint;
  readonly address: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
  readonly alignment: bigint;
}

/** Reads fields of one record of a table, in the file's byte order and word size. */
class RecordReader {
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #base: number;

  constructor(view: DataView, littleEndian: boolean, base: number) {
    this.#view = view;
    this.#little = littleEndian;
    this.#base = base;
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, this.#little);
  }

  /** A u64 that is used as an offset or length in the file: more than 2^53 can't be one. */
  size(at: number, what: string): number {
    const value = this.u64(at);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new FormatError('ELF', this.#base + at, `${what} is out of range`);
    return Number(value);
  }
}

const longestSectionName = 1024;
/** More entries than this are taken for damage: the largest object files have some hundred thousand. */
const mostEntries = 2 ** 20;

export function decodeHeader(source: RandomAccess): ElfHeader {
  if (source.sizeBytes < 20) throw new FormatError('ELF', 0, 'not an ELF file');
  const ident = readChecked(source, 'identification', 0, 20);
  if (ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46) {
    throw new FormatError('ELF', 0, 'not an ELF file');
  }
  if (ident[4] !== 1 && ident[4] !== 2) throw new FormatError('ELF', 4, `unknown class ${ident[4]}`);
  if (ident[5] !== 1 && ident[5] !== 2) throw new FormatError('ELF', 5, `unknown byte order ${ident[5]}`);
  const bits = ident[4] === 1 ? 32 : 64;
  const littleEndian = ident[5] === 1;
  const reader = new RecordReader(viewOf(readChecked(source, 'header', 0, bits === 64 ? 64 : 52)), littleEndian, 0);
  const tail = bits === 64 ? 48 : 36;
  const header: ElfHeader = {
    bits,
    littleEndian,
    type: reader.u16(16),
    machine: reader.u16(18),
    entry: bits === 64 ? reader.u64(24) : BigInt(reader.u32(24)),
    segmentOffset: bits === 64 ? reader.size(32, 'program header offset') : reader.u32(28),
    sectionOffset: bits === 64 ? reader.size(40, 'section header offset') : reader.u32(32),
    flags: reader.u32(tail),
    segmentEntrySize: reader.u16(tail + 6),
    segmentCount: reader.u16(tail + 8),
    sectionEntrySize: reader.u16(tail + 10),
    sectionCount: reader.u16(tail + 12),
    sectionNamesIndex: reader.u16(tail + 14),
  };
  return withExtendedCounts(source, header);
}

/** Counts that don't fit 16 bits stand in the first section header. */
function withExtendedCounts(source: RandomAccess, header: ElfHeader): ElfHeader {
  const extended = header.sectionCount === 0 || header.segmentCount === 0xffff || header.sectionNamesIndex === 0xffff;
  if (!extended || header.sectionOffset === 0) return header;
  const wide = header.bits === 64;
  const bytes = readChecked(source, 'first section header', header.sectionOffset, wide ? 64 : 40);
  const reader = new RecordReader(viewOf(bytes), header.littleEndian, header.sectionOffset);
  return {
    ...header,
    sectionCount:
      header.sectionCount === 0 ? (wide ? reader.size(32, 'section count') : reader.u32(20)) : header.sectionCount,
    sectionNamesIndex: header.sectionNamesIndex === 0xffff ? reader.u32(wide ? 40 : 24) : header.sectionNamesIndex,
    segmentCount: header.segmentCount === 0xffff ? reader.u32(wide ? 44 : 28) : header.segmentCount,
  };
}

function readTable(
  source: RandomAccess,
  what: string,
  offset: number,
  count: number,
  entrySize: number,
  minimum: number,
): Uint8Array {
  if (entrySize < minimum)
    throw new FormatError('ELF', offset, `${what} entries have ${entrySize} bytes, not ${minimum}`);
  if (count > mostEntries) throw new FormatError('ELF', offset, `${what} claims ${count} entries`);
  return readChecked(source, what, offset, count * entrySize);
}

export function decodeSections(source: RandomAccess, header: ElfHeader): ElfSection[] {
  if (header.sectionOffset === 0 || header.sectionCount === 0) return [];
  const wide = header.bits === 64;
  const entrySize = header.sectionEntrySize;
  const table = readTable(
    source,
    'section header table',
    header.sectionOffset,
    header.sectionCount,
    entrySize,
    wide ? 64 : 40,
  );
  const nameOffsets: number[] = [];
  const sections: ElfSection[] = [];
  for (let index = 0; index < header.sectionCount; index++) {
    const base = header.sectionOffset + index * entrySize;
    const reader = new RecordReader(
      viewOf(table.subarray(index * entrySize, (index + 1) * entrySize)),
      header.littleEndian,
      base,
    );
    nameOffsets.push(reader.u32(0));
    sections.push(wide ? decodeSection64(reader, index) : decodeSection32(reader, index));
  }
  const names = sections[header.sectionNamesIndex];
  if (!names) return sections;
  const strings = readChecked(source, 'section names', names.fileOffset, names.type === 8 ? 0 : names.sizeBytes);
  return sections.map((section, index) => ({
    ...section,
    name: cString(strings, nameOffsets[index]!, nameOffsets[index]! + longestSectionName) ?? '',
  }));
}

function decodeSection64(reader: RecordReader, index: number): ElfSection {
  return {
    index,
    name: '',
    type: reader.u32(4),
    flags: reader.u64(8),
    address: reader.u64(16),
    fileOffset: reader.size(24, 'section offset'),
    sizeBytes: reader.size(32, 'section size'),
    link: reader.u32(40),
    info: reader.u32(44),
    alignment: reader.size(48, 'section alignment'),
    entrySize: reader.size(56, 'section entry size'),
  };
}

function decodeSection32(reader: RecordReader, index: number): ElfSection {
  return {
    index,
    name: '',
    type: reader.u32(4),
    flags: BigInt(reader.u32(8)),
    address: BigInt(reader.u32(12)),
    fileOffset: reader.u32(16),
    sizeBytes: reader.u32(20),
    link: reader.u32(24),
    info: reader.u32(28),
    alignment: reader.u32(32),
    entrySize: reader.u32(36),
  };
}

export function decodeSegments(source: RandomAccess, header: ElfHeader): ElfSegment[] {
  if (header.segmentOffset === 0 || header.segmentCount === 0) return [];
  const wide = header.bits === 64;
  const entrySize = header.segmentEntrySize;
  const table = readTable(
    source,
    'program header table',
    header.segmentOffset,
    header.segmentCount,
    entrySize,
    wide ? 56 : 32,
  );
  const segments: ElfSegment[] = [];
  for (let index = 0; index < header.segmentCount; index++) {
    const base = header.segmentOffset + index * entrySize;
    const reader = new RecordReader(
      viewOf(table.subarray(index * entrySize, (index + 1) * entrySize)),
      header.littleEndian,
      base,
    );
    segments.push(wide ? decodeSegment64(reader) : decodeSegment32(reader));
  }
  return segments;
}

function decodeSegment64(reader: RecordReader): ElfSegment {
  return {
    type: reader.u32(0),
    flags: reader.u32(4),
    fileOffset: reader.u64(8),
    address: reader.u64(16),
    fileSize: reader.u64(32),
    memorySize: reader.u64(40),
    alignment: reader.u64(48),
  };
}

function decodeSegment32(reader: RecordReader): ElfSegment {
  return {
    type: reader.u32(0),
    fileOffset: BigInt(reader.u32(4)),
    address: BigInt(reader.u32(8)),
    fileSize: BigInt(reader.u32(16)),
    memorySize: BigInt(reader.u32(20)),
    flags: reader.u32(24),
    alignment: BigInt(reader.u32(28)),
  };
}
