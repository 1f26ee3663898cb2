/** Calls of the script's own functions. */
import type { CallNode } from '../../builtins/index.ts';
import type { Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import { commonType, isNumber, printAggregation, printType, sameType } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import type { FunctionState } from '../state/script-state.ts';
import { unreadable } from './maps.ts';
import { convert, isLiteral, wrap } from './values.ts';

export function checkOwnCall(context: Context, call: CallNode, fn: FunctionState): Expression | undefined {
  const { name } = call;
  const values = call.arguments.map((node) => {
    const aggregation = unreadable(context, node);
    if (aggregation === undefined) return context.expression(node);
    return context.error('aggregation', node.span, `Value '${printAggregation(aggregation)}' can't be passed on.`);
  });
  const instance = fn.instances.get(context.space) ?? [...fn.instances.values()][0];
  if (instance === undefined) return undefined;
  const { parameters, result } = instance;
  if (values.length !== parameters.length) {
    const wanted = parameters.length === 1 ? 'one argument' : `${parameters.length} arguments`;
    const rule = parameters.length === 0 ? 'takes no arguments' : `requires exactly ${wanted}`;
    return context.error('argument-count', call.span, `${name}() ${rule} (${values.length} provided)`, {
      related: [{ span: headOf(fn.definition), message: 'This is its definition.' }],
    });
  }
  const passed = values.map((value, i) => {
    const { type, name: parameter } = parameters[i]!;
    if (value === undefined) return undefined;
    if (fits(value, type)) return convert(value, type);
    const types = `${parameter} of ${name}() is of type '${printType(type)}', not '${printType(value.type)}'`;
    const hints = isNumber(value.type) && isNumber(type) ? [`A cast cuts it off: (${printType(type)})…`] : undefined;
    return context.error('argument-type', call.arguments[i]!.span, types, { hints });
  });
  if (!passed.every((value) => value !== undefined)) return undefined;
  return { kind: 'ownCall', span: call.span, type: result, name, space: context.space, arguments: passed };
}

/** `fn name`, as far as it can be told from the whole. */
export function headOf({ name, span }: FunctionState['definition']): Span {
  return { ...span, end: Math.min(span.end, span.start + 'fn '.length + name.length) };
}

/** What a function returns becomes its declared type, as what is passed to it does. */
export function convertResult(context: Context, value: Expression, type: Type, span: Span, name: string) {
  if (fits(value, type)) return convert(value, type);
  const types = `'${printType(type)}': a value of type '${printType(value.type)}' can't be returned`;
  return context.error('return', span, `Function ${name}() returns ${types}`);
}

function fits(value: Expression, type: Type): boolean {
  const from = value.type;
  if (sameType(from, type)) return true;
  if (type.kind === 'integer' && isNumber(from)) {
    if (isLiteral(value)) return wrap(value.value, type) === value.value;
    return from.kind !== 'integer' || from.size <= type.size;
  }
  if (type.kind === 'pointer') return from.kind === 'pointer' || isNumber(from);
  if (type.kind === 'bool' && isNumber(from)) return !isLiteral(value);
  const joined = commonType(type, from);
  return joined !== undefined && sameType(joined, type);
}
