/** Calls of functions: look-up, numbers of arguments, and where which kind of function may stand. */
import { findFunction, findValue, functionNames } from '../../builtins/index.ts';
import type { CallNode, FunctionBuiltin } from '../../builtins/index.ts';
import type { Expression, Statement } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { Context } from '../state/context.ts';
import { refuseInFunction } from '../scan/refusals.ts';
import { checkKernelCall, checkLinkedCall, findKernelFunction, type KernelFunction } from './kernel-calls.ts';
import { checkOwnCall } from './own-calls.ts';

/** A call in an expression. */
export function callValue(context: Context, call: CallNode): Expression | undefined {
  const own = context.script.functions.get(call.name);
  if (own !== undefined) return checkOwnCall(context, call, own);
  const linked = context.script.linked.get(call.name);
  if (linked !== undefined) return checkLinkedCall(context, call, linked);
  const ofKernel = kernelFunction(context, call.name);
  if (ofKernel !== undefined) return checkKernelCall(context, call, ofKernel);
  const builtin = resolveFunction(context, call);
  if (builtin === undefined) return undefined;
  if (builtin.value !== undefined) return builtin.value(context, call);
  if (builtin.aggregation !== undefined) {
    return context.error('aggregation', call.span, `${call.name}() must be assigned directly to a map`, {
      hints: [`Write \`@ = ${call.name}(${call.arguments.length === 0 ? '' : '…'});\` and read the map.`],
    });
  }
  return context.error('no-value', call.span, `${call.name}() has no value: it can only be used as a statement`);
}

/** A function that is no builtin, and that the kernel lets programs call. */
function kernelFunction(context: Context, name: string): KernelFunction | undefined {
  if (findFunction(name) !== undefined || findValue(name) !== undefined) return undefined;
  const found = findKernelFunction(context.script.target.btf, name);
  return found === 'not for programs' ? undefined : found;
}

/** A call as a statement; undefined: it gives a value, so it is an expression. */
export function callAction(context: Context, call: CallNode): readonly Statement[] | undefined {
  const builtin = findFunction(call.name);
  if (builtin?.action === undefined) return undefined;
  return resolveFunction(context, call) === undefined ? [] : builtin.action(context, call);
}

/** The function, if it exists, may be used here and has the right number of arguments. */
export function resolveFunction(context: Context, call: CallNode): FunctionBuiltin | undefined {
  if (refuseInFunction(context, call.name, call.span)) return undefined;
  const builtin = findFunction(call.name) ?? valueAsFunction(call.name);
  if (builtin === undefined) return unknownFunction(context, call);
  if (builtin.unsafe === true && !context.script.options.unsafe) {
    return context.error('unsafe', call.span, `${call.name}() is an unsafe function being used in safe mode`, {
      hints: ['Run with --unsafe to allow it.'],
    });
  }
  return checkCount(context, call, builtin) ? builtin : undefined;
}

/** `comm()` is the same as `comm`. */
function valueAsFunction(name: string): FunctionBuiltin | undefined {
  const value = findValue(name);
  return value === undefined
    ? undefined
    : { name, arguments: [0, 0], value: (context, call) => value.value(context, call.span, name) };
}

function unknownFunction(context: Context, call: CallNode): undefined {
  if (findKernelFunction(context.script.target.btf, call.name) !== undefined) {
    const message = `${call.name}() is a function of the kernel that programs must not call`;
    return context.error('unknown-function', call.span, message);
  }
  const near = nearest(call.name, functionNames());
  const hints = near === undefined ? undefined : [`Did you mean ${near}()?`];
  return context.error('unknown-function', call.span, `Unknown function: '${call.name}'`, { hints });
}

function checkCount(context: Context, call: CallNode, builtin: FunctionBuiltin): boolean {
  const [least, most] = builtin.arguments;
  const given = call.arguments.length;
  if (given >= least && given <= most) return true;
  context.error('argument-count', call.span, `${call.name}() ${countRule(least, most, given)} (${given} provided)`);
  return false;
}

function countRule(least: number, most: number, given: number): string {
  if (most === 0) return 'takes no arguments';
  if (least === most) return `requires exactly ${least === 1 ? 'one argument' : `${least} arguments`}`;
  if (given < least) return `requires at least ${least === 1 ? 'one argument' : `${least} arguments`}`;
  return `takes up to ${most === 1 ? 'one argument' : `${most} arguments`}`;
}
