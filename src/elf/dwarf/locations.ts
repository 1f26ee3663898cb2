/** Where a variable is when a certain instruction is reached. */
import type { DebugLocation } from '../../spec/index.ts';
import { Attribute } from './constants.ts';
import { type AddressRange, listOffset, newList, oldList } from './lists.ts';
import { DwarfReader } from './reader.ts';
import type { Entry, Unit, Value } from './unit.ts';

/** Undefined: it isn't told, or it is somewhere else than in one register. */
export function locationAt(entry: Entry, address: bigint): DebugLocation | undefined {
  const known = entry.attributes.get(Attribute.ConstValue);
  if (known?.kind === 'number') return { kind: 'constant', value: known.value };
  const location = entry.attributes.get(Attribute.Location);
  if (location?.kind === 'bytes') return evaluate(entry, location.bytes);
  for (const [range, r] of listOf(entry.unit, location)) {
    const expression = r.bytes(entry.unit.version >= 5 ? r.uleb() : r.u16());
    if (address >= range.start && address < range.end) return evaluate(entry, expression);
  }
  return undefined;
}

function listOf(unit: Unit, location: Value | undefined): Iterable<[AddressRange, DwarfReader]> {
  if (location?.kind === 'listIndex') return newList(unit, 'loclists', listOffset(unit, 'loclists', location.index));
  if (location?.kind !== 'number') return [];
  const offset = Number(location.value);
  return unit.version >= 5 ? newList(unit, 'loclists', offset) : oldList(unit, 'loc', offset);
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
