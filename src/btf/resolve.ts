import { FormatError } from '../base/index.ts';
import type { Btf } from './btf.ts';
import type { BtfType, Member } from './types.ts';

export const POINTER_BYTES = 8;

/** Chains (typedefs, modifiers, nested arrays) longer than this are taken for cycles. Kernels need fewer than ten. */
const MAX_DEPTH = 64;
/** Anonymous structs and unions inside one struct, at all depths. Kernels have some dozens. */
const MAX_ANONYMOUS = 2000;

export function tooDeep(id: number): never {
  throw new FormatError('BTF', 0, `type ${id} is nested too deeply or contains itself`);
}

/** Follows typedefs, const, volatile, restrict and type tags to the type they stand for. */
export function skipModifiers(btf: Btf, id: number): BtfType {
  let type = btf.type(id);
  for (let depth = 0; isModifier(type) || type.kind === 'typedef'; depth++) {
    if (depth > MAX_DEPTH) tooDeep(id);
    type = btf.type(type.typeId);
  }
  return type;
}

/** Follows const, volatile, restrict and type tags, but not typedefs. */
export function skipQualifiers(btf: Btf, id: number): BtfType {
  let type = btf.type(id);
  for (let depth = 0; isModifier(type); depth++) {
    if (depth > MAX_DEPTH) tooDeep(id);
    type = btf.type(type.typeId);
  }
  return type;
}

export function isModifier(type: BtfType): type is BtfType & { kind: 'const' | 'volatile' | 'restrict' | 'typeTag' } {
  return type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict' || type.kind === 'typeTag';
}

/** Size of a value of this type in bytes; 0 for void, functions and forward declarations. */
export function sizeOf(btf: Btf, id: number): number {
  let count = 1;
  for (let at = id, depth = 0; ; depth++) {
    if (depth > MAX_DEPTH) tooDeep(id);
    const type = skipModifiers(btf, at);
    if (type.kind === 'array') {
      count *= type.count;
      at = type.typeId;
    } else if (type.kind === 'var') {
      at = type.typeId;
    } else {
      const size = count * ownSize(type);
      if (!Number.isSafeInteger(size)) throw new FormatError('BTF', 0, `array ${id} is too large`);
      return size;
    }
  }
}

function ownSize(type: BtfType): number {
  if (type.kind === 'pointer') return POINTER_BYTES;
  return 'size' in type ? type.size : 0;
}

/** What a pointer points to, and the tags on the way (`user` for `__user`, `rcu`, `percpu`). Undefined when `id` is no pointer. */
export function pointerTarget(
  btf: Btf,
  id: number,
): { readonly typeId: number; readonly tags: readonly string[] } | undefined {
  const pointer = skipModifiers(btf, id);
  if (pointer.kind !== 'pointer') return undefined;
  const tags: string[] = [];
  let type = btf.type(pointer.typeId);
  for (let depth = 0; isModifier(type) || type.kind === 'typedef'; depth++) {
    if (depth > MAX_DEPTH) tooDeep(id);
    if (type.kind === 'typeTag') tags.push(type.name);
    type = btf.type(type.typeId);
  }
  return { typeId: pointer.typeId, tags };
}

/** A member as seen from an outer struct. */
export interface FoundMember {
  readonly name: string;
  readonly typeId: number;
  /** From the start of the outer struct. */
  readonly bitOffset: number;
  /** Size of a bit-field in bits; 0 when it is none. */
  readonly bitSize: number;
}

/**
 * Finds a member of a struct or union by name, also inside its anonymous structs and unions, as C does.
 * `id` may be a typedef or const of one. Undefined when there is none.
 */
export function findMember(btf: Btf, id: number, name: string): FoundMember | undefined {
  return searchMembers(btf, id, name, 0, new Set());
}

/** `seen`: types already searched in vain; with it each type is visited once, however often it is nested. */
function searchMembers(btf: Btf, id: number, name: string, base: number, seen: Set<number>): FoundMember | undefined {
  const type = skipModifiers(btf, id);
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
  if (seen.has(type.id)) return undefined;
  seen.add(type.id);
  if (seen.size > MAX_ANONYMOUS) tooDeep(id);
  for (const member of type.members) {
    if (member.name === name)
      return { name, typeId: member.typeId, bitOffset: base + member.bitOffset, bitSize: memberBitSize(btf, member) };
    if (member.name !== '') continue;
    const found = searchMembers(btf, member.typeId, name, base + member.bitOffset, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Size of a member's bit-field in bits, or 0. Encoders before kernel 5.0 keep it in the integer's type. */
export function memberBitSize(btf: Btf, member: Member): number {
  if (member.bitSize !== 0) return member.bitSize;
  const type = skipModifiers(btf, member.typeId);
  return type.kind === 'int' && type.bits < type.size * 8 ? type.bits : 0;
}

/**
 * Follows a path such as `se.vruntime` or `cpus_mask.bits[2]` from a struct. No pointers are followed: the result
 * lies inside the struct. Undefined when a name is missing or an index is applied to no array.
 */
export function memberByPath(btf: Btf, id: number, path: string): FoundMember | undefined {
  const steps = [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)];
  let at: FoundMember = { name: '', typeId: id, bitOffset: 0, bitSize: 0 };
  for (const [, name, index] of steps) {
    const next = name === undefined ? elementAt(btf, at, Number(index)) : memberAt(btf, at, name);
    if (next === undefined) return undefined;
    at = next;
  }
  return steps.length === 0 ? undefined : at;
}

function memberAt(btf: Btf, outer: FoundMember, name: string): FoundMember | undefined {
  const found = findMember(btf, outer.typeId, name);
  return found === undefined ? undefined : { ...found, bitOffset: outer.bitOffset + found.bitOffset };
}

function elementAt(btf: Btf, array: FoundMember, index: number): FoundMember | undefined {
  const type = skipModifiers(btf, array.typeId);
  if (type.kind !== 'array') return undefined;
  // An array without a length (`char data[]`) may be indexed freely.
  if (type.count !== 0 && index >= type.count) return undefined;
  return {
    name: `${array.name}[${index}]`,
    typeId: type.typeId,
    bitOffset: array.bitOffset + index * sizeOf(btf, type.typeId) * 8,
    bitSize: 0,
  };
}

/** Alignment of a type in bytes, as C on a 64-bit machine has it for an unpacked type. */
export function alignOf(btf: Btf, id: number): number {
  return alignmentOf(btf, id, 0, new Map());
}

function alignmentOf(btf: Btf, id: number, depth: number, known: Map<number, number>): number {
  if (depth > MAX_DEPTH) tooDeep(id);
  const type = skipModifiers(btf, id);
  switch (type.kind) {
    case 'array':
    case 'var':
      return alignmentOf(btf, type.typeId, depth + 1, known);
    case 'struct':
    case 'union': {
      let alignment = known.get(type.id);
      if (alignment === undefined) {
        // A struct with a member at an odd place is packed: it has no alignment of its own.
        alignment = 1;
        for (const member of type.members) {
          const needed = alignmentOf(btf, member.typeId, depth + 1, known);
          if (memberBitSize(btf, member) === 0 && member.bitOffset % (needed * 8) !== 0) {
            alignment = 1;
            break;
          }
          alignment = Math.max(alignment, needed);
        }
        if (type.size % alignment !== 0) alignment = 1;
        known.set(type.id, alignment);
      }
      return alignment;
    }
    default:
      return Math.min(ownSize(type) || 1, POINTER_BYTES * 2);
  }
}
