/** Symbols, clocks, signals: ksym(), usym(), kaddr(), uaddr(), strftime(), nsecs(), pid(), signal(). */
import { MAX_SIGNAL, signalNumber } from '../../abi/index.ts';
import { INT64, UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, constant } from '../passes/expressions/values.ts';
import { isNumber, printType } from '../types/index.ts';
import type * as ast from '../syntax/index.ts';
import { argument, literalText, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const symbolFunctions: readonly FunctionBuiltin[] = [
  { name: 'ksym', arguments: [1, 1], value: kernelSymbol },
  { name: 'usym', arguments: [1, 1], value: userSymbol },
  { name: 'kaddr', arguments: [1, 1], value: kernelAddress },
  { name: 'uaddr', arguments: [1, 1], value: userAddress },
  { name: 'strftime', arguments: [2, 2], value: formattedTime },
  { name: 'nsecs', arguments: [0, 1], value: clock },
  { name: 'comm', arguments: [0, 0], value: commandName },
  { name: 'pid', arguments: [0, 1], value: processId },
  { name: 'tid', arguments: [0, 1], value: processId },
  { name: 'signal', arguments: [1, 1], unsafe: true, value: (context, call) => signal(context, call, false) },
  { name: 'signal_thread', arguments: [1, 1], unsafe: true, value: (context, call) => signal(context, call, true) },
];

function addressArgument(context: Context, call: CallNode): Expression | undefined {
  const value = context.expression(argument(call, 0));
  if (value === undefined) return undefined;
  if (value.type.kind === 'pointer' || isNumber(value.type)) return asInteger(value, false);
  return context.error(
    'argument-type',
    call.span,
    `${call.name}() expects an integer or a pointer (${printType(value.type)} provided)`,
  );
}

function kernelSymbol(context: Context, call: CallNode): Expression | undefined {
  const operand = addressArgument(context, call);
  return operand === undefined ? undefined : { kind: 'convert', span: call.span, type: { kind: 'ksym' }, operand };
}

function userSymbol(context: Context, call: CallNode): Expression | undefined {
  const address = addressArgument(context, call);
  return address === undefined
    ? undefined
    : {
        kind: 'call',
        span: call.span,
        type: { kind: 'usym', names: context.script.userFunctions },
        call: { function: 'usym', address },
      };
}

function kernelAddress(context: Context, call: CallNode): Expression | undefined {
  const name = literalText(context, call, 0);
  if (name === undefined) return undefined;
  const address = context.script.target.kernelSymbol(name);
  if (address === undefined)
    return context.error('unknown-symbol', call.span, `Failed to resolve kernel symbol: ${name}`);
  return constant(call.span, UINT64, address);
}

/** In the file that the probe is in, as this process has it mapped; a pointer by the symbol's size. */
function userAddress(context: Context, call: CallNode): Expression | undefined {
  const { image } = context.program.variant.context;
  const { span } = call;
  if (image === undefined) {
    return context.error(
      'not-in-probe',
      span,
      "The uaddr function can only be used with 'uprobe', 'uretprobe' and 'usdt' probes",
    );
  }
  const name = literalText(context, call, 0);
  if (name === undefined) return undefined;
  const symbol = image.symbol(name);
  if (symbol === undefined)
    return context.error('unknown-symbol', span, `Could not resolve symbol: ${image.path}:${name}`);
  const size = symbol.size === 1n || symbol.size === 2n || symbol.size === 4n ? (Number(symbol.size) as 1 | 2 | 4) : 8;
  const to = { kind: 'integer', size, signed: false } as const;
  const place: Expression = { kind: 'context', span, type: UINT64, access: image.place };
  const distance = constant(span, UINT64, BigInt.asUintN(64, symbol.address - image.placeAddress));
  const address: Expression = { kind: 'arithmetic', span, type: UINT64, operator: 'add', left: place, right: distance };
  return { kind: 'convert', span, type: { kind: 'pointer', to, space: 'user' }, operand: address };
}

/** Formats times of the boot clock, which is what nsecs gives; those of the TAI clock are set back to it. */
function formattedTime(context: Context, call: CallNode): Expression | undefined {
  const format = literalText(context, call, 0);
  const clock = clockOf(argument(call, 1));
  if (clock === 'monotonic')
    return context.error('argument-type', call.span, 'strftime() can not take a timestamp of the monotonic clock', {
      hints: ['That clock stands still while the machine sleeps: use nsecs, or nsecs(tai).'],
    });
  const value = numberArgument(context, call, 1);
  if (format === undefined || value === undefined) return undefined;
  const operand = clock.endsWith('tai') ? bootTimeOf(asInteger(value, false)) : asInteger(value, false);
  return { kind: 'convert', span: call.span, type: { kind: 'timestamp', format }, operand };
}

function clockOf(node: ast.Expression): string {
  const [mode] = node.kind === 'call' && node.name === 'nsecs' ? node.arguments : [];
  return mode?.kind === 'identifier' ? mode.name : 'boot';
}

function bootTimeOf(tai: Expression): Expression {
  const { span } = tai;
  const offset: Expression = { kind: 'builtin', span, type: UINT64, name: 'taiOffset' };
  return { kind: 'arithmetic', span, type: UINT64, operator: 'sub', left: tai, right: offset };
}

function clock(context: Context, call: CallNode): Expression | undefined {
  const [mode] = call.arguments;
  const name = mode === undefined ? 'boot' : mode.kind === 'identifier' ? mode.name : '';
  switch (name) {
    case 'boot':
      return { kind: 'builtin', span: call.span, type: UINT64, name: 'nsecs' };
    case 'monotonic':
      return { kind: 'builtin', span: call.span, type: UINT64, name: 'nsecsMonotonic' };
    case 'tai':
      return { kind: 'builtin', span: call.span, type: UINT64, name: 'nsecsTai' };
    case 'sw_tai':
      return { kind: 'builtin', span: call.span, type: UINT64, name: 'nsecsSoftwareTai' };
    default:
      return context.error(
        'mode',
        call.span,
        `Invalid timestamp mode: ${name}. Known are: boot, monotonic, tai, sw_tai`,
      );
  }
}

/** Of the current task; that of another process is a macro of the library. */
function commandName(_context: Context, call: CallNode): Expression {
  return { kind: 'builtin', span: call.span, type: { kind: 'string', size: 16 }, name: 'comm' };
}

function processId(context: Context, call: CallNode): Expression | undefined {
  const [mode] = call.arguments;
  const name = mode === undefined ? 'curr_ns' : mode.kind === 'identifier' ? mode.name : '';
  if (name !== 'curr_ns' && name !== 'init') {
    return context.error('mode', call.span, `Invalid PID namespace mode: ${name}. Known are: curr_ns, init`);
  }
  const own = call.name === 'pid' ? 'pid' : 'tid';
  return {
    kind: 'builtin',
    span: call.span,
    type: { kind: 'integer', size: 4, signed: false },
    name: name === 'init' ? `${own}Init` : own,
  };
}

function signal(context: Context, call: CallNode, thread: boolean): Expression | undefined {
  const { phase, context: probe } = context.program.variant;
  if (phase !== 'run')
    return context.error('not-in-probe', call.span, `${call.name}() can not be used with ${probe.probeType} probes`);
  const node = argument(call, 0);
  const number = node.kind === 'string' ? namedSignal(context, call, node.value) : numberArgument(context, call, 0);
  if (number === undefined) return undefined;
  if (number.kind === 'constant' && (number.value < 1n || number.value > BigInt(MAX_SIGNAL))) {
    return context.error('range', call.span, `${number.value} is not an allowed signal: it must be 1..${MAX_SIGNAL}`);
  }
  return {
    kind: 'call',
    span: call.span,
    type: INT64,
    call: { function: 'signal', signal: asInteger(number, false), thread },
  };
}

function namedSignal(context: Context, call: CallNode, name: string): Expression | undefined {
  const number = signalNumber(name);
  if (number === undefined) return context.error('unknown-signal', call.span, `${name} is not a valid signal`);
  return constant(call.span, UINT64, BigInt(number));
}
