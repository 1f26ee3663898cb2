import type { NamedOptions } from './state/program-options.ts';
import type { Off } from '../optimizations.ts';
import type { Expression } from '../syntax/index.ts';
import type { Type } from '../types/index.ts';

/** What the command line and the surroundings give to a compile. */
export interface CheckOptions {
  /** Positional parameters: `$1` is the first. */
  readonly positional: readonly string[];
  /** Named options by name: `--name=value`; undefined: `--name`. */
  readonly named?: NamedOptions;
  /** -p. */
  readonly pid?: number;
  /** Process id of the -c child. */
  readonly childPid?: number;
  /** The file that it is about to run. */
  readonly childProgram?: string;
  /** --dwarf-pid: there are further processes whose stacks can be unwound by tables. */
  readonly unwindsProcesses?: boolean;
  /** --unsafe. */
  readonly unsafe: boolean;
  /** Which probes are meant besides begin and end: those of tests, of benchmarks, or (default) all others. */
  readonly runs?: 'test' | 'bench' | 'all';
  /** --probe-filter: only points whose full name this matches. */
  readonly probeFilter?: RegExp;
  /** -I: folders in which the C section's headers are looked for first. */
  readonly includeFolders?: readonly string[];
  /** --include: headers read before the C section. */
  readonly includes?: readonly string[];
  /** --opt: optimizations that are switched off. */
  readonly off?: Off;
  /** Where `BPFTRACE_*` settings are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told of the type of each expression that has one, in every round of the check: for editors. */
  readonly observe?: (node: Expression, type: Type) => void;
}
