/** Making and converting values: constants, literals, and the explicit form of every implicit conversion. */
import { encodeText } from '../../source/index.ts';
import { INT64, UINT64 } from '../../checked/index.ts';
import type { Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import {
  isLiteralType,
  isNatural,
  literalType,
  makeRecord,
  placeMembers,
  sameType,
  withoutLiterals,
} from '../../types/index.ts';
import type { IntegerType, RecordType, Type } from '../../types/index.ts';

export const BOOL: Type = { kind: 'bool' };

export function constant(span: Span, type: Type, value: bigint): Expression {
  return { kind: 'constant', span, type, value };
}

/** An integer as if it stood in the script: its type is the smallest that holds it, and bends. */
export function literal(span: Span, value: bigint): Expression {
  return constant(span, literalType(value), value);
}

export function boolean(span: Span, value: boolean): Expression {
  return constant(span, BOOL, value ? 1n : 0n);
}

export function text(span: Span, value: string): Expression {
  return { kind: 'string', span, type: { kind: 'string', size: encodeText(value).length + 1 }, value };
}

export type Constant = Expression & { readonly kind: 'constant' };

export function isConstant(node: Expression): node is Constant {
  return node.kind === 'constant';
}

/** A number that was written, or folded from such, and has no type of its own yet. */
export function isLiteral(node: Expression): node is Constant {
  return node.kind === 'constant' && (isLiteralType(node.type) || node.type.kind === 'bool');
}

/** Known at compile time, as a whole. */
export function isFolded(value: Expression): boolean {
  return (
    value.kind === 'constant' ||
    value.kind === 'string' ||
    (value.kind === 'aggregate' && value.members.every((member) => isFolded(member.value)))
  );
}

/** The value as an integer type keeps it. */
export function wrap(value: bigint, type: IntegerType): bigint {
  const bits = type.size * 8;
  return type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** A value as another type, that the rules already found to hold it. */
export function convert(node: Expression, wanted: Type): Expression {
  const type = withoutLiterals(wanted);
  if (node.kind === 'constant') {
    const value = constantAs(node.value, type);
    if (value !== undefined) return constant(node.span, type, value);
  }
  if (node.kind === 'string' && type.kind === 'string') return { ...node, type };
  if (node.kind === 'aggregate' && (type.kind === 'tuple' || type.kind === 'record'))
    return convertAggregate(node, type);
  if (sameType(node.type, type)) return isLiteralType(node.type) ? ({ ...node, type } as Expression) : node;
  if (node.kind === 'conditional')
    return { ...node, type, then: convert(node.then, type), else: convert(node.else, type) };
  return { kind: 'convert', span: node.span, type, operand: node };
}

/** The bits of a constant in another word type; undefined where that isn't a word. */
function constantAs(value: bigint, type: Type): bigint | undefined {
  switch (type.kind) {
    case 'integer':
      return wrap(value, type);
    case 'enum':
      return wrap(value, { kind: 'integer', size: type.size, signed: type.signed });
    case 'bool':
      return value === 0n ? 0n : 1n;
    case 'pointer':
    case 'ksym':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
      return BigInt.asUintN(64, value);
    default:
      return undefined;
  }
}

/** A tuple or record under construction is made in the wanted layout at once. */
function convertAggregate(node: Expression & { kind: 'aggregate' }, type: Type): Expression {
  const from = membersOf(node.type);
  const to = membersOf(type);
  // Members stand in order of evaluation: only their places tell which is which.
  const members = node.members.map((member) => {
    const name = from.find((candidate) => candidate.offset === member.offset)?.name;
    const place = to.find((candidate) => candidate.name === name);
    return place === undefined ? member : { offset: place.offset, value: convert(member.value, place.type) };
  });
  return { ...node, type, members };
}

/** Members of a tuple (named by number) or of a record, in order. */
export function membersOf(
  type: Type,
): readonly { readonly name: string; readonly type: Type; readonly offset: number }[] {
  if (type.kind === 'record') return type.fields();
  if (type.kind !== 'tuple') return [];
  const { offsets } = placeMembers(type.elements);
  return type.elements.map((element, index) => ({ name: String(index), type: element, offset: offsets[index] ?? 0 }));
}

/** To int64 or uint64 by the sign of its type. Anything that is a word. */
export function widen(node: Expression): Expression {
  return convert(node, isSigned(node.type) ? INT64 : UINT64);
}

/** A word as the 64-bit integer with the wanted sign. */
export function asInteger(node: Expression, signed: boolean): Expression {
  return convert(node, signed ? INT64 : UINT64);
}

export function isSigned(type: Type): boolean {
  return (type.kind === 'integer' || type.kind === 'enum') && type.signed;
}

/** Takes part in unsigned arithmetic without making it signed. */
export function goesUnsigned(type: Type): boolean {
  return isNatural(type) || !isSigned(type);
}

/** For a place that takes any value as it is: a literal gets its plain type. */
export function settled(node: Expression): Expression {
  const type = withoutLiterals(node.type);
  return type === node.type ? node : convert(node, type);
}

export function tuple(span: Span, values: readonly Expression[]): Expression {
  const type: Type = { kind: 'tuple', elements: values.map((value) => value.type) };
  const { offsets } = placeMembers(type.elements);
  return {
    kind: 'aggregate',
    span,
    type,
    members: values.map((value, index) => ({ offset: offsets[index] ?? 0, value })),
  };
}

export function record(
  span: Span,
  members: readonly { readonly name: string; readonly value: Expression }[],
): Expression {
  const type: RecordType = makeRecord(members.map(({ name, value }) => ({ name, type: value.type })));
  const placed = members.map(({ name, value }) => ({ offset: type.field(name)?.offset ?? 0, value }));
  return { kind: 'aggregate', span, type, members: placed };
}
