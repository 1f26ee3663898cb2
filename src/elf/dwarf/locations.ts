/** Where a variable is when a certain instruction is reached. */
import { Attribute } from './constants.ts';
import { lowPcOf } from './ranges.ts';
import { DwarfReader } from './reader.ts';
import { type Entry, readerOf } from './unit.ts';

export type DebugLocation =
  /** By its DWARF number. */
  | { readonly kind: 'register'; readonly number: number }
  /** Nowhere: it is known. */
  | { readonly kind: 'constant'; readonly value: bigint };

/** More entries of one list are taken for damage. */
const mostEntries = 100_000;

/** Undefined: it isn't told, or it is somewhere else than in one register. */
export function locationAt(entry: Entry, address: bigint): DebugLocation | undefined {
  const known = entry.attributes.get(Attribute.ConstValue);
  if (known?.kind === 'number') return { kind: 'constant', value: known.value };
  const location = entry.attributes.get(Attribute.Location);
  if (location?.kind === 'bytes') return evaluate(entry, location.bytes);
  if (location?.kind === 'listIndex') return newList(entry, listOffset(entry, location.index), address);
  if (location?.kind !== 'number') return undefined;
  return entry.unit.version >= 5
    ? newList(entry, Number(location.value), address)
    : oldList(entry, Number(location.value), address);
}

function evaluate({ unit }: Entry, expression: Uint8Array): DebugLocation | undefined {
  if (expression.length === 0) return undefined;
  const r = new DwarfReader(expression, unit.sections.littleEndian, 'location');
  const operation = r.u8();
  if (operation >= 0x50 && operation <= 0x6f) return alone(r, { kind: 'register', number: operation - 0x50 });
  if (operation === 0x90) return alone(r, { kind: 'register', number: r.uleb() });
  const value = literal(operation, r);
  const isValue = value !== undefined && r.at === r.length - 1 && r.u8() === 0x9f;
  return isValue ? { kind: 'constant', value } : undefined;
}

function alone(r: DwarfReader, location: DebugLocation): DebugLocation | undefined {
  return r.at === r.length ? location : undefined;
}

function literal(operation: number, r: DwarfReader): bigint | undefined {
  if (operation >= 0x30 && operation <= 0x4f) return BigInt(operation - 0x30);
  switch (operation) {
    case 0x08:
      return BigInt(r.u8());
    case 0x09:
      return BigInt(r.i8());
    case 0x0a:
      return BigInt(r.u16());
    case 0x0c:
      return BigInt(r.u32());
    case 0x0e:
      return r.u64();
    case 0x10:
      return r.uleb64();
    case 0x11:
      return r.sleb64();
    default:
      return undefined;
  }
}

/** .debug_loc, until DWARF 4. */
function oldList(entry: Entry, offset: number, address: bigint): DebugLocation | undefined {
  const { addressSize, sections } = entry.unit;
  const r = readerOf(sections, 'loc', offset);
  const highest = addressSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  let base = lowPcOf(entry.unit.root) ?? 0n;
  for (let count = 0; count < mostEntries; count++) {
    const start = r.address(addressSize);
    const end = r.address(addressSize);
    if (start === 0n && end === 0n) return undefined;
    if (start === highest) {
      base = end;
      continue;
    }
    const expression = r.bytes(r.u16());
    if (address >= base + start && address < base + end) return evaluate(entry, expression);
  }
  return undefined;
}

function listOffset({ unit }: Entry, index: number): number {
  const found = unit.root.attributes.get(Attribute.LocationListsBase);
  const base = found?.kind === 'number' ? Number(found.value) : unit.offsetSize === 8 ? 20 : 12;
  return base + readerOf(unit.sections, 'loclists', base + index * unit.offsetSize).offset(unit.offsetSize);
}

/** .debug_loclists, from DWARF 5. */
function newList(entry: Entry, offset: number, address: bigint): DebugLocation | undefined {
  const { unit } = entry;
  const r = readerOf(unit.sections, 'loclists', offset);
  let base = lowPcOf(unit.root) ?? 0n;
  for (let count = 0; count < mostEntries; count++) {
    const kind = r.u8();
    if (kind === 0) return undefined;
    if (kind === 1) base = unit.addressAt(r.uleb());
    else if (kind === 6) base = r.address(unit.addressSize);
    else if (kind === 9) {
      // GNU: how the two ends are numbered within a line.
      r.skipLeb();
      r.skipLeb();
    } else {
      const { start, end } = bounds(entry, r, kind, base);
      const expression = r.bytes(r.uleb());
      if (address >= start && address < end) return evaluate(entry, expression);
    }
  }
  return undefined;
}

function bounds({ unit }: Entry, r: DwarfReader, kind: number, base: bigint): { start: bigint; end: bigint } {
  switch (kind) {
    case 2:
      return { start: unit.addressAt(r.uleb()), end: unit.addressAt(r.uleb()) };
    case 3: {
      const start = unit.addressAt(r.uleb());
      return { start, end: start + r.uleb64() };
    }
    case 4:
      return { start: base + r.uleb64(), end: base + r.uleb64() };
    case 5:
      return { start: 0n, end: 1n << 64n };
    case 7:
      return { start: r.address(unit.addressSize), end: r.address(unit.addressSize) };
    case 8: {
      const start = r.address(unit.addressSize);
      return { start, end: start + r.uleb64() };
    }
    default:
      return r.fail(`a location of unknown kind ${kind}`);
  }
}
