/** What acts on the function or socket that a probe is at: override(), and what only other kinds of probes have. */
import type { Expression, Statement } from '../checked/index.ts';
import { INT64, UINT64 } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger } from '../passes/expressions/values.ts';
import { isNumber, printType } from '../types/index.ts';
import { refusedInIterator } from './kernel-format.ts';
import { argument, literalNumber, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const probedFunctions: readonly FunctionBuiltin[] = [
  { name: 'override', arguments: [1, 1], unsafe: true, action: override },
  { name: 'socket_cookie', arguments: [1, 1], value: socketCookie },
  { name: 'path', arguments: [1, 2], value: path },
  { name: 'unwatch', arguments: [1, 1], action: unwatch },
];

function override(context: Context, call: CallNode): readonly Statement[] {
  const { probeType } = context.program.variant.context;
  if (probeType !== 'kprobe') {
    context.error('not-in-probe', call.span, `The override function can not be used with ${probeType} probes`, {
      hints: ['Only a kprobe at the entry of a function can return in its place.'],
    });
    return [];
  }
  const value = numberArgument(context, call, 0);
  if (value === undefined) return [];
  if (!context.script.target.have('override-return')) {
    context.error('helper', call.span, "This kernel doesn't let programs return in a function's place.", {
      hints: ['It is built without CONFIG_BPF_KPROBE_OVERRIDE.'],
    });
    return [];
  }
  const expression: Expression = {
    kind: 'call',
    span: call.span,
    type: INT64,
    call: { function: 'override', value: asInteger(value, true) },
  };
  return [{ kind: 'expression', span: call.span, expression }];
}

/** Probes whose pointers the kernel's types vouch for. */
const TYPED: ReadonlySet<string> = new Set(['fentry', 'fexit', 'iter', 'lsm']);
const TYPED_PROBES = "'fentry', 'fexit', 'lsm' and 'iter'";

function path(context: Context, call: CallNode): Expression | undefined {
  if (!TYPED.has(context.program.variant.context.probeType)) return typedOnly(TYPED_PROBES)(context, call);
  const value = context.expression(argument(call, 0));
  const size = call.arguments.length > 1 ? literalNumber(context, call, 1) : undefined;
  if (value === undefined || (call.arguments.length > 1 && size === undefined)) return undefined;
  const type = value.type.kind === 'pointer' ? value.type.to : value.type;
  if (type.kind !== 'record' || type.name !== 'path' || (value.type.kind === 'record' && value.kind !== 'read')) {
    const hints = ['It is a member of struct file: path(ctx.file.f_path).'];
    return context.error(
      'argument-type',
      call.span,
      `path() expects a struct path (${printType(value.type)} provided)`,
      { hints },
    );
  }
  const { maxStrlen } = context.script.config;
  if (size !== undefined && (size < 1n || size > BigInt(maxStrlen)))
    return context.error('range', call.span, `path(): the size must be 1..${maxStrlen} (provided ${size})`);
  return {
    kind: 'call',
    span: call.span,
    type: { kind: 'string', size: Number(size ?? BigInt(maxStrlen)) },
    call: { function: 'path', value },
  };
}

function socketCookie(context: Context, call: CallNode): Expression | undefined {
  if (!TYPED.has(context.program.variant.context.probeType)) return typedOnly(TYPED_PROBES)(context, call);
  const socket = context.expression(argument(call, 0));
  if (socket === undefined) return undefined;
  const { type } = socket;
  if (type.kind !== 'pointer' || type.to.kind !== 'record' || !/sock/.test(type.to.name))
    return context.error(
      'argument-type',
      call.span,
      `socket_cookie() expects a pointer to a socket (${printType(type)} provided)`,
    );
  return { kind: 'call', span: call.span, type: UINT64, call: { function: 'socketCookie', socket } };
}

/** The kernel takes only pointers there that its own types vouch for. */
function typedOnly(probes: string): (context: Context, call: CallNode) => undefined {
  return (context, call) => {
    const { probeType } = context.program.variant.context;
    return context.error(
      'not-in-probe',
      call.span,
      `The ${call.name} function can not be used with ${probeType} probes`,
      { hints: [`The kernel has it for ${probes} probes.`] },
    );
  };
}

function unwatch(context: Context, call: CallNode): readonly Statement[] {
  if (refusedInIterator(context, call)) return [];
  const address = context.expression(argument(call, 0));
  if (address === undefined) return [];
  if (!isNumber(address.type) && address.type.kind !== 'pointer') {
    const given = printType(address.type);
    context.error('argument-type', call.span, `unwatch() expects an address (${given} provided)`);
    return [];
  }
  return [{ kind: 'emit', span: call.span, event: { kind: 'unwatch', address: asInteger(address, false) } }];
}
