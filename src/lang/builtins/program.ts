/** What a script can ask about its own run: its options, its settings, its child process. All known at compile time. */
import { UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import { settingsOf } from '../config.ts';
import type { Span } from '../diagnostic/index.ts';
import { boolean, constant, isLiteral, literal, record, text } from '../passes/expressions/values.ts';
import type { Context } from '../passes/state/context.ts';
import { type ProgramOption, readOption } from '../passes/state/program-options.ts';
import { printType } from '../types/index.ts';
import { argument, literalText } from './arguments.ts';
import type { CallNode, FunctionBuiltin, ValueBuiltin } from './builtin.ts';

export const programValues: readonly ValueBuiltin[] = [
  { name: 'config', value: (context, span) => settings(context, span) },
  { name: 'has_cpid', value: (context, span) => boolean(span, context.script.options.childPid !== undefined) },
];

export const programFunctions: readonly FunctionBuiltin[] = [{ name: 'getopt', arguments: [1, 3], value: getopt }];

function settings(context: Context, span: Span): Expression {
  const members = settingsOf(context.script.config).map(([name, value]) => ({
    name,
    value:
      typeof value === 'string'
        ? text(span, value)
        : typeof value === 'boolean'
          ? boolean(span, value)
          : constant(span, UINT64, BigInt(value)),
  }));
  return record(span, members);
}

function getopt(context: Context, call: CallNode): Expression | undefined {
  const name = literalText(context, call, 0);
  const standard = call.arguments.length > 1 ? standardValue(context, call) : false;
  const help = call.arguments.length > 2 ? literalText(context, call, 2) : '';
  if (name === undefined || standard === undefined || help === undefined) return undefined;
  const { programOptions, options, diagnostics } = context.script;
  const known = programOptions.get(name);
  const option: ProgramOption = { name, standard, help, span: call.span };
  if (known !== undefined && known.standard !== standard) return conflict(context, call, known);
  if (known === undefined || known.help === '') programOptions.set(name, option);
  const given = readOption(option, options.named ?? new Map());
  if ('error' in given) {
    diagnostics.push({ severity: 'error', code: 'program-option', span: undefined, message: given.error });
    return undefined;
  }
  const { value } = given;
  if (typeof value === 'string') return text(call.span, value);
  return typeof value === 'boolean' ? boolean(call.span, value) : literal(call.span, value);
}

/** The second argument: its type is the option's. */
function standardValue(context: Context, call: CallNode): ProgramOption['standard'] | undefined {
  const value = context.expression(argument(call, 1));
  if (value === undefined) return undefined;
  if (value.kind === 'string') return value.value;
  if (isLiteral(value)) return value.type.kind === 'bool' ? value.value !== 0n : value.value;
  return context.error(
    'literal',
    call.span,
    `getopt() expects a literal number, string or bool as its second argument (${printType(value.type)} provided)`,
  );
}

function conflict(context: Context, call: CallNode, known: ProgramOption): undefined {
  return context.error(
    'program-option',
    call.span,
    `Command line option '${known.name}' is declared with different types or default values`,
    { related: [{ span: known.span, message: 'This is the initial declaration.' }] },
  );
}
