/** Functions that send something to the user side: printf() and its like, print(), time(), join(), exit(). */
import type { Emit, Expression, Statement } from '../checked/index.ts';
import { INT64 } from '../checked/index.ts';
import { checkFormat } from '../passes/statements/format.ts';
import type { Context } from '../passes/state/context.ts';
import { aggregationOf, isCastable, readStats, wholeMap } from '../passes/expressions/maps.ts';
import { constant, convert, settled } from '../passes/expressions/values.ts';
import { isNumber, printAggregation, printType } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import type * as ast from '../syntax/index.ts';
import {
  formatInKernel,
  isTextOutput,
  kernelFormat,
  isKernelFormat,
  printInKernel,
  refusedInIterator,
} from './kernel-format.ts';
import { argument, literalNumber, literalText } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

const MAX_DEBUG_ARGUMENTS = 3;
const MANY = Number.POSITIVE_INFINITY;

export const outputFunctions: readonly FunctionBuiltin[] = [
  formatted('printf'),
  formatted('errorf'),
  formatted('warnf'),
  formatted('cat'),
  formatted('system', true),
  { name: 'debugf', arguments: [1, MANY], action: debug },
  { name: 'print', arguments: [1, 3], action: print },
  { name: 'rate', arguments: [1, 1], value: rateElsewhere },
  { name: 'time', arguments: [0, 1], action: time },
  { name: 'join', arguments: [1, 2], action: join },
  { name: 'exit', arguments: [0, 1], action: exit },
];

function emit(call: CallNode, event: Emit): readonly Statement[] {
  return [{ kind: 'emit', span: call.span, event }];
}

function formatted(name: 'printf' | 'errorf' | 'warnf' | 'cat' | 'system', unsafe = false): FunctionBuiltin {
  return {
    name,
    arguments: [1, MANY],
    unsafe,
    action: (context, call) => {
      if (name !== 'printf' && refusedInIterator(context, call)) return [];
      const result = checkFormat(context, call);
      if (result === undefined) return [];
      return isTextOutput(context) ? formatInKernel(context, call, result) : emit(call, { kind: name, ...result });
    },
  };
}

/** What the kernel formats itself: into its trace pipe, at once. */
function debug(context: Context, call: CallNode): readonly Statement[] {
  const result = checkFormat(context, call);
  if (result === undefined) return [];
  if (result.args.length > MAX_DEBUG_ARGUMENTS) {
    const most = MAX_DEBUG_ARGUMENTS;
    context.error('argument-count', call.span, `debugf() takes up to ${most} values (${result.args.length} provided)`);
    return [];
  }
  const refused = result.format.find((piece) => piece.kind === 'conversion' && !isKernelFormat(piece));
  if (refused?.kind === 'conversion') {
    const hints = ['The kernel formats %d, %i, %u, %x, %p, %c and %s, with l and ll, and no widths.'];
    context.error('format', call.span, `debugf() can't format with this kind of %${refused.conversion}`, { hints });
    return [];
  }
  context.warning(
    'debugf',
    call.span,
    'debugf() writes to the trace pipe of the whole system: it is meant for finding mistakes, not for output.',
  );
  const expression: Expression = {
    kind: 'call',
    span: call.span,
    type: { kind: 'void' },
    call: { function: 'debugf', format: kernelFormat(result.format), args: result.args },
  };
  return [{ kind: 'expression', span: call.span, expression }];
}

// ---- print ----------------------------------------------------------------------------------------------

function print(context: Context, call: CallNode): readonly Statement[] {
  const node = argument(call, 0);
  if (node.kind === 'map' && node.key === undefined) return printMap(context, call, node);
  if (node.kind === 'call' && node.name === 'rate') return printRate(context, call, node);
  if (call.arguments.length > 1) {
    context.error(
      'argument-count',
      call.span,
      `print() of a value takes one argument (${call.arguments.length} provided)`,
    );
    return [];
  }
  const aggregation = aggregationOf(context, node);
  if (aggregation?.kind === 'stats' && node.kind === 'map') {
    const stats = readStats(context, node);
    return stats === undefined ? [] : emit(call, { kind: 'printValue', arg: stats });
  }
  if (aggregation !== undefined && !isCastable(aggregation)) {
    const name = node.kind === 'map' ? node.name : '';
    context.error(
      'aggregation',
      call.span,
      `A single key of a ${printAggregation(aggregation)} map cannot be printed.`,
      {
        hints: [`Print the whole map: print(${name})`],
      },
    );
    return [];
  }
  const value = context.expression(node);
  if (value === undefined) return [];
  if (value.type.kind === 'none' || value.type.kind === 'void') {
    context.error('argument-type', call.span, `${value.type.kind} type passed to print() is not printable`);
    return [];
  }
  if (isTextOutput(context)) return printInKernel(context, call, settled(value));
  return emit(call, { kind: 'printValue', arg: settled(value) });
}

