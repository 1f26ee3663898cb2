/** Where the members of a struct or union stand: as C compilers for Linux on 64 bits place them. */
import { alignOfC, sizeOfC } from './types.ts';
import type { CMember, Complete, CType } from './types.ts';

export interface DeclaredMember {
  readonly name: string;
  readonly type: CType;
  readonly bitSize: number | undefined;
  readonly packed: boolean;
  /** Bytes, by an attribute; undefined: as its type says. */
  readonly aligned: number | undefined;
}

export interface RecordAttributes {
  readonly packed: boolean;
  readonly aligned: number | undefined;
  /** `#pragma pack`: the most in bytes. */
  readonly pack: number | undefined;
}

export interface RecordLayout {
  readonly members: readonly CMember[];
  readonly size: number;
  readonly align: number;
}

/** Throws IncompleteType for a member of unknown size. */
export function placeRecord(
  tag: 'struct' | 'union',
  declared: readonly DeclaredMember[],
  attributes: RecordAttributes,
  complete: Complete,
): RecordLayout {
  const members: CMember[] = [];
  let bits = 0;
  let longest = 0;
  let recordAlign = attributes.aligned ?? 1;
  for (const member of declared) {
    if (tag === 'union') bits = 0;
    const { type, bitSize } = member;
    const size = sizeOfC(type, complete);
    const align = alignOfMember(member, attributes, complete);
    if (bitSize === 0) {
      bits = roundUp(bits, alignOfC(type, complete) * 8);
      longest = Math.max(longest, bits);
      continue;
    }
    if (bitSize === undefined) bits = roundUp(bits, align * 8);
    else if (mustMove(member, attributes, bits, size, align)) bits = roundUp(bits, align * 8);
    if (bitSize === undefined || member.name !== '') {
      // As GCC does it: `pack` undoes `packed` for what a bit-field asks of its record.
      const asked = bitSize === undefined || attributes.pack === undefined ? align : alignOfC(type, complete);
      recordAlign = Math.max(recordAlign, Math.min(asked, attributes.pack ?? asked));
      members.push({ name: member.name, type, bitOffset: bits, bitSize });
    }
    bits += bitSize ?? size * 8;
    longest = Math.max(longest, bits);
  }
  return { members, size: roundUp(Math.ceil(longest / 8), recordAlign), align: recordAlign };
}

/** In bytes. */
function alignOfMember(member: DeclaredMember, attributes: RecordAttributes, complete: Complete): number {
  const natural = member.packed || attributes.packed ? 1 : alignOfC(member.type, complete);
  const wanted = Math.max(natural, member.aligned ?? 1);
  return attributes.pack === undefined ? wanted : Math.min(wanted, attributes.pack);
}

/** A bit-field doesn't cross the border of an integer of its type, unless packed. */
function mustMove(
  member: DeclaredMember,
  attributes: RecordAttributes,
  bits: number,
  size: number,
  align: number,
): boolean {
  if (member.aligned !== undefined) return bits % (align * 8) !== 0;
  if (member.packed || attributes.packed || attributes.pack !== undefined) return false;
  return (bits % (align * 8)) + (member.bitSize ?? 0) > size * 8;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
