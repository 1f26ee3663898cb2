/** One probe type: its names, how a pattern expands, what its program sees, how it is listed. One file each in this folder. */
import type { ProbeVariant } from '../checked/index.ts';
import type { ScriptConfig } from '../config.ts';
import type { Diagnostic } from '../diagnostic/index.ts';
import type { Off, Optimization } from '../optimizations.ts';
import type { AttachPointText } from '../syntax/index.ts';
import type { Target } from '../target.ts';

/** What a probe's body uses, found by a scan of its syntax tree before types are known. */
export interface ProbeUses {
  /** Every identifier and called name in predicate and body. */
  readonly names: ReadonlySet<string>;
  /** Fields of `args` by name; `*` when `args` is used whole. */
  readonly args: ReadonlySet<string>;
}

export interface ResolveOptions {
  readonly config: ScriptConfig;
  readonly uses: ProbeUses;
  readonly pid: number | undefined;
  readonly childPid: number | undefined;
  /** The file that the process of -c is about to run. */
  readonly childProgram?: string | undefined;
  readonly unsafe: boolean;
  /** Only points whose full name this matches (--probe-filter). */
  readonly probeFilter?: RegExp | undefined;
  readonly off?: Off | undefined;
}

/** Whether a probe may be attached otherwise than its name says, by this optimization. */
export function maySubstitute({ config, off }: ResolveOptions, by: Optimization): boolean {
  return config.hookChoice === 'cheapest' && off?.has(by) !== true;
}

export interface Resolution {
  /** One for each program that is needed. Empty with missing_probes=warn or ignore and no match. */
  readonly variants: readonly ProbeVariant[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ListOptions {
  /** -lv: argument lines too. */
  readonly verbose: boolean;
  readonly pid: number | undefined;
}

export interface Provider {
  /** Canonical: `tracepoint`. */
  readonly name: string;
  /** Long and short forms, compared without case unless of one upper-case letter. */
  readonly aliases: readonly string[];
  resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution;
  /** Several points of one probe at once, where together they can be had more cheaply. */
  resolveList?(points: readonly AttachPointText[], target: Target, options: ResolveOptions): Resolution;
  /** Lines of `-l` for pattern components after the provider (empty: everything), sorted bytewise, unique. */
  list(
    components: readonly string[],
    target: Target,
    options: ListOptions,
  ): { readonly lines: readonly string[]; readonly notes: readonly string[] };
}
