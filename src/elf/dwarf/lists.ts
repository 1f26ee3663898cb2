/** Lists of address ranges, which entries' own ranges and the places of variables are told in. */
import { Attribute } from './constants.ts';
import type { DwarfReader } from './reader.ts';
import { type Entry, readerOf, type Unit } from './unit.ts';

/** `end` is behind the last byte. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** More entries of one list are taken for damage. */
const mostEntries = 1_000_000;

export function lowPcOf(entry: Entry): bigint | undefined {
  const low = entry.attributes.get(Attribute.LowPc);
  return low?.kind === 'address' ? low.value : undefined;
}

function unitBase(unit: Unit): bigint {
  return lowPcOf(unit.root) ?? 0n;
}

/** .debug_ranges and .debug_loc, until DWARF 4. What stands behind a range is the caller's to read before it goes on. */
export function* oldList(
  unit: Unit,
  section: 'ranges' | 'loc',
  offset: number,
): Generator<[AddressRange, DwarfReader]> {
  const { addressSize, sections } = unit;
  const r = readerOf(sections, section, offset);
  const highest = addressSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  let base = unitBase(unit);
  for (let count = 0; count < mostEntries; count++) {
    const start = r.address(addressSize);
    const end = r.address(addressSize);
    if (start === 0n && end === 0n) return;
    if (start === highest) base = end;
    else yield [{ start: base + start, end: base + end }, r];
  }
  r.fail('a list of too many entries');
}

/** What an entry of a new list is, by its number; where the two sections number the same differently. */
const kinds = {
  rnglists: ['end', 'baseIndex', 'indexes', 'indexLength', 'offsets', 'base', 'addresses', 'addressLength'],
  loclists: [
    'end',
    'baseIndex',
    'indexes',
    'indexLength',
    'offsets',
    'everywhere',
    'base',
    'addresses',
    'addressLength',
    'view',
  ],
} as const;
type Kind = (typeof kinds)['loclists'][number];

/** .debug_rnglists and .debug_loclists, from DWARF 5. What stands behind a range is the caller's to read before it goes on. */
export function* newList(
  unit: Unit,
  section: 'rnglists' | 'loclists',
  offset: number,
): Generator<[AddressRange, DwarfReader]> {
  const r = readerOf(unit.sections, section, offset);
  let base = unitBase(unit);
  for (let count = 0; count < mostEntries; count++) {
    const number = r.u8();
    const kind = kinds[section][number] ?? r.fail(`an entry of unknown kind ${number}`);
    if (kind === 'end') return;
    if (kind === 'baseIndex') base = unit.addressAt(r.uleb());
    else if (kind === 'base') base = r.address(unit.addressSize);
    else if (kind === 'view') {
      // GNU: how the two ends are numbered within a line.
      r.skipLeb();
      r.skipLeb();
    } else yield [rangeOf(unit, r, kind, base), r];
  }
  r.fail('a list of too many entries');
}

function rangeOf(
  unit: Unit,
  r: DwarfReader,
  kind: Exclude<Kind, 'end' | 'base' | 'baseIndex' | 'view'>,
  base: bigint,
): AddressRange {
  switch (kind) {
    case 'indexes':
      return { start: unit.addressAt(r.uleb()), end: unit.addressAt(r.uleb()) };
    case 'indexLength': {
      const start = unit.addressAt(r.uleb());
      return { start, end: start + r.uleb64() };
    }
    case 'offsets':
      return { start: base + r.uleb64(), end: base + r.uleb64() };
    case 'everywhere':
      return { start: 0n, end: 1n << 64n };
    case 'addresses':
      return { start: r.address(unit.addressSize), end: r.address(unit.addressSize) };
    case 'addressLength': {
      const start = r.address(unit.addressSize);
      return { start, end: start + r.uleb64() };
    }
  }
}

/** Where the list of this number begins. */
export function listOffset(
  { root, offsetSize, sections }: Unit,
  section: 'rnglists' | 'loclists',
  index: number,
): number {
  const found = root.attributes.get(section === 'rnglists' ? Attribute.RangeListsBase : Attribute.LocationListsBase);
  const base = found?.kind === 'number' ? Number(found.value) : offsetSize === 8 ? 20 : 12;
  return base + readerOf(sections, section, base + index * offsetSize).offset(offsetSize);
}
