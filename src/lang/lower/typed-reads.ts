/**
 * Reads that need no helper: from the arguments of typed functions (fentry, fexit) and tracepoints, and from the current
 * task, programs load through pointers whose types the verifier knows. It follows the struct's members as they are
 * declared, so only what reads them so is read so; anything else (unions, bit-fields, casts, user memory) is a probe_read.
 */
import type { ContextAccess, Expression } from '../checked/index.ts';
import type { Block, Value } from '../ir/index.ts';
import { isWord, sizeOf, type Type } from '../types/index.ts';
import { typedPointer } from './context.ts';
import { Helper, type Lowering } from './lowering.ts';
import { wordFormat } from './word-format.ts';

type Read = Expression & { readonly kind: 'read' };

/** The value read, or undefined where it takes a helper. A pointer to a struct is a plain number by now. */
export function loadThroughTypes(l: Lowering, e: Read): Value | undefined {
  const root = l.script.off.has('direct-reads') ? undefined : rootOf(l, e);
  if (root === undefined) return undefined;
  const b = l.builder;
  if (root === 'argument of a function') return plainly(l, e, load(l, e));
  const result = b.temporary();
  const done = b.block();
  b.write(result, b.constant(0));
  b.scope(() => {
    b.write(result, plainly(l, e, load(l, e, done)));
    b.jump(done);
  });
  b.enter(done);
  return b.read(result);
}

const plainly = (l: Lowering, e: Read, value: Value): Value =>
  isStructPointer(e.type) ? l.builder.plain(value) : value;

type Argument = ContextAccess & { kind: 'word' };

type Root = 'argument of a function' | 'trusted';

/** From what loads alone lead to the value; undefined: they don't. */
function rootOf(l: Lowering, e: Read): Root | undefined {
  const { type } = e.address;
  if (e.space !== 'kernel' || e.bits !== undefined) return undefined;
  if (type.kind !== 'pointer' || !isMember(type.to, e.offset, e.type)) return undefined;
  const argument = typedArgument(e.address);
  if (argument !== undefined) return argument.trusted === true ? 'trusted' : 'argument of a function';
  if (isCurrentTask(e.address)) return knowsCurrentTask(l) ? 'trusted' : undefined;
  return e.address.kind === 'read' && isStructPointer(type) ? rootOf(l, e.address) : undefined;
}

const isCurrentTask = (e: Expression): boolean => e.kind === 'builtin' && e.name === 'curtask';

function knowsCurrentTask({ script, program }: Lowering): boolean {
  return program.variant.context.packet === undefined && script.target.have('current-task-btf');
}

/** How the argument of a typed program stands in its context; undefined: it is another value. */
export function typedArgument(e: Expression): Argument | undefined {
  return e.kind === 'context' && e.access.kind === 'word' && e.access.typed === true ? e.access : undefined;
}

function startOf(l: Lowering, e: Expression): Value | undefined {
  const b = l.builder;
  if (isCurrentTask(e)) return b.once('typed task', () => b.call(Helper.get_current_task_btf, []));
  const argument = typedArgument(e);
  return argument === undefined ? undefined : typedPointer(l, argument);
}

/** `missing`: where the program goes if one of the pointers on the way is null. */
function load(l: Lowering, e: Read, missing?: Block): Value {
  const b = l.builder;
  const base = startOf(l, e.address) ?? load(l, e.address as Read, missing);
  if (missing !== undefined) {
    const there = b.block();
    b.branch('ne', base, b.constant(0), there, missing);
    b.enter(there);
  }
  const { size, signed } = wordFormat(e.type);
  return b.load(size, signed, base, e.offset);
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
