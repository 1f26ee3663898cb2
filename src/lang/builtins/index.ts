/** The builtins of the language: one entry each. */
import { aggregationFunctions } from './aggregations.ts';
import type { FunctionBuiltin, ValueBuiltin } from './builtin.ts';
import { compileTimeFunctions } from './compile-time.ts';
import { byteFunctions } from './bytes.ts';
import { contextFunctions, contextValues, numberedArgument, stackArgument } from './context-values.ts';
import { groupFunctions } from './groups.ts';
import { mapFunctions } from './maps.ts';
import { memoryFunctions } from './memory.ts';
import { nameFunctions } from './names.ts';
import { networkFunctions } from './network.ts';
import { outputFunctions } from './output.ts';
import { programFunctions, programValues } from './program.ts';
import { stackFunctions, stackValues } from './stacks.ts';
import { libraryFiles } from '../stdlib/index.ts';
import { packetFunctions } from './packets.ts';
import { probedFunctions } from './probed-function.ts';
import { symbolFunctions } from './symbols.ts';
import { textFunctions } from './text.ts';
import { plainValues } from './values.ts';

export type { AggregationUse, CallNode, FunctionBuiltin, ValueBuiltin } from './builtin.ts';

const values: ReadonlyMap<string, ValueBuiltin> = new Map(
  [...plainValues, ...contextValues, ...programValues, ...stackValues].map((entry) => [entry.name, entry]),
);

const functions: ReadonlyMap<string, FunctionBuiltin> = new Map(
  [
    ...aggregationFunctions,
    ...compileTimeFunctions,
    ...byteFunctions,
    ...contextFunctions,
    ...groupFunctions,
    ...mapFunctions,
    ...memoryFunctions,
    ...nameFunctions,
    ...networkFunctions,
    ...outputFunctions,
    ...packetFunctions,
    ...probedFunctions,
    ...programFunctions,
    ...stackFunctions,
    ...symbolFunctions,
    ...textFunctions,
  ].map((entry) => [entry.name, entry]),
);

export function findValue(name: string): ValueBuiltin | undefined {
  if (/^arg[0-9]+$/.test(name)) return numberedArgument;
  return /^sarg[0-9]+$/.test(name) ? stackArgument : values.get(name);
}

export function findFunction(name: string): FunctionBuiltin | undefined {
  return functions.get(name);
}

/** For hints. */
export function valueNames(): Iterable<string> {
  return values.keys();
}

/** Macros of the library too. */
export function functionNames(): Iterable<string> {
  const macros = libraryFiles.flatMap((file) => Object.keys(file.macros)).filter((name) => !name.startsWith('_'));
  return new Set([...functions.keys(), ...values.keys(), ...macros]);
}
