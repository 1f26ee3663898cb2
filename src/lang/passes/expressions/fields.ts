/** Members and elements of values, and reads of memory through pointers (spec T-40 to T-48, T-60). */
import { UINT64 } from '../../checked/index.ts';
import type { ArgumentField, Expression, ValueAccess } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isNumber, printType, sizeOf } from '../../types/index.ts';
import type { AddressSpace, Field, RecordType, Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { offsetPointer } from './arithmetic.ts';
import { isArgs } from '../scan/uses.ts';
import { checkPacketMember, isPacket } from './packet.ts';
import { NO_BTF } from './type-syntax.ts';
import { asInteger, constant, isConstant, isFolded, membersOf, record, settled, wrap } from './values.ts';

type FieldNode = ast.Expression & { readonly kind: 'field' };

export function checkField(context: Context, node: FieldNode): Expression | undefined {
  if (isArgs(node.operand)) return readArgument(context, node);
  if (isPacket(node.operand)) return checkPacketMember(context, node);
  const operand = context.expression(node.operand);
  if (operand === undefined) return undefined;
  const base = dereferenceToRecord(context, operand);
  const { type } = base;
  if (type.kind === 'tuple') return tupleElement(context, node, base, type);
  if (type.kind !== 'record') {
    return context.error(
      'field',
      node.span,
      `Can not access field '${node.name}' on expression of type '${printType(operand.type)}'`,
      { hints: context.script.target.btf === undefined ? [NO_BTF] : undefined },
    );
  }
  const field = type.field(node.name);
  if (field === undefined) return unknownField(context, node, type);
  return memberOf(context, base, field, node.span);
}

/** `.` and `->` go through pointers of any depth, down to the struct. */
function dereferenceToRecord(context: Context, operand: Expression): Expression {
  let value = operand;
  while (value.type.kind === 'pointer' && ['record', 'tuple', 'pointer'].includes(value.type.to.kind)) {
    value = readThrough(context, value, value.type, value.span);
  }
  return value;
}

function tupleElement(
  context: Context,
  node: FieldNode,
  base: Expression,
  type: Type & { kind: 'tuple' },
): Expression | undefined {
  const index = Number(node.name);
  if (!/^[0-9]+$/.test(node.name))
    return context.error(
      'field',
      node.span,
      `Can not access field '${node.name}' on expression of type '${printType(type)}'`,
    );
  return elementOfTuple(context, base, type, index, node.span);
}

export function elementOfTuple(
  context: Context,
  base: Expression,
  type: Type & { kind: 'tuple' },
  index: number,
  span: Span,
): Expression | undefined {
  const member = membersOf(type)[index];
  if (member === undefined) {
    return context.error(
      'index',
      span,
      `Invalid tuple index: ${index}. Found ${type.elements.length} element${type.elements.length === 1 ? '' : 's'} in tuple.`,
    );
  }
  return memberOf(context, base, member, span);
}

function unknownField(context: Context, node: FieldNode, type: RecordType): undefined {
  const near = nearest(node.name, fieldNames(type));
  const hints = near === undefined ? undefined : [`Did you mean ${near}?`];
  const name = type.tag === 'record' ? 'Record' : `Struct/union of type '${printType(type)}'`;
  return context.error('unknown-field', node.span, `${name} does not contain a field named '${node.name}'`, { hints });
}

function fieldNames(type: RecordType): string[] {
  return type
    .fields()
    .flatMap((field) => (field.name === '' && field.type.kind === 'record' ? fieldNames(field.type) : [field.name]));
}

/** A part of a value: of memory behind a pointer (then at a larger offset), or of a value that is here already. */
function memberOf(context: Context, base: Expression, field: Field, span: Span): Expression | undefined {
  const { bits } = field;
  if (field.type.kind === 'none') return context.error('unsupported-type', span, `${field.name} has unsupported type`);
  if (base.kind === 'read') {
    const type = inSpace(field.type, base.space);
    return {
      kind: 'read',
      span,
      type,
      address: base.address,
      offset: base.offset + field.offset,
      space: base.space,
      bits,
    };
  }
  const type = inSpace(field.type, context.space);
  if (base.kind === 'aggregate' && isFolded(base)) {
    const found = base.members.find((member) => member.offset === field.offset && sizeOf(member.value.type) > 0);
    if (found !== undefined) return { ...found.value, span };
  }
  if (base.kind === 'member' && base.bits === undefined) {
    return { kind: 'member', span, type, operand: base.operand, offset: base.offset + field.offset, bits };
  }
  return { kind: 'member', span, type, operand: base, offset: field.offset, bits };
}

/** A pointer found in memory points into the same space, unless its type says otherwise. */
export function inSpace(type: Type, space: AddressSpace): Type {
  return type.kind === 'pointer' && type.space === 'none' ? { ...type, space } : type;
}

/** `*p`: memory at the pointer. */
function readThrough(context: Context, address: Expression, type: Type & { kind: 'pointer' }, span: Span): Expression {
  const space = context.spaceOf(type.space);
  return { kind: 'read', span, type: inSpace(type.to, space), address, offset: 0, space };
}

export function checkDereference(
  context: Context,
  node: ast.Expression & { readonly kind: 'unary' },
): Expression | undefined {
  if (isArgs(node)) return wholeArguments(context, node.span);
  const operand = context.expression(node.operand);
  if (operand === undefined) return undefined;
  const { type } = operand;
  if (type.kind === 'integer') {
    // kaddr() gives kernel addresses also in probes of user code.
    const space = node.operand.kind === 'call' && node.operand.name === 'kaddr' ? 'kernel' : context.space;
    return {
      kind: 'read',
      span: node.span,
      type: { kind: 'integer', size: 8, signed: false },
      address: operand,
      offset: 0,
      space,
    };
  }
  if (type.kind !== 'pointer')
    return context.error(
      'dereference',
      node.span,
      `Can not dereference type '${printType(type)}'. It is not a pointer.`,
    );
  if (sizeOf(type.to) === 0)
    return context.error('dereference', node.span, `Can not dereference pointer to "${printType(type.to)}".`);
  return readThrough(context, operand, type, node.span);
}

// ---- elements -------------------------------------------------------------------------------------------

export function checkIndex(
  context: Context,
  node: ast.Expression & { readonly kind: 'index' },
): Expression | undefined {
  const operand = context.expression(node.operand);
  const index = context.expression(node.index);
  if (operand === undefined || index === undefined) return undefined;
  if (!isNumber(index.type)) {
    return context.error(
      'index',
      node.span,
      `The array index operator [] accepts only integer indices, not '${printType(index.type)}'`,
    );
  }
  const { type } = operand;
  switch (type.kind) {
    case 'tuple':
      if (!isConstant(index)) return context.error('index', node.span, 'A tuple is indexed by a literal.');
      return elementOfTuple(context, operand, type, Number(index.value), node.span);
    case 'pointer':
      if (sizeOf(type.to) === 0)
        return context.error('index', node.span, `Can not index a pointer to "${printType(type.to)}".`);
      return readThrough(context, offsetPointer(node.span, operand, index, 'add'), type, node.span);
    case 'array':
      return elementOfArray(context, node.span, operand, index, type.element, type.count);
    case 'string':
      return elementOfArray(context, node.span, operand, index, { kind: 'integer', size: 1, signed: true }, type.size);
    default:
      return context.error(
        'index',
        node.span,
        `The array index operator [] can not be used on expressions of type ${printType(type)}`,
      );
  }
}

function elementOfArray(
  context: Context,
  span: Span,
  operand: Expression,
  index: Expression,
  element: Type,
  count: number,
): Expression | undefined {
  if (operand.kind === 'string' && isConstant(index) && index.value >= 0n && index.value < BigInt(count)) {
    const bytes = new TextEncoder().encode(operand.value);
    return constant(span, element, BigInt.asIntN(8, BigInt(bytes[Number(index.value)] ?? 0)));
  }
  if (count === 0 && operand.kind === 'read') {
    const start: Expression = {
      kind: 'arithmetic',
      span: operand.span,
      type: { kind: 'pointer', to: element, space: operand.space },
      operator: 'add',
      left: asInteger(operand.address, false),
      right: constant(operand.span, { kind: 'integer', size: 8, signed: false }, BigInt(operand.offset)),
    };
    return readThrough(
      context,
      offsetPointer(span, start, index, 'add'),
      start.type as Type & { kind: 'pointer' },
      span,
    );
  }
  if (!isConstant(index)) {
    const space = operand.kind === 'read' ? operand.space : context.space;
    return { kind: 'element', span, type: inSpace(element, space), operand, index: asInteger(index, true), count };
  }
  if (index.value < 0n || index.value >= BigInt(count)) {
    return context.error('index', span, `the index ${index.value} is out of bounds for array of size ${count}`);
  }
  return memberOf(context, operand, { name: '', type: element, offset: Number(index.value) * sizeOf(element) }, span);
}

// ---- args -----------------------------------------------------------------------------------------------

/** With a wildcard the reader must know which of its matches lacks the field. */
function argsHint({ program }: Context): { readonly hints?: readonly string[] } {
  const { provider } = program.variant;
  return provider === 'kprobe' ? { hints: ['In a kprobe they are numbered: arg0, arg1, …'] } : {};
}

function fieldsOf(context: Context, args: readonly ArgumentField[]): string[] {
  const [point] = context.program.variant.points;
  const name = point?.name ?? 'This probe';
  return args.length === 0
    ? [`${name} has no arguments.`]
    : [`${name} has: ${args.map(({ name }) => name).join(', ')}.`];
}

function readArgument(context: Context, node: FieldNode): Expression | undefined {
  const { args } = context.program.variant.context;
  if ('error' in args) return context.error('args', node.operand.span, args.error, argsHint(context));
  const field = args.find((candidate) => candidate.name === node.name);
  if (field?.type.kind === 'none') {
    const reason = `args.${node.name} can't be read: it is no number, or in a register for floating-point numbers`;
    return context.error('unsupported-type', node.span, reason);
  }
  if (field !== undefined) return fromContext(context, node.span, field.type, field.access);
  const near = nearest(
    node.name,
    args.map((candidate) => candidate.name),
  );
  const common = node.name.startsWith('common_')
    ? ['The common_* fields of tracepoints can not be used in scripts.']
    : undefined;
  const hints = near === undefined ? (common ?? fieldsOf(context, args)) : [`Did you mean ${near}?`];
  return context.error('unknown-field', node.span, `Can't find function parameter ${node.name}`, { hints });
}

/** `args` as a value: a record of all of them. */
export function wholeArguments(context: Context, span: Span): Expression | undefined {
  const { args } = context.program.variant.context;
  if ('error' in args) return context.error('args', span, args.error, argsHint(context));
  return record(
    span,
    args
      .filter(({ type }) => type.kind !== 'none')
      .map((field) => ({ name: field.name, value: settled(fromContext(context, span, field.type, field.access)) })),
  );
}

export function fromContext(context: Context, span: Span, type: Type, access: ValueAccess): Expression {
  if (access.kind === 'immediate')
    return constant(span, type, type.kind === 'integer' ? wrap(access.value, type) : access.value);
  if (access.kind === 'userMemory') return fromMemory(span, type, access);
  if (access.kind === 'registers') return fromWords(span, type, access.offsets);
  return { kind: 'context', span, type: inSpace(type, context.space), access };
}

/** The value's bytes as they lie in registers; the last of those may be wider than what is left of it. */
function fromWords(span: Span, type: Type, words: readonly number[]): Expression {
  const members: { offset: number; value: Expression }[] = [];
  const total = sizeOf(type);
  for (let offset = 0; offset < total && words[offset >> 3] !== undefined;) {
    const left = Math.min(total - offset, 8 - (offset & 7));
    const size = ([8, 4, 2] as const).find((each) => each <= left && offset % each === 0) ?? 1;
    const access = { kind: 'word', offset: words[offset >> 3]! + (offset & 7), size, signed: false } as const;
    members.push({ offset, value: { kind: 'context', span, type: { kind: 'integer', size, signed: false }, access } });
    offset += size;
  }
  // Its members are no fields: inside of a sequence nobody takes them for such.
  return { kind: 'sequence', span, type, statements: [], value: { kind: 'aggregate', span, type, members } };
}

function fromMemory(span: Span, type: Type, access: ValueAccess & { readonly kind: 'userMemory' }): Expression {
  const { base, index, scale = 1, displacement } = access;
  const terms: Expression[] = [];
  if (base !== undefined) terms.push({ kind: 'context', span, type: UINT64, access: base });
  if (index !== undefined) {
    const own: Expression = { kind: 'context', span, type: UINT64, access: index };
    terms.push(scale === 1 ? own : arithmetic(span, 'mul', own, constant(span, UINT64, BigInt(scale))));
  }
  const isNear = terms.length > 0 && BigInt.asIntN(31, displacement) === displacement;
  if (!isNear) terms.push(constant(span, UINT64, BigInt.asUintN(64, displacement)));
  const address = terms.reduce((sum, term) => arithmetic(span, 'add', sum, term));
  const offset = isNear ? Number(displacement) : 0;
  return { kind: 'read', span, type: inSpace(type, 'user'), address, offset, space: 'user' };
}

function arithmetic(span: Span, operator: 'add' | 'mul', left: Expression, right: Expression): Expression {
  return { kind: 'arithmetic', span, type: UINT64, operator, left, right };
}
