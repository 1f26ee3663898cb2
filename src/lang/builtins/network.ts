/** Network addresses: ntop(), pton(), macaddr(). */
import { UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, constant, convert } from '../passes/expressions/values.ts';
import { isNumber, printType, sizeOf } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import { parseAddress } from './address-bytes.ts';
import { argument, literalText, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const networkFunctions: readonly FunctionBuiltin[] = [
  { name: 'ntop', arguments: [1, 2], value: addressText },
  { name: 'pton', arguments: [1, 1], value: addressBytes },
  { name: 'macaddr', arguments: [1, 1], value: macAddress },
];

const AF_INET = 2n;
const AF_INET6 = 10n;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const MAC_BYTES = 6;
const UINT32: Type = { kind: 'integer', size: 4, signed: false };

function addressText(context: Context, call: CallNode): Expression | undefined {
  const hasFamily = call.arguments.length > 1;
  const family = hasFamily ? numberArgument(context, call, 0) : undefined;
  const given = context.expression(argument(call, hasFamily ? 1 : 0));
  if (given === undefined || (hasFamily && family === undefined)) return undefined;
  const address = isNumber(given.type) ? convert(given, UINT32) : given;
  const bytes = isNumber(given.type) || holdsBytes(given.type) ? sizeOf(address.type) : 0;
  if (bytes !== IPV4_BYTES && bytes !== IPV6_BYTES) {
    const expected = `an integer, or an array of ${IPV4_BYTES} or ${IPV6_BYTES} bytes`;
    return context.error('argument-type', call.span, `ntop() expects ${expected} (${printType(given.type)} provided)`);
  }
  const implied = constant(call.span, UINT64, bytes === IPV4_BYTES ? AF_INET : AF_INET6);
  return {
    kind: 'call',
    span: call.span,
    type: { kind: 'inet' },
    call: { function: 'inet', family: family === undefined ? implied : asInteger(family, false), address },
  };
}

/** Arrays, char[N] members, and structs such as in6_addr. */
function holdsBytes(type: Type): boolean {
  return type.kind === 'array' || type.kind === 'string' || type.kind === 'record';
}

function addressBytes(context: Context, call: CallNode): Expression | undefined {
  const text = literalText(context, call, 0);
  if (text === undefined) return undefined;
  const bytes = parseAddress(text);
  if (bytes === undefined)
    return context.error('address', call.span, `pton() expects an IPv4 or IPv6 address (${text} provided)`);
  return bytesValue(call.span, bytes);
}

function bytesValue(span: Span, bytes: Uint8Array): Expression {
  const element: Type = { kind: 'integer', size: 1, signed: false };
  const type: Type = { kind: 'array', element, count: bytes.length };
  const members = Array.from(bytes, (byte, offset) => ({ offset, value: constant(span, element, BigInt(byte)) }));
  return { kind: 'aggregate', span, type, members };
}

function macAddress(context: Context, call: CallNode): Expression | undefined {
  const value = context.expression(argument(call, 0));
  if (value === undefined) return undefined;
  const type: Type = { kind: 'macaddr' };
  const { span } = call;
  if (holdsBytes(value.type) && value.kind !== 'string' && sizeOf(value.type) === MAC_BYTES)
    return { kind: 'convert', span, type, operand: value };
  if (value.type.kind === 'pointer' || isNumber(value.type)) {
    const space = value.type.kind === 'pointer' ? context.spaceOf(value.type.space) : context.space;
    return { kind: 'read', span, type, address: asInteger(value, false), offset: 0, space };
  }
  const expected = `an array of ${MAC_BYTES} bytes or the address of one`;
  return context.error('argument-type', span, `macaddr() expects ${expected} (${printType(value.type)} provided)`);
}
