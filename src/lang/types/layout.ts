/** Where the bytes of a value stand: the layout of each type in memory, in a map and in a record. */
import type { NamedValueField, ValueType } from '../../spec/index.ts';
import type { Field, RecordType, Type } from './type.ts';

/** Family and 16 bytes of address. */
const INET_BYTES = 20;
const MAC_BYTES = 6;

/** Bytes of a value, without the padding that its place may add. A type without values has 0. */
export function sizeOf(type: Type): number {
  switch (type.kind) {
    case 'none':
    case 'void':
      return 0;
    case 'integer':
    case 'enum':
    case 'string':
      return type.size;
    case 'bool':
      return 1;
    case 'buffer':
      return 4 + type.size;
    case 'record':
      return type.sizeBytes;
    case 'array':
      return type.count * sizeOf(type.element);
    case 'tuple':
      return placeMembers(type.elements).sizeBytes;
    case 'usym':
    case 'stack':
      return 16;
    case 'inet':
      return INET_BYTES;
    case 'macaddr':
      return MAC_BYTES;
    case 'pointer':
    case 'ksym':
    case 'username':
    case 'cgroupPath':
    case 'timestamp':
    case 'symbolic':
      return 8;
  }
}

/** Alignment in bytes: 1, 2, 4 or 8. */
export function alignOf(type: Type): number {
  switch (type.kind) {
    case 'none':
    case 'void':
    case 'bool':
    case 'string':
    case 'macaddr':
      return 1;
    case 'inet':
      return 4;
    case 'integer':
    case 'enum':
      return type.size;
    case 'buffer':
      return 4;
    case 'array':
      return alignOf(type.element);
    case 'tuple':
      return type.elements.reduce((most, element) => Math.max(most, alignOf(element)), 1);
    case 'record':
      return alignOfRecord(type);
    default:
      return 8;
  }
}

/** A struct's alignment isn't recorded anywhere: the largest that its size allows is never too small. */
function alignOfRecord(type: RecordType): number {
  if (type.sizeBytes === 0) return 1;
  return Math.min(8, type.sizeBytes & -type.sizeBytes);
}

/** Offsets of the members of a tuple or a record that the script makes, and its size. */
export function placeMembers(members: readonly Type[]): {
  readonly offsets: readonly number[];
  readonly sizeBytes: number;
} {
  const offsets: number[] = [];
  let end = 0;
  let alignment = 1;
  for (const member of members) {
    const own = alignOf(member);
    alignment = Math.max(alignment, own);
    end = roundUp(end, own);
    offsets.push(end);
    end += sizeOf(member);
  }
  return { offsets, sizeBytes: roundUp(end, alignment) };
}

/** A record that the script makes: `(a=1, b="x")`. Names are unique. */
export function makeRecord(members: readonly { readonly name: string; readonly type: Type }[]): RecordType {
  const { offsets, sizeBytes } = placeMembers(members.map((member) => member.type));
  const fields: readonly Field[] = members.map((member, index) => ({ ...member, offset: offsets[index] ?? 0 }));
  return {
    kind: 'record',
    tag: 'record',
    name: '',
    sizeBytes,
    fields: () => fields,
    field: (name) => fields.find((field) => field.name === name),
  };
}

/** Of the kernel map that holds the frames of such stacks. */
export function stackMapName({ limit, unwound }: Type & { kind: 'stack' }): string {
  return `${unwound ? 'unwound' : 'stacks'}_${limit}`;
}

/** The layout as kernel and user side share it. */
export function layout(type: Type): ValueType {
  switch (type.kind) {
    case 'none':
    case 'void':
      return { kind: 'none', size: 0 };
    case 'integer':
      return { kind: 'integer', size: type.size, signed: type.signed };
    case 'bool':
      return { kind: 'bool', size: 1 };
    case 'string':
      return type.exact === true
        ? { kind: 'string', size: type.size, exact: true }
        : { kind: 'string', size: type.size };
    case 'buffer':
      return { kind: 'buffer', size: sizeOf(type) };
    case 'enum':
      return { kind: 'enum', size: type.size, signed: type.signed, names: type.names };
    case 'symbolic':
      return { kind: 'symbolic', size: 8, names: type.names };
    case 'timestamp':
      return { kind: 'timestamp', size: 8, format: type.format };
    case 'cgroupPath':
      return { kind: 'cgroupPath', size: 8, filter: type.filter };
    case 'usym':
      return { kind: 'usym', size: 16, ...(type.names === undefined ? {} : { names: type.names }) };
    case 'inet':
      return { kind: 'inet', size: INET_BYTES };
    case 'macaddr':
      return { kind: 'macaddr', size: MAC_BYTES };
    case 'pointer':
    case 'ksym':
    case 'username':
      return { kind: type.kind, size: 8 };
    case 'stack':
      return {
        kind: 'stack',
        size: 16,
        space: type.space,
        mode: type.mode,
        limit: type.limit,
        map: stackMapName(type),
      };
    case 'array':
      return { kind: 'array', size: sizeOf(type), element: layout(type.element), count: type.count };
    case 'tuple': {
      const { offsets, sizeBytes } = placeMembers(type.elements);
      const elements = type.elements.map((element, index) => ({ offset: offsets[index] ?? 0, type: layout(element) }));
      return { kind: 'tuple', size: sizeBytes, elements };
    }
    case 'record':
      return { kind: 'record', size: type.sizeBytes, fields: recordFields(type, 0) };
  }
}

/** Fields of anonymous members stand in their parent. */
function recordFields(type: RecordType, base: number): readonly NamedValueField[] {
  return type.fields().flatMap((field) => {
    const offset = base + field.offset;
    if (field.name === '' && field.type.kind === 'record') return recordFields(field.type, offset);
    // A _Bool in a struct of C is a number there.
    const isNumber = field.type.kind === 'bool' && type.tag !== 'record';
    const shown = layout(isNumber ? { kind: 'integer', size: 1, signed: false } : field.type);
    const placed: NamedValueField = { name: field.name, offset, type: shown };
    return [field.bits === undefined ? placed : { ...placed, bits: field.bits }];
  });
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
