/**
 * Reads that need no helper: programs at typed functions (fentry, fexit) load through pointers whose types the verifier
 * knows, from the argument on. It follows the struct's members as they are declared, so only what reads them so is
 * read so; anything else (unions, bit-fields, casts, user memory) is a probe_read.
 */
import type { Expression } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { isWord, sizeOf, type Type } from '../types/index.ts';
import { typedPointer } from './context.ts';
import type { Lowering } from './lowering.ts';
import { wordFormat } from './word-format.ts';

type Read = Expression & { readonly kind: 'read' };

/** The value read, or undefined where it takes a helper. A pointer to a struct is one that the verifier knows. */
export function loadThroughTypes(l: Lowering, e: Read): Value | undefined {
  if (l.script.off.has('direct-reads') || e.space !== 'kernel' || e.bits !== undefined) return undefined;
  const { type } = e.address;
  if (type.kind !== 'pointer' || !isMember(type.to, e.offset, e.type)) return undefined;
  const base = knownPointer(l, e.address);
  if (base === undefined) return undefined;
  const { size, signed } = wordFormat(e.type);
  return l.builder.load(size, signed, base, e.offset);
}

function knownPointer(l: Lowering, e: Expression): Value | undefined {
  if (e.kind === 'context')
    return e.access.kind === 'word' && e.access.typed === true ? typedPointer(l, e.access) : undefined;
  return e.kind === 'read' && isStructPointer(e.type) ? loadThroughTypes(l, e) : undefined;
}

/** Whether a program that loads such a pointer has one that the verifier knows. */
export function isStructPointer(type: Type): boolean {
  return type.kind === 'pointer' && type.opaque !== true && type.to.kind === 'record' && type.to.sizeBytes > 0;
}

/** Whether a value of the type is declared at this place of the struct, with no union around it. */
function isMember(struct: Type, offset: number, type: Type): boolean {
  if (struct.kind !== 'record' || struct.tag !== 'struct' || !isWord(type)) return false;
  const field = struct.fields().find((each) => each.offset <= offset && offset < each.offset + sizeOf(each.type));
  if (field === undefined || field.bits !== undefined) return false;
  if (field.type.kind === 'record') return isMember(field.type, offset - field.offset, type);
  return field.offset === offset && isSameWord(field.type, type);
}

/** The reader gave a pointer its address space; of structs there is one object for each. */
function isSameWord(declared: Type, read: Type): boolean {
  if (declared.kind !== read.kind || !isWord(declared) || sizeOf(declared) !== sizeOf(read)) return false;
  return declared.kind !== 'pointer' || (read.kind === 'pointer' && declared.to === read.to);
}
