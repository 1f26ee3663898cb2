/**
 * From the call frame information of an ELF file (.eh_frame: System V ABI for x86-64, DWARF 5 section 6.4) a sorted
 * table of how a frame of each address range leads to its caller's, in the few forms that compilers make. For
 * x86-64: registers that matter are rsp and rbp.
 */
import { FrameRule, RbpRule } from '../abi/index.ts';
import type { ElfFile } from './elf-file.ts';
import { SegmentFlag, SegmentType } from './constants.ts';
import { FrameReader } from './frame-reader.ts';
import type { FrameState } from './frame-rules.ts';

export interface UnwindTable {
  /** Offsets in the file, ascending: each rule holds up to the next one's. */
  readonly fileOffsets: Uint32Array;
  /** FrameRule in bits 0 … 3, RbpRule in 4 … 7, offset of rbp (words, signed) in 8 … 15, of the CFA (bytes, signed) in 16 … 31. */
  readonly rules: Uint32Array;
}

/** Functions are aligned: what lies between two of them this close is never run. */
const PADDING = 63n;
/** Files above this size would need wider offsets. */
const LARGEST_FILE_OFFSET = 0xffff_ffffn;
const UNKNOWN: FrameState = { frame: FrameRule.Unknown, offset: 0, rbp: RbpRule.Same, rbpOffset: 0 };

/** Undefined where the file has no such section. Throws FormatError where it is damaged. */
export function unwindTable(elf: ElfFile): UnwindTable | undefined {
  const section = elf.section('.eh_frame');
  if (section === undefined || elf.bits !== 64 || !elf.littleEndian) return undefined;
  const functions = [...new FrameReader(elf.sectionData(section), section.address).functions()];
  functions.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const rows = new Rows(elf);
  let end = 0n;
  for (const each of functions) {
    if (each.start < end) continue; // listed twice
    if (end !== 0n && each.start > end + PADDING) rows.add(end, UNKNOWN);
    for (const row of each.rows) rows.add(row.address, row);
    end = each.end;
  }
  if (end !== 0n) rows.add(end, UNKNOWN);
  return rows.finish();
}

class Rows {
  readonly #fileOffsets: number[] = [];
  readonly #rules: number[] = [];
  readonly #segments: { readonly start: bigint; readonly end: bigint; readonly distance: bigint }[];

  constructor(elf: ElfFile) {
    this.#segments = elf.segments
      .filter(({ type, flags }) => type === SegmentType.Load && (flags & SegmentFlag.Execute) !== 0)
      .map(({ address, fileSize, fileOffset }) => ({
        start: address,
        end: address + fileSize,
        distance: address - fileOffset,
      }));
  }

  add(address: bigint, state: FrameState): void {
    const segment = this.#segments.find(({ start, end }) => address >= start && address <= end);
    const offset = segment === undefined ? -1n : address - segment.distance;
    if (offset < 0n || offset > LARGEST_FILE_OFFSET) return;
    const rule = pack(state);
    const last = this.#rules.length - 1;
    if (this.#rules[last] === rule) return;
    if (this.#fileOffsets[last] === Number(offset)) this.#rules[last] = rule;
    else {
      this.#fileOffsets.push(Number(offset));
      this.#rules.push(rule);
    }
  }

  finish(): UnwindTable {
    const order = this.#fileOffsets.map((_, i) => i);
    order.sort((a, b) => this.#fileOffsets[a]! - this.#fileOffsets[b]!);
    return {
      fileOffsets: Uint32Array.from(order, (i) => this.#fileOffsets[i]!),
      rules: Uint32Array.from(order, (i) => this.#rules[i]!),
    };
  }
}

function pack({ frame, offset, rbp, rbpOffset }: FrameState): number {
  const fits = offset >= -0x8000 && offset < 0x8000 && rbpOffset >= -0x80 && rbpOffset < 0x80;
  if (!fits) return FrameRule.Unknown;
  return ((frame | (rbp << 4) | ((rbpOffset & 0xff) << 8)) + (offset & 0xffff) * 0x1_0000) >>> 0;
}
