import { FormatError } from '../base/index.ts';
import type { DebugSections, ElfFile, ElfSection } from '../elf/index.ts';

/** Larger contents of one section are taken for damage. */
const largestSectionBytes = 4 * 2 ** 30;

const ZLIB = 1;
const ZSTD = 2;

/** The debug sections of a file, each read (and unpacked) when it is first asked for. */
export function debugSections(elf: ElfFile, openAlternate: () => ElfFile | undefined = () => undefined): DebugSections {
  const known = new Map<string, Uint8Array>();
  let alternate: DebugSections | undefined | null = null;
  return {
    littleEndian: elf.littleEndian,
    section: (name) => {
      let bytes = known.get(name);
      if (bytes === undefined) known.set(name, (bytes = readSection(elf, `.debug_${name}`)));
      return bytes;
    },
    alternate: () => {
      if (alternate === null) {
        const opened = openAlternate();
        alternate = opened && debugSections(opened);
      }
      return alternate;
    },
  };
}

function readSection(elf: ElfFile, name: string): Uint8Array {
  const section = elf.section(name);
  if (section === undefined) return new Uint8Array();
  const data = elf.sectionData(section);
  return elf.isCompressed(section) ? unpack(elf, section, data) : data;
}

function unpack(elf: ElfFile, section: ElfSection, data: Uint8Array): Uint8Array {
  const headerBytes = elf.bits === 64 ? 24 : 12;
  if (data.length < headerBytes) throw new FormatError(section.name, section.fileOffset, 'cut off');
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const type = view.getUint32(0, elf.littleEndian);
  const size = elf.bits === 64 ? Number(view.getBigUint64(8, elf.littleEndian)) : view.getUint32(4, elf.littleEndian);
  if (size > largestSectionBytes) throw new FormatError(section.name, section.fileOffset, `claims ${size} bytes`);
  // Loaded only here: few files are packed.
  const { inflateSync, zstdDecompressSync } = process.getBuiltinModule('node:zlib');
  const packed = data.subarray(headerBytes);
  try {
    const limit = { maxOutputLength: Math.max(1, size) };
    if (type === ZLIB) return inflateSync(packed, limit);
    if (type === ZSTD) return zstdDecompressSync(packed, limit);
  } catch (error) {
    throw new FormatError(section.name, section.fileOffset, `can't be unpacked: ${(error as Error).message}`);
  }
  throw new FormatError(section.name, section.fileOffset, `packed in an unknown way (${type})`);
}
