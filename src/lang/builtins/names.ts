/** Functions that name numbers: strerror(), signal_name(), syscall_name(). The texts are values, so keys and comparable. */
import { allErrnos, allSyscalls, MAX_SIGNAL, signalDescription, strerror } from '../../abi/index.ts';
import type { Architecture } from '../../abi/index.ts';
import type { Expression, NameTable } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, convert } from '../passes/expressions/values.ts';
import { numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const nameFunctions: readonly FunctionBuiltin[] = [
  { name: 'strerror', arguments: [1, 1], value: errorText },
  { name: 'signal_name', arguments: [1, 1], value: (context, call) => named(context, call, signalTable(), 32) },
  {
    name: 'syscall_name',
    arguments: [1, 1],
    value: (context, call) => named(context, call, syscallTable(context.script.target.architecture), 32),
  },
];

const ERROR_BYTES = 64;

/** Results of kernel functions are negative: the sign doesn't matter. */
function errorText(context: Context, call: CallNode): Expression | undefined {
  const given = numberArgument(context, call, 0);
  if (given === undefined) return undefined;
  // An errno is an int wherever it comes from; retval is 64 bits wide without a sign.
  const number = asInteger(convert(given, { kind: 'integer', size: 4, signed: true }), true);
  const { span } = call;
  return {
    kind: 'call',
    span,
    type: { kind: 'string', size: ERROR_BYTES },
    call: { function: 'nameOf', number, names: errorTable(), ignoreSign: true },
  };
}

function named(context: Context, call: CallNode, names: NameTable, size: number): Expression | undefined {
  const number = numberArgument(context, call, 0);
  if (number === undefined) return undefined;
  return {
    kind: 'call',
    span: call.span,
    type: { kind: 'string', size },
    call: { function: 'nameOf', number: asInteger(number, true), names, ignoreSign: false },
  };
}

// ---- tables: made when first asked for, and the same from then on --------------------------------------------

const made = new Map<string, NameTable>();

function table(key: string, make: () => NameTable): NameTable {
  let found = made.get(key);
  if (found === undefined) made.set(key, (found = make()));
  return found;
}

function errorTable(): NameTable {
  return table('error', () => {
    const unknown = 'Unknown error';
    const texts = [strerror(0)];
    for (const [number, text] of allErrnos()) texts[number] = text;
    return { texts: Array.from(texts, (text) => text ?? unknown), unknown };
  });
}

function signalTable(): NameTable {
  return table('signal', () => ({
    texts: Array.from({ length: MAX_SIGNAL + 1 }, (_, number) => signalDescription(number)),
    unknown: 'N/A',
  }));
}

function syscallTable(architecture: Architecture): NameTable {
  return table(architecture, () => {
    const unknown = 'Unknown syscall';
    const texts: string[] = [];
    for (const [number, name] of allSyscalls(architecture)) texts[number] = name;
    return { texts: Array.from(texts, (text) => text ?? unknown), unknown };
  });
}
