/** skboutput(): a packet of the kernel into a capture file. */
import { INT64, UINT64, type Expression, type Statement } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import { asInteger, constant, convert } from '../passes/expressions/values.ts';
import type { Context } from '../passes/state/context.ts';
import { printType, type Type } from '../types/index.ts';
import { literalText, argument, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';
import { refusedInIterator } from './kernel-format.ts';

export const packetFunctions: readonly FunctionBuiltin[] = [
  {
    name: 'skboutput',
    arguments: [4, 4],
    action: (context, call) => output(context, call) ?? [],
    value: (context, call) => {
      const statements = output(context, call);
      if (statements === undefined) return undefined;
      const type: Type = { kind: 'integer', size: 4, signed: false };
      return { kind: 'sequence', span: call.span, type, statements, value: constant(call.span, type, 0n) };
    },
  },
];

/** Packets on networks are smaller; what the kernel has merged can be larger and is cut off, as the capture says. */
const LARGEST_BYTES = 16_384;
/** Buffers of this size on are sent with the length that they have. */
const SMALLEST_BYTES = 64;

function output(context: Context, call: CallNode): readonly Statement[] | undefined {
  if (refusedInIterator(context, call)) return undefined;
  const { span } = call;
  const path = literalText(context, call, 0);
  const skb = context.expression(argument(call, 1));
  const wanted = numberArgument(context, call, 2);
  const offset = numberArgument(context, call, 3);
  if (path === undefined || skb === undefined || wanted === undefined || offset === undefined) return undefined;
  const { type } = skb;
  if (type.kind !== 'pointer' || type.to.kind !== 'record' || type.to.name !== 'sk_buff') {
    return context.error(
      'argument-type',
      span,
      `skboutput() expects a pointer to a struct sk_buff (${printType(type)} provided)`,
    );
  }
  const member = (name: string): Expression => memberOf(span, skb, type.to, name);
  const start = asInteger(convert(offset, INT64), true);
  const asked = asInteger(convert(wanted, INT64), true);
  const whole = subtract(span, member('len'), start);
  // What lies in other pages than the first part can't be read from here: the capture has the beginning then.
  const linear = subtract(span, subtract(span, member('len'), member('data_len')), start);
  const largest = wanted.kind === 'constant' ? Math.min(Number(wanted.value), LARGEST_BYTES) : LARGEST_BYTES;
  const bytes: Expression = {
    kind: 'call',
    span,
    type: { kind: 'buffer', size: Math.max(largest, SMALLEST_BYTES) },
    call: {
      function: 'buf',
      address: arithmetic(span, 'add', member('data'), start),
      space: 'kernel',
      length: atLeastZero(span, least(span, asked, linear)),
    },
  };
  const time: Expression = { kind: 'builtin', span, type: UINT64, name: 'nsecs' };
  const args = [time, atLeastZero(span, least(span, asked, whole)), bytes];
  return [{ kind: 'emit', span, event: { kind: 'packet', path, args } }];
}

function memberOf(span: Span, skb: Expression, struct: Type, name: string): Expression {
  const field = struct.kind === 'record' ? struct.field(name) : undefined;
  const type = field?.type ?? UINT64;
  const read: Expression = { kind: 'read', span, type, address: skb, offset: field?.offset ?? 0, space: 'kernel' };
  return asInteger(read, false);
}

function arithmetic(span: Span, operator: 'add' | 'sub', left: Expression, right: Expression): Expression {
  return { kind: 'arithmetic', span, type: INT64, operator, left, right };
}

const subtract = (span: Span, left: Expression, right: Expression): Expression => arithmetic(span, 'sub', left, right);

function choose(span: Span, left: Expression, right: Expression): Expression {
  const condition: Expression = { kind: 'compare', span, type: { kind: 'bool' }, operator: 'slt', left, right };
  return { kind: 'conditional', span, type: INT64, condition, then: left, else: right };
}

const least = choose;

function atLeastZero(span: Span, value: Expression): Expression {
  const zero = constant(span, INT64, 0n);
  const condition: Expression = {
    kind: 'compare',
    span,
    type: { kind: 'bool' },
    operator: 'slt',
    left: value,
    right: zero,
  };
  return { kind: 'conditional', span, type: INT64, condition, then: zero, else: value };
}