/** `print(rate(@m))`: how fast its numbers grow. */
function printRate(context: Context, call: CallNode, rate: CallNode): readonly Statement[] {
  const [node] = rate.arguments;
  if (node?.kind !== 'map' || node.key !== undefined || rate.arguments.length !== 1) {
    context.error('argument-type', rate.span, 'rate() expects a map without a key');
    return [];
  }
  const map = wholeMap(context, node);
  if (map === undefined) return [];
  const { aggregation, value } = map;
  if (aggregation === undefined ? value !== undefined && value.kind !== 'integer' : !GROWING.has(aggregation.kind)) {
    const type = aggregation === undefined ? printType(value as Type) : printAggregation(aggregation);
    context.error('argument-type', rate.span, `rate() expects a map of numbers that add up (${type} provided)`);
    return [];
  }
  return printMap(context, call, node, true);
}

const GROWING: ReadonlySet<string> = new Set(['count', 'sum', 'topk']);

function rateElsewhere(context: Context, call: CallNode): undefined {
  const name = call.arguments[0]?.kind === 'map' ? call.arguments[0].name : '@x';
  return context.error('rate', call.span, 'rate() can only be printed', { hints: [`Write print(rate(${name})).`] });
}

function printMap(
  context: Context,
  call: CallNode,
  node: ast.Expression & { readonly kind: 'map' },
  isRate = false,
): readonly Statement[] {
  if (refusedInIterator(context, call, 'print() of a map')) return [];
  const map = wholeMap(context, node);
  const top = call.arguments.length > 1 ? literalNumber(context, call, 1) : undefined;
  const div = call.arguments.length > 2 ? literalNumber(context, call, 2) : undefined;
  if (map === undefined) return [];
  if (div !== undefined && div < 1n) {
    context.error('range', call.span, `print(): div must be positive (provided ${div})`);
    return [];
  }
  if (context.loopDepth > 0) {
    context.warning(
      'print-in-loop',
      call.span,
      `Due to the asynchronous nature of print(), ${node.name} is printed whole each time, as it is when the record is read.`,
    );
  }
  return emit(call, {
    kind: 'printMap',
    map: map.node,
    rate: isRate,
    top: top === undefined ? undefined : Number(top),
    div: div === undefined ? undefined : Number(div),
  });
}

// ---- the rest -------------------------------------------------------------------------------------------

function time(context: Context, call: CallNode): readonly Statement[] {
  if (refusedInIterator(context, call)) return [];
  const format = call.arguments.length === 0 ? '%H:%M:%S\n' : literalText(context, call, 0);
  return format === undefined ? [] : emit(call, { kind: 'time', format });
}

function join(context: Context, call: CallNode): readonly Statement[] {
  if (refusedInIterator(context, call)) return [];
  const separator = call.arguments.length > 1 ? literalText(context, call, 1) : ' ';
  const array = context.expression(argument(call, 0));
  if (array === undefined || separator === undefined) return [];
  if (array.type.kind !== 'pointer' && array.type.kind !== 'integer') {
    context.error(
      'argument-type',
      call.span,
      `join() expects a pointer to an array of strings (${printType(array.type)} provided)`,
    );
    return [];
  }
  const space = array.type.kind === 'pointer' ? context.spaceOf(array.type.space) : context.space;
  return emit(call, { kind: 'join', array, space, separator });
}

function exit(context: Context, call: CallNode): readonly Statement[] {
  if (refusedInIterator(context, call)) return [];
  const code: Expression | undefined =
    call.arguments.length === 0 ? constant(call.span, INT64, 0n) : context.expression(argument(call, 0));
  if (code === undefined) return [];
  if (!isNumber(code.type)) {
    context.error('argument-type', call.span, `exit() expects an integer (${printType(code.type)} provided)`);
    return [];
  }
  if (code.kind === 'constant' && (code.value < 0n || code.value > 255n)) {
    context.error('range', call.span, `exit(): the code must be 0..255 (provided ${code.value})`);
    return [];
  }
  return emit(call, {
    kind: 'exit',
    code: convert(code, INT64),
    returns: call.span.expandedFrom === undefined,
  });
}
