/** Functions that read memory: str(), buf(), strncmp(), and the marks of address spaces. */
import { UINT64 } from '../checked/index.ts';
import type { Expression, ReadSpace } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import { decodeText, encodeText } from '../source/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, constant, convert, isConstant, settled, text } from '../passes/expressions/values.ts';
import { isLiteralType, isNumber, printType, sizeOf } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import type * as ast from '../syntax/index.ts';
import { argument, literalNumber, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const memoryFunctions: readonly FunctionBuiltin[] = [
  { name: 'str', arguments: [1, 2], value: str },
  { name: 'buf', arguments: [1, 2], value: buf },
  { name: 'strncmp', arguments: [3, 3], value: compareText },
  { name: 'kptr', arguments: [1, 1], value: (context, call) => markSpace(context, call, 'kernel') },
  { name: 'uptr', arguments: [1, 1], value: (context, call) => markSpace(context, call, 'user') },
];

// ---- str ------------------------------------------------------------------------------------------------

function str(context: Context, call: CallNode): Expression | undefined {
  const node = argument(call, 0);
  const length = call.arguments.length > 1 ? numberArgument(context, call, 1) : undefined;
  if (call.arguments.length > 1 && length === undefined) return undefined;
  const known = knownText(context, node);
  if (known !== undefined) return beginningOfText(context, call, known, length);
  const value = context.expression(node);
  if (value === undefined) return undefined;
  const isKnown = length === undefined || isConstant(length);
  if (value.kind === 'string' && isKnown) return cutText(call.span, value.value, length);
  if (isConstant(value) && isLiteralType(value.type)) return cutText(call.span, String(value.value), length);
  const limit = lengthLimit(context, call, length);
  if (limit === undefined) return undefined;
  if (value.type.kind === 'string') return beginningOf(call, value, limit);
  return readText(context, call, value, limit);
}

/** `str($1)`: the parameter's text, also of one that looks like a number; `str($1 + 2)` without its first characters. */
function knownText(context: Context, node: ast.Expression): string | undefined {
  if (node.kind === 'positional') return context.script.options.positional[node.index - 1] ?? '';
  if (
    node.kind !== 'binary' ||
    node.operator !== '+' ||
    node.left.kind !== 'positional' ||
    node.right.kind !== 'integer'
  )
    return undefined;
  return (context.script.options.positional[node.left.index - 1] ?? '').slice(Number(node.right.value));
}

function beginningOfText(
  context: Context,
  call: CallNode,
  known: string,
  length: Expression | undefined,
): Expression | undefined {
  if (length === undefined || isConstant(length)) return cutText(call.span, known, length);
  const limit = lengthLimit(context, call, length);
  return limit === undefined ? undefined : beginningOf(call, text(call.span, known), limit);
}

function cutText(span: Span, value: string, length: Expression | undefined): Expression {
  if (length === undefined || !isConstant(length)) return text(span, value);
  return text(span, decodeText(encodeText(value).subarray(0, Math.max(0, Number(length.value) - 1))));
}

interface LengthLimit {
  /** Room for the text. */
  readonly size: number;
  readonly length: Expression | undefined;
}

function lengthLimit(context: Context, call: CallNode, length: Expression | undefined): LengthLimit | undefined {
  const { maxStrlen } = context.script.config;
  if (length === undefined) return { size: maxStrlen, length: undefined };
  if (!isConstant(length)) return { size: maxStrlen, length: asInteger(length, false) };
  if (length.value < 0n)
    return context.error('range', call.span, `${call.name}() expects a positive length (provided ${length.value})`);
  if (length.value > BigInt(maxStrlen)) {
    context.warning(
      'string-length',
      call.span,
      `length param (${length.value}) is greater than max_strlen (${maxStrlen}); it is shortened to that.`,
    );
  }
  const size = Math.max(1, Math.min(Number(length.value), maxStrlen));
  return { size, length: constant(length.span, UINT64, BigInt(Math.min(Number(length.value), maxStrlen))) };
}

/** The beginning of a text that is here already. */
function beginningOf(call: CallNode, value: Expression, limit: LengthLimit): Expression {
  if (limit.length === undefined) return value;
  return {
    kind: 'call',
    span: call.span,
    type: { kind: 'string', size: Math.min(limit.size, sizeOf(value.type)) },
    call: { function: 'strOf', value, length: limit.length },
  };
}

function readText(context: Context, call: CallNode, value: Expression, limit: LengthLimit): Expression | undefined {
  const type: Type = { kind: 'string', size: limit.size };
  if (value.type.kind === 'array' && sizeOf(value.type.element) === 1)
    return beginningOf(call, arrayAsText(call.span, value, value.type), limit);
  if (value.type.kind !== 'pointer' && !isNumber(value.type)) {
    return context.error(
      'argument-type',
      call.span,
      `str() expects an integer or a pointer type as first argument (${printType(value.type)} provided)`,
    );
  }
  const space = spaceOfAddress(context, value.type);
  return {
    kind: 'call',
    span: call.span,
    type,
    call: { function: 'str', address: asInteger(value, false), space, length: limit.length },
  };
}

/** A plain number says nothing of its space: the arguments of a kernel function may well point into user memory. */
function spaceOfAddress(context: Context, type: Type): ReadSpace {
  if (type.kind === 'pointer') return context.spaceOf(type.space);
  return context.space === 'user' ? 'user' : 'any';
}

/** Bytes that BTF doesn't call char. */
export function arrayAsText(span: Span, value: Expression, type: Type & { kind: 'array' }): Expression {
  const wanted: Type = { kind: 'string', size: Math.max(1, type.count), exact: true };
  return value.kind === 'read' || value.kind === 'context' || value.kind === 'member'
    ? { ...value, span, type: wanted }
    : { kind: 'convert', span, type: wanted, operand: value };
}

// ---- the rest -------------------------------------------------------------------------------------------

function buf(context: Context, call: CallNode): Expression | undefined {
  const value = context.expression(argument(call, 0));
  const length = call.arguments.length > 1 ? numberArgument(context, call, 1) : undefined;
  if (value === undefined || (call.arguments.length > 1 && length === undefined)) return undefined;
  const { type } = value;
  const inPlace = type.kind === 'array' || type.kind === 'string';
  if (!inPlace && type.kind !== 'pointer' && !isNumber(type)) {
    return context.error(
      'argument-type',
      call.span,
      `buf() expects an integer, a pointer or an array as first argument (${printType(type)} provided)`,
    );
  }
  if (length === undefined && !inPlace)
    return context.error('argument-count', call.span, 'buf() expects a length argument for a non-array type');
  const limit = length === undefined ? { size: sizeOf(type), length: undefined } : lengthLimit(context, call, length);
  if (limit === undefined) return undefined;
  const size = Math.min(
    limit.length?.kind === 'constant' ? Number(limit.length.value) : limit.size,
    context.script.config.maxStrlen,
  );
  if (inPlace) {
    const fits: Type = { kind: 'buffer', size: Math.min(size, sizeOf(type)) };
    return {
      kind: 'call',
      span: call.span,
      type: fits,
      call: { function: 'bufOf', value: settled(value), length: limit.length },
    };
  }
  const space = spaceOfAddress(context, type);
  const count = limit.length ?? constant(call.span, UINT64, BigInt(size));
  return {
    kind: 'call',
    span: call.span,
    type: { kind: 'buffer', size },
    call: { function: 'buf', address: asInteger(value, false), space, length: count },
  };
}

function compareText(context: Context, call: CallNode): Expression | undefined {
  const left = context.expression(argument(call, 0));
  const right = context.expression(argument(call, 1));
  const count = literalNumber(context, call, 2);
  if (left === undefined || right === undefined || count === undefined) return undefined;
  for (const value of [left, right]) {
    if (value.type.kind !== 'string')
      return context.error('argument-type', call.span, `strncmp() expects strings (${printType(value.type)} provided)`);
  }
  if (count < 1n)
    return context.error('range', call.span, `strncmp() expects a positive number of bytes (provided ${count})`);
  const longest = Math.max(sizeOf(left.type), sizeOf(right.type));
  return {
    kind: 'call',
    span: call.span,
    type: UINT64,
    call: { function: 'strncmp', left, right, count: Math.min(Number(count), longest) },
  };
}

function markSpace(context: Context, call: CallNode, space: 'kernel' | 'user'): Expression | undefined {
  const value = context.expression(argument(call, 0));
  if (value === undefined) return undefined;
  if (value.type.kind !== 'pointer' && !isNumber(value.type)) {
    return context.error(
      'argument-type',
      call.span,
      `${call.name}() expects an integer or a pointer (${printType(value.type)} provided)`,
    );
  }
  const to: Type = value.type.kind === 'pointer' ? value.type.to : { kind: 'void' };
  return {
    kind: 'convert',
    span: call.span,
    type: { kind: 'pointer', to, space },
    operand: convert(value, value.type),
  };
}
