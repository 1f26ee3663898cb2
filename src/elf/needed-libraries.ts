import type { ElfFile } from './elf-file.ts';
import { SegmentType } from './constants.ts';
import { cString, viewOf } from './source.ts';

/** What the dynamic linker is asked for. */
export interface NeededLibraries {
  /** Path of the dynamic linker itself; undefined in libraries and static programs. */
  readonly interpreter: string | undefined;
  /** DT_NEEDED, in order. */
  readonly names: readonly string[];
  /** DT_RUNPATH or DT_RPATH, `$ORIGIN` as it stands. */
  readonly folders: readonly string[];
}

const Dynamic = { Null: 0n, Needed: 1n, Rpath: 15n, Runpath: 29n } as const;
const LONGEST_PATH = 4096;

/** Throws FormatError. */
export function neededLibraries(elf: ElfFile): NeededLibraries {
  const names: string[] = [];
  const folders: string[] = [];
  const dynamic = elf.section('.dynamic');
  const strings = elf.section('.dynstr');
  if (dynamic !== undefined && strings !== undefined) {
    const text = elf.sectionData(strings);
    for (const [tag, value] of entries(elf, elf.sectionData(dynamic))) {
      const name = value < text.length ? cString(text, Number(value)) : undefined;
      if (name === undefined) continue;
      if (tag === Dynamic.Needed) names.push(name);
      if (tag === Dynamic.Rpath || tag === Dynamic.Runpath) folders.push(...name.split(':'));
    }
  }
  return { interpreter: interpreterOf(elf), names, folders };
}

function* entries({ bits, littleEndian }: ElfFile, bytes: Uint8Array): Generator<[tag: bigint, value: bigint]> {
  const view = viewOf(bytes);
  const word = bits / 8;
  const read = (at: number): bigint =>
    bits === 64 ? view.getBigUint64(at, littleEndian) : BigInt(view.getUint32(at, littleEndian));
  for (let at = 0; at + 2 * word <= bytes.length; at += 2 * word) {
    const tag = read(at);
    if (tag === Dynamic.Null) return;
    yield [tag, read(at + word)];
  }
}

function interpreterOf(elf: ElfFile): string | undefined {
  const segment = elf.segments.find(({ type }) => type === SegmentType.Interpreter);
  if (segment === undefined) return undefined;
  const bytes = elf.bytesAt(segment.address, Math.min(LONGEST_PATH, Number(segment.fileSize)));
  return bytes === undefined ? undefined : cString(bytes, 0);
}
