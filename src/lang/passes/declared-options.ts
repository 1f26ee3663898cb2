/** The options that a script's text asks for, without a check of the script: for help, completion and command lines of tools. */
import type { SourceFile } from '../diagnostic/index.ts';
import { parse } from '../syntax/index.ts';
import { findOptions } from './state/program-options.ts';

export interface DeclaredOption {
  readonly name: string;
  /** The value where the option isn't given; its type is the option's. */
  readonly standard: bigint | string | boolean;
  /** Empty: none. */
  readonly help: string;
}

/** In the order of the text. Undefined: it is no script. */
export function declaredOptions(source: SourceFile): readonly DeclaredOption[] | undefined {
  const { script } = parse(source, { positional: [] });
  return script === undefined ? undefined : [...findOptions(script).values()];
}
