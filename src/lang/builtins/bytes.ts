/** Functions on the bytes of values: bswap(), memcmp(), write_user(), container_of(). */
import { INT64, UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, constant, convert, isConstant, settled } from '../passes/expressions/values.ts';
import { resolveType } from '../passes/expressions/type-syntax.ts';
import { isNumber, printType, sizeOf, withoutLiterals } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import type * as ast from '../syntax/index.ts';
import { argument, literalNumber, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const byteFunctions: readonly FunctionBuiltin[] = [
  { name: 'bswap', arguments: [1, 1], value: swapBytes },
  { name: 'memcmp', arguments: [3, 3], value: compareBytes },
  { name: 'container_of', arguments: [3, 3], value: container },
  { name: 'write_user', arguments: [3, 3], unsafe: true, value: writeUser },
];

function swapBytes(context: Context, call: CallNode): Expression | undefined {
  const given = context.expression(argument(call, 0));
  if (given === undefined) return undefined;
  const from = withoutLiterals(given.type);
  if (from.kind !== 'integer')
    return context.error('argument-type', call.span, `bswap() expects an integer (${printType(given.type)} provided)`);
  const { size } = from;
  const type: Type = { kind: 'integer', size, signed: false };
  if (size === 1) {
    context.warning('no-effect', call.span, `bswap() of one byte (${printType(from)}) changes nothing.`);
    return convert(given, type);
  }
  const value = convert(given, type);
  if (isConstant(value)) return constant(call.span, type, swapped(value.value, size));
  return { kind: 'call', span: call.span, type, call: { function: 'bswap', value, size } };
}

function swapped(value: bigint, size: number): bigint {
  let result = 0n;
  for (let byte = 0; byte < size; byte++) result = (result << 8n) | ((value >> BigInt(8 * byte)) & 0xffn);
  return result;
}

// ---- memory ---------------------------------------------------------------------------------------------

/** The bytes of a value; of a pointer, `count` bytes that it points to. `count`: undefined where the script doesn't tell. */
function bytesOfArgument(
  context: Context,
  call: CallNode,
  index: number,
  count: number | undefined,
): Expression | undefined {
  const value = context.expression(argument(call, index));
  if (value === undefined) return undefined;
  const { type } = value;
  if (type.kind === 'pointer') {
    if (count === undefined)
      return context.error(
        'literal',
        call.span,
        `${call.name}() of a pointer expects an integer literal as its length`,
      );
    const bytes: Type = { kind: 'array', element: { kind: 'integer', size: 1, signed: false }, count };
    const space = context.spaceOf(type.space);
    return { kind: 'read', span: value.span, type: bytes, address: asInteger(value, false), offset: 0, space };
  }
  if (count === undefined || sizeOf(type) >= count) return settled(value);
  return context.error(
    'range',
    call.span,
    `${call.name}() wants ${count} bytes of argument ${index + 1}, which has ${sizeOf(type)} (${printType(type)})`,
  );
}

/** Larger ones would not be told from a mistake, and take the verifier long to follow. */
const MOST_COMPARED = 4096n;

function compareBytes(context: Context, call: CallNode): Expression | undefined {
  const count = literalNumber(context, call, 2);
  if (count === undefined) return undefined;
  if (count < 0n || count > MOST_COMPARED) {
    const rule = `a number of bytes from 0 to ${MOST_COMPARED}`;
    return context.error('range', call.span, `memcmp() expects ${rule} (provided ${count})`);
  }
  const left = bytesOfArgument(context, call, 0, Number(count));
  const right = bytesOfArgument(context, call, 1, Number(count));
  if (left === undefined || right === undefined) return undefined;
  const { span } = call;
  const number = [left, right].find(({ type }) => isNumber(type));
  if (number !== undefined && !(isNumber(left.type) && isNumber(right.type))) {
    const message = 'memcmp() compares the bytes of a number with those of another number only';
    return context.error('argument-type', span, message, {
      hints: ['Cast an address to a pointer to compare what stands there: (uint8 *)arg0'],
    });
  }
  return { kind: 'call', span, type: INT64, call: { function: 'memcmp', left, right, count: Number(count) } };
}

function writeUser(context: Context, call: CallNode): Expression | undefined {
  const to = context.expression(argument(call, 0));
  const length = numberArgument(context, call, 2);
  if (to === undefined || length === undefined) return undefined;
  if (to.type.kind !== 'pointer' && !isNumber(to.type)) {
    const message = `write_user() expects an address of user memory first (${printType(to.type)} provided)`;
    return context.error('argument-type', call.span, message);
  }
  const most = context.script.config.maxStrlen;
  if (isConstant(length) && (length.value < 1n || length.value > BigInt(most)))
    return context.error(
      'range',
      call.span,
      `write_user() expects a length from 1 to ${most} (provided ${length.value})`,
    );
  const value = bytesOfArgument(context, call, 1, isConstant(length) ? Number(length.value) : undefined);
  if (value === undefined) return undefined;
  if (!context.script.target.have('probe-write-user')) {
    return context.error('helper', call.span, "This kernel doesn't let programs write to user memory.", {
      hints: ['The helper bpf_probe_write_user is refused: kernel lockdown does that, and kernels without it.'],
    });
  }
  return {
    kind: 'call',
    span: call.span,
    type: { kind: 'bool' },
    call: { function: 'writeUser', to: asInteger(to, false), value, length: asInteger(length, false) },
  };
}

// ---- container_of -----------------------------------------------------------------------------------------

/** The struct that holds the member which the pointer points to. */
function container(context: Context, call: CallNode): Expression | undefined {
  const pointer = context.expression(argument(call, 0));
  const type = typeArgument(context, argument(call, 1));
  const path = memberPath(argument(call, 2));
  if (pointer === undefined || type === undefined) return undefined;
  if (pointer.type.kind !== 'pointer' && !isNumber(pointer.type)) {
    const message = `container_of() expects a pointer first (${printType(pointer.type)} provided)`;
    return context.error('argument-type', call.span, message);
  }
  if (path === undefined)
    return context.error('argument-type', argument(call, 2).span, 'container_of() expects the name of a member last');
  const offset = offsetOfMember(context, call, type, path);
  if (offset === undefined) return undefined;
  const space = pointer.type.kind === 'pointer' ? pointer.type.space : 'none';
  return {
    kind: 'arithmetic',
    span: call.span,
    type: { kind: 'pointer', to: type, space: space === 'none' ? context.space : space },
    operator: 'sub',
    left: asInteger(pointer, false),
    right: constant(call.span, UINT64, BigInt(offset)),
  };
}

function typeArgument(context: Context, node: ast.Expression): Type | undefined {
  if (node.kind === 'typeExpression') return resolveType(context, node.type);
  if (node.kind === 'identifier') return resolveType(context, { kind: 'named', span: node.span, name: node.name });
  return context.error('argument-type', node.span, 'container_of() expects a type as second argument');
}

/** `a.b` */
function memberPath(node: ast.Expression): readonly string[] | undefined {
  if (node.kind === 'identifier') return [node.name];
  if (node.kind !== 'field') return undefined;
  const outer = memberPath(node.operand);
  return outer === undefined ? undefined : [...outer, node.name];
}

function offsetOfMember(context: Context, call: CallNode, type: Type, path: readonly string[]): number | undefined {
  let inner = type;
  let offset = 0;
  for (const name of path) {
    const field = inner.kind === 'record' ? inner.field(name) : undefined;
    if (field === undefined) {
      const text = `Struct/union of type '${printType(inner)}' does not contain a field named '${name}'`;
      return context.error('unknown-field', call.span, text);
    }
    offset += field.offset;
    inner = field.type;
  }
  return offset;
}
