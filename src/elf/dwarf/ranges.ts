/** Addresses that an entry covers. */
import { Attribute } from './constants.ts';
import type { DwarfReader } from './reader.ts';
import { type Entry, numberOf, readerOf } from './unit.ts';

/** `end` is behind the last byte. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** More ranges than this are taken for damage. */
const mostRanges = 1_000_000;

export function lowPcOf(entry: Entry): bigint | undefined {
  const low = entry.attributes.get(Attribute.LowPc);
  return low?.kind === 'address' ? low.value : undefined;
}

/** Empty where the entry has no code. */
export function rangesOf(entry: Entry): readonly AddressRange[] {
  const list = entry.attributes.get(Attribute.Ranges);
  if (list?.kind === 'listIndex') return newRanges(entry, listOffset(entry, list.index));
  if (list?.kind === 'number')
    return entry.unit.version >= 5 ? newRanges(entry, Number(list.value)) : oldRanges(entry, Number(list.value));
  const start = lowPcOf(entry);
  const high = entry.attributes.get(Attribute.HighPc);
  if (start === undefined || (high?.kind !== 'number' && high?.kind !== 'address')) return [];
  return [{ start, end: high.kind === 'number' ? start + high.value : high.value }];
}

export function covers(entry: Entry, address: bigint): boolean {
  return rangesOf(entry).some(({ start, end }) => address >= start && address < end);
}

function unitBase({ unit }: Entry): bigint {
  return lowPcOf(unit.root) ?? 0n;
}

/** .debug_ranges, until DWARF 4. */
function oldRanges(entry: Entry, offset: number): AddressRange[] {
  const { addressSize, sections } = entry.unit;
  const r = readerOf(sections, 'ranges', offset);
  const highest = addressSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  const ranges: AddressRange[] = [];
  let base = unitBase(entry);
  for (;;) {
    const start = r.address(addressSize);
    const end = r.address(addressSize);
    if (start === 0n && end === 0n) return ranges;
    if (start === highest) base = end;
    else add(ranges, { start: base + start, end: base + end }, r);
  }
}

function listOffset({ unit }: Entry, index: number): number {
  const base = numberOf(unit.root, Attribute.RangeListsBase) ?? (unit.offsetSize === 8 ? 20 : 12);
  return base + readerOf(unit.sections, 'rnglists', base + index * unit.offsetSize).offset(unit.offsetSize);
}

/** .debug_rnglists, from DWARF 5. */
function newRanges(entry: Entry, offset: number): AddressRange[] {
  const { unit } = entry;
  const r = readerOf(unit.sections, 'rnglists', offset);
  const ranges: AddressRange[] = [];
  let base = unitBase(entry);
  for (;;) {
    const kind = r.u8();
    if (kind === 0) return ranges;
    if (kind === 1) base = unit.addressAt(r.uleb());
    else if (kind === 5) base = r.address(unit.addressSize);
    else add(ranges, newRange(entry, r, kind, base), r);
  }
}

function newRange({ unit }: Entry, r: DwarfReader, kind: number, base: bigint): AddressRange {
  switch (kind) {
    case 2:
      return { start: unit.addressAt(r.uleb()), end: unit.addressAt(r.uleb()) };
    case 3: {
      const start = unit.addressAt(r.uleb());
      return { start, end: start + r.uleb64() };
    }
    case 4:
      return { start: base + r.uleb64(), end: base + r.uleb64() };
    case 6:
      return { start: r.address(unit.addressSize), end: r.address(unit.addressSize) };
    case 7: {
      const start = r.address(unit.addressSize);
      return { start, end: start + r.uleb64() };
    }
    default:
      return r.fail(`a range of unknown kind ${kind}`);
  }
}

function add(ranges: AddressRange[], range: AddressRange, r: DwarfReader): void {
  if (ranges.length >= mostRanges) r.fail('too many ranges');
  ranges.push(range);
}
