/** Functions that the compile answers: what an expression is, and errors that a script raises itself. */
import type { Expression } from '../checked/index.ts';
import { boolean, isLiteral } from '../passes/expressions/values.ts';
import { isKernelFunction } from '../passes/expressions/kernel-calls.ts';
import type { Context } from '../passes/state/context.ts';
import { resolvePoint } from '../providers/index.ts';
import { scanAttachPoint } from '../syntax/index.ts';
import type { Type } from '../types/index.ts';
import { argument, literalText } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

const MANY = Number.POSITIVE_INFINITY;

export const compileTimeFunctions: readonly FunctionBuiltin[] = [
  question('is_array', ({ type }) => type.kind === 'array'),
  question('is_integer', ({ type }) => isInteger(type)),
  question('is_unsigned_integer', ({ type }) => isInteger(type) && !type.signed),
  question('is_ptr', ({ type }) => type.kind === 'pointer'),
  question('is_str', ({ type }) => type.kind === 'string'),
  question('is_literal', (value) => isLiteral(value) || value.kind === 'string'),
  kernelFunction('kfunc_exist', exists),
  kernelFunction('kfunc_allowed', isAllowed),
  { name: 'probe_exist', arguments: [1, 1], value: probeExists },
  { name: 'fail', arguments: [1, MANY], action: (context, call) => (fail(context, call), []), value: fail },
];

/** Names of kernel functions are literals: what a name means is asked of the target. */
function kernelFunction(name: string, answer: (context: Context, kernelName: string) => boolean): FunctionBuiltin {
  return {
    name,
    arguments: [1, 1],
    value: (context, call) => {
      const kernelName = literalText(context, call, 0);
      return kernelName === undefined ? undefined : boolean(call.span, answer(context, kernelName));
    },
  };
}

function exists({ script }: Context, name: string): boolean {
  return isKernelFunction(script.target.btf, name);
}

/** In this probe's program: the kernel decides by the program's type. */
function isAllowed(context: Context, name: string): boolean {
  const { programType: type, expectedAttachType, attachTo } = context.program.variant;
  const { target } = context.script;
  return exists(context, name) && (target.mayCallKfunc?.({ type, expectedAttachType, attachTo }, name) ?? true);
}

/** Whether an attach point has a match here, as far as that can be told without attaching to it. */
function probeExists(context: Context, call: CallNode): Expression | undefined {
  const text = literalText(context, call, 0);
  if (text === undefined) return undefined;
  const { target, config, options } = context.script;
  const { point } = scanAttachPoint(text, 0, []);
  const { variants } = resolvePoint(point, target, {
    config: { ...config, missingProbes: 'ignore' },
    uses: { names: new Set(), args: new Set() },
    pid: options.pid,
    childPid: options.childPid,
    unsafe: false,
  });
  return boolean(call.span, variants.length > 0);
}

/** The argument is looked at, not evaluated. */
function question(name: string, answer: (value: Expression) => boolean): FunctionBuiltin {
  return {
    name,
    arguments: [1, 1],
    value: (context, call) => {
      const value = context.expression(argument(call, 0));
      return value === undefined ? undefined : boolean(call.span, answer(value));
    },
  };
}

function isInteger(type: Type): type is Type & { kind: 'integer' | 'enum' } {
  return type.kind === 'integer' || type.kind === 'enum';
}

/** An error where it isn't in the dead branch of a comptime if. */
function fail(context: Context, call: CallNode): undefined {
  const format = literalText(context, call, 0);
  const values = call.arguments.slice(1).map((node) => context.expression(node));
  if (format === undefined || values.includes(undefined)) return undefined;
  const texts = values.map((value) => textOf(value!));
  if (texts.includes(undefined))
    return context.error('literal', call.span, 'fail() expects literals: its message is made at compile time');
  const wanted = format.replaceAll('%%', '').match(CONVERSION)?.length ?? 0;
  if (wanted !== texts.length) {
    const problem = `${wanted > texts.length ? 'not enough' : 'too many'} arguments for format string`;
    return context.error('format', call.span, `${problem} (${texts.length} supplied, ${wanted} expected)`);
  }
  let next = 0;
  return context.error(
    'fail',
    call.span,
    format.replace(/%%|%[-+ 0#]*\d*(?:\.\d+)?l*[a-z]/g, (conversion) => (conversion === '%%' ? '%' : texts[next++]!)),
  );
}

const CONVERSION = /%[-+ 0#]*\d*(?:\.\d+)?l*[a-z]/g;

function textOf(value: Expression): string | undefined {
  if (value.kind === 'string') return value.value;
  if (value.kind !== 'constant') return undefined;
  return value.type.kind === 'bool' ? String(value.value !== 0n) : String(value.value);
}
