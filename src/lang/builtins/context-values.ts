/** Values that come from the context of a probe: not every provider has them. */
import { UINT64 } from '../checked/index.ts';
import type { ContextAccess, Expression, ProbeContext } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Context } from '../passes/state/context.ts';
import { constant } from '../passes/expressions/values.ts';
import { fromContext, wholeArguments } from '../passes/expressions/fields.ts';
import { packetElsewhere } from '../passes/expressions/packet.ts';
import { packetMembers } from '../packet.ts';
import { argument } from './arguments.ts';
import type { CallNode, FunctionBuiltin, ValueBuiltin } from './builtin.ts';

function probeContext(context: Context): ProbeContext {
  return context.program.variant.context;
}

export const contextValues: readonly ValueBuiltin[] = [
  { name: 'args', value: wholeArguments },
  { name: 'retval', value: returnValue },
  { name: 'func', value: functionName },
  { name: 'ctx', value: contextPointer },
  { name: 'usermode', value: userMode },
  { name: 'packet', value: wholePacket },
];

/** `sarg0`, `sarg1`, …: the arguments that a function finds on the stack. */
export const stackArgument: ValueBuiltin = { name: 'sarg0', value: numberedOnStack };

/** `arg0`, `arg1`, …: any number of them. */
export const numberedArgument: ValueBuiltin = { name: 'arg0', value: numbered };

export const contextFunctions: readonly FunctionBuiltin[] = [{ name: 'reg', arguments: [1, 1], value: register }];

const NAMED_ARGUMENTS = 'Its arguments have names: args.NAME. `sonde -lv PROBE` lists them.';

function numbered(context: Context, span: Span, name: string): Expression | undefined {
  const { argument: access, probeType } = probeContext(context);
  if (access === undefined) {
    return context.error(
      'not-in-probe',
      span,
      `The ${name} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes`,
      probeType === 'tracepoint' || probeType === 'fentry' || probeType === 'fexit' ? { hints: [NAMED_ARGUMENTS] } : {},
    );
  }
  const found = access(Number(name.slice(3)));
  if ('error' in found) return context.error('not-in-probe', span, found.error);
  return 'type' in found
    ? fromContext(context, span, found.type, found.access)
    : fromContext(context, span, UINT64, found);
}

/** Above the stack pointer; on x86-64 the return address is in between. */
function numberedOnStack(context: Context, span: Span, name: string): Expression | undefined {
  const { argument: atEntry, register: access, probeType, space } = probeContext(context);
  const pointer = access?.('sp');
  if (atEntry === undefined || pointer === undefined || 'error' in pointer || probeType === 'rawtracepoint') {
    return context.error(
      'not-in-probe',
      span,
      `The ${name} builtin can only be used with 'kprobe' and 'uprobe' probes`,
    );
  }
  const above = context.script.target.architecture === 'x86_64' ? 1 : 0;
  const address: Expression = { kind: 'context', span, type: UINT64, access: pointer };
  return { kind: 'read', span, type: UINT64, address, offset: 8 * (Number(name.slice(4)) + above), space };
}

function returnValue(context: Context, span: Span): Expression | undefined {
  const { returnValue: found, probeType } = probeContext(context);
  if (found !== undefined) return fromContext(context, span, found.type, found.access);
  const hints =
    probeType === 'tracepoint'
      ? ['Use args.ret in a sys_exit tracepoint.']
      : probeType === 'fexit'
        ? [`The function of ${context.program.variant.points[0]?.name} returns nothing.`]
        : undefined;
  return context.error(
    'not-in-probe',
    span,
    "The retval builtin can only be used with 'kretprobe', 'uretprobe' and 'fexit' probes",
    { hints },
  );
}

function functionName(context: Context, span: Span): Expression | undefined {
  const { func } = probeContext(context);
  if (func === undefined)
    return context.error(
      'not-in-probe',
      span,
      "The func builtin can only be used with 'kprobe', 'uprobe' and 'fentry' probes",
    );
  if (func.kind === 'ksym') return { kind: 'context', span, type: { kind: 'ksym' }, access: func.access };
  const address: Expression = { kind: 'context', span, type: UINT64, access: func.access };
  const names = context.script.userFunctions;
  const known = func.names === undefined ? undefined : functionNumber(context, span, func.names);
  return { kind: 'call', span, type: { kind: 'usym', names }, call: { function: 'usym', address, known } };
}

function functionNumber(
  context: Context,
  span: Span,
  { number, all }: { readonly number: ContextAccess; readonly all: readonly string[] },
): Expression {
  const first = context.script.firstFunction(all) + 1;
  if (number.kind === 'constant') return constant(span, UINT64, BigInt(first + number.value));
  const own: Expression = { kind: 'context', span, type: UINT64, access: number };
  return {
    kind: 'arithmetic',
    span,
    type: UINT64,
    operator: 'add',
    left: own,
    right: constant(span, UINT64, BigInt(first)),
  };
}

function contextPointer(context: Context, span: Span): Expression | undefined {
  const { contextType, probeType } = probeContext(context);
  if (contextType !== undefined)
    return { kind: 'contextPointer', span, type: { kind: 'pointer', to: contextType, space: 'kernel' } };
  const hints = probeType === 'tracepoint' ? ['Use args to access the fields of the tracepoint.'] : undefined;
  return context.error('not-in-probe', span, `The ctx builtin can not be used with ${probeType} probes`, { hints });
}

function wholePacket(context: Context, span: Span): undefined {
  if (probeContext(context).packet === undefined) return packetElsewhere(context, span);
  const hints = [`It has ${packetMembers.join(', ')}.`];
  return context.error('packet', span, 'packet is no value by itself', { hints });
}

function userMode(context: Context, span: Span): Expression | undefined {
  const { userMode: access, probeType } = probeContext(context);
  if (access !== undefined) return { kind: 'context', span, type: { kind: 'integer', size: 1, signed: false }, access };
  return context.error('not-in-probe', span, `The usermode builtin can not be used with ${probeType} probes`);
}

function register(context: Context, call: CallNode): Expression | undefined {
  const node = argument(call, 0);
  if (node.kind !== 'string') return context.error('literal', call.span, 'reg() expects a string literal');
  const { register: access, probeType } = probeContext(context);
  if (access === undefined)
    return context.error('not-in-probe', call.span, `The reg function can not be used with ${probeType} probes`);
  const found = access(node.value);
  return 'error' in found
    ? context.error('not-in-probe', call.span, found.error)
    : fromContext(context, call.span, UINT64, found);
}
