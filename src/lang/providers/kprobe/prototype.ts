/**
 * What BTF tells about a kernel function (or BPF program) to programs at its entry and exit: where in their context its
 * arguments and its result stand, and whether the kernel can hand them over at all.
 */
import { sizeOf as btfSizeOf, skipModifiers, type Btf, type PrototypeType } from '../../../btf/index.ts';
import type { ArgumentField, ContextAccess } from '../../checked/index.ts';
import { isWord, sizeOf, typeFromBtf, type Type } from '../../types/index.ts';
import { word } from '../access.ts';

export interface TypedFunction {
  /** Those that have names and a type that the language knows. */
  readonly fields: readonly ArgumentField[];
  /** By position, as whole words. Undefined where the argument is not one word. */
  readonly words: readonly (ContextAccess | undefined)[];
  /** Only at the exit. Undefined: the function returns nothing. */
  readonly result: { readonly type: Type; readonly access: ContextAccess } | undefined;
  /** The result as a whole word. */
  readonly wholeResult: ContextAccess | undefined;
}

/** The kernel's MAX_BPF_FUNC_ARGS. */
const MOST_ARGUMENTS = 12;
const MOST_STRUCT_BYTES = 16;
const WORD_BYTES = 8;

/** Of a type that is a function of a BTF; why programs can't be at it otherwise (the end of a sentence about the function). */
export function typedFunction(btf: Btf, prototype: PrototypeType): TypedFunction | { readonly error: string } {
  const { parameters, variadic, typeId } = prototype;
  if (variadic) return { error: 'takes a variable number of arguments' };
  if (parameters.length > MOST_ARGUMENTS) return { error: `takes more than ${MOST_ARGUMENTS} arguments` };
  const resultKind = skipModifiers(btf, typeId).kind;
  if (resultKind === 'struct' || resultKind === 'union') return { error: 'returns a struct by value' };
  const fields: ArgumentField[] = [];
  const words: (ContextAccess | undefined)[] = [];
  let offset = 0;
  for (const parameter of parameters) {
    const sizeBytes = btfSizeOf(btf, parameter.typeId);
    if (sizeBytes > MOST_STRUCT_BYTES) return { error: `takes a struct of ${sizeBytes} bytes by value` };
    const { type, access } = valueAt(btf, parameter.typeId, offset);
    if (parameter.name !== '' && access !== undefined) fields.push({ name: parameter.name, type, access });
    words.push(sizeBytes <= WORD_BYTES && isWord(type) ? wholeWord(btf, parameter.typeId, offset) : undefined);
    offset += Math.ceil(sizeBytes / WORD_BYTES) * WORD_BYTES;
  }
  const result = typeId === 0 ? undefined : valueAt(btf, typeId, offset);
  return {
    fields,
    words,
    result: result?.access === undefined ? undefined : { type: result.type, access: result.access },
    wholeResult: result?.access === undefined || !isWord(result.type) ? undefined : wholeWord(btf, typeId, offset),
  };
}

function valueAt(btf: Btf, typeId: number, offset: number): { type: Type; access: ContextAccess | undefined } {
  const type = kernelPointer(typeFromBtf(btf, typeId));
  if (type.kind === 'pointer') return { type, access: pointerAt(btf, typeId, offset) };
  if (isWord(type))
    return { type, access: word(offset, sizeOf(type) as 1 | 2 | 4 | 8, 'signed' in type && type.signed) };
  const sizeBytes = sizeOf(type);
  return { type, access: sizeBytes === 0 || type.kind === 'none' ? undefined : { kind: 'words', offset, sizeBytes } };
}

/** The bits of the register, whatever the type. */
function wholeWord(btf: Btf, typeId: number, offset: number): ContextAccess {
  return skipModifiers(btf, typeId).kind === 'pointer' ? pointerAt(btf, typeId, offset) : word(offset);
}

/** Programs may load pointers to structs, numbers and nothing; others only as plain memory of their context. */
function pointerAt(btf: Btf, typeId: number, offset: number): ContextAccess {
  const pointer = skipModifiers(btf, typeId);
  const target = pointer.kind === 'pointer' ? skipModifiers(btf, pointer.typeId).kind : 'void';
  switch (target) {
    case 'struct':
    case 'union':
      return { kind: 'word', offset, size: 8, signed: false, typed: true };
    case 'int':
    case 'void':
      return word(offset);
    default: {
      const base = { kind: 'address', offset } as const;
      return { kind: 'pointed', base, offset: 0, size: 8, signed: false, direct: false };
    }
  }
}

function kernelPointer(type: Type): Type {
  return type.kind === 'pointer' && type.space === 'none' ? { ...type, space: 'kernel' } : type;
}

/** The prototype of a function that this BTF itself describes, not the one below it. */
export function prototypeOf(btf: Btf, name: string): PrototypeType | undefined {
  const found = btf.find(name, 'func');
  const prototype = found === undefined || found.id < btf.firstId ? undefined : btf.type(found.typeId);
  return prototype?.kind === 'funcProto' ? prototype : undefined;
}
