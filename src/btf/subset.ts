import type { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import type { NewBtfType } from './builder.ts';
import type { BtfKind, BtfType } from './types.ts';

export interface SubsetRoot {
  readonly name: string;
  readonly kind?: BtfKind;
}

/**
 * A small self-contained BTF with the named types and everything they are made of. A named struct or union that is only
 * pointed to, and no root itself, becomes a forward declaration: so a handful of roots takes kilobytes, not megabytes.
 * Roots that do not exist are left out. All types that share a root's name and kind are taken.
 */
export function encodeSubset(
  btf: Btf,
  roots: readonly SubsetRoot[],
  options: { readonly littleEndian?: boolean } = {},
): Uint8Array {
  const reach = collect(btf, roots);
  const ids = [...reach.whole, ...reach.pointedTo].filter(unique()).sort((a, b) => a - b);
  const forwards = new Map<string, number>();
  const newIds = new Map<number, number>([[0, 0]]);
  let next = 1;
  for (const id of ids) {
    // Two structs of one name that are only pointed to need one declaration.
    const key = reach.whole.has(id) ? undefined : forwardKey(btf.type(id));
    const known = key === undefined ? undefined : forwards.get(key);
    newIds.set(id, known ?? next);
    if (known !== undefined) continue;
    if (key !== undefined) forwards.set(key, next);
    next++;
  }
  const builder = new BtfBuilder();
  for (const id of ids) {
    if (newIds.get(id) !== builder.nextId) continue;
    const type = btf.type(id);
    builder.add(reach.whole.has(id) ? renumber(type, (old) => newIds.get(old) ?? 0) : forward(type));
  }
  return builder.encode(options);
}

interface Reach {
  /** Types to be copied. */
  readonly whole: ReadonlySet<number>;
  /** Named structs and unions of which a declaration is enough. Some may be in `whole` too. */
  readonly pointedTo: ReadonlySet<number>;
}

function collect(btf: Btf, roots: readonly SubsetRoot[]): Reach {
  const whole = new Set<number>();
  const pointedTo = new Set<number>();
  const seen = new Set<number>();
  const work: { id: number; byPointer: boolean }[] = [];
  for (const { name, kind } of roots) {
    const root = kind === undefined ? btf.find(name) : btf.find(name, kind);
    if (root !== undefined) work.push({ id: root.id, byPointer: false });
  }
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { id, byPointer } = item;
    const key = id * 2 + (byPointer ? 1 : 0);
    if (id === 0 || seen.has(key)) continue;
    seen.add(key);
    const type = btf.type(id);
    if (byPointer && isNamedComposite(type)) {
      pointedTo.add(id);
      continue;
    }
    whole.add(id);
    for (const part of parts(type)) work.push({ id: part, byPointer: isOnlyPointed(type, byPointer) });
  }
  return { whole, pointedTo };
}

function isNamedComposite(type: BtfType): boolean {
  return (type.kind === 'struct' || type.kind === 'union') && type.name !== '';
}

/** Whether the parts of `type` need be declared only. An array's elements and a struct's members must be known. */
function isOnlyPointed(type: BtfType, byPointer: boolean): boolean {
  switch (type.kind) {
    case 'pointer':
    case 'funcProto':
      return true;
    case 'array':
    case 'struct':
    case 'union':
      return false;
    default:
      return byPointer;
  }
}

/** Ids that a type refers to. */
function parts(type: BtfType): number[] {
  switch (type.kind) {
    case 'struct':
    case 'union':
      return type.members.map((member) => member.typeId);
    case 'array':
      return [type.typeId, type.indexTypeId];
    case 'funcProto':
      return [type.typeId, ...type.parameters.map((parameter) => parameter.typeId)];
    case 'datasec':
      return type.variables.map((variable) => variable.typeId);
    default:
      return 'typeId' in type ? [type.typeId] : [];
  }
}

function renumber(type: BtfType, map: (id: number) => number): NewBtfType {
  const renumbered = <T extends { readonly typeId: number }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, typeId: map(item.typeId) }));
  switch (type.kind) {
    case 'void':
      return { kind: 'fwd', name: '', union: false };
    case 'struct':
    case 'union':
      return { ...type, members: renumbered(type.members) };
    case 'array':
      return { ...type, typeId: map(type.typeId), indexTypeId: map(type.indexTypeId) };
    case 'funcProto':
      return { ...type, typeId: map(type.typeId), parameters: renumbered(type.parameters) };
    case 'datasec':
      return { ...type, variables: renumbered(type.variables) };
    default:
      return 'typeId' in type ? { ...type, typeId: map(type.typeId) } : type;
  }
}

function forward(type: BtfType): NewBtfType {
  return { kind: 'fwd', name: type.name, union: type.kind === 'union' };
}

function forwardKey(type: BtfType): string {
  return `${type.kind} ${type.name}`;
}

function unique(): (id: number) => boolean {
  const seen = new Set<number>();
  return (id) => !seen.has(id) && Boolean(seen.add(id));
}
