/** A script's text to programs and a plan, as the command line wants it. */
import { compile, type CompileResult, renderDiagnostics, type SourceFile, type Stage } from '../lang/index.ts';
import { bootTimeNs, bootTimeOffsetNs, monotonicMs, openTarget, taiOffsetNs } from '../runtime/index.ts';
import { jsonReport, type OutputSink, type SessionOptions, textReport } from '../session/index.ts';
import { useDebugDirectories } from '../symbols/index.ts';
import { type Arguments, type DebugStage, UsageError } from './arguments.ts';
import type { Messages } from './messages.ts';
import { targetOptions } from './target-options.ts';
import { parseOptimizations } from './optimization-options.ts';
import { print } from './write-fully.ts';

export interface RunContext {
  readonly args: Arguments;
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string | undefined>;
  readonly messages: Messages;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The run ends so long after everything is attached. */
  readonly durationMs?: number | undefined;
  /** Instead of standard output, or of the file of -o: who reads what the script prints. */
  readonly reader?: OutputSink | undefined;
  /** In JSON: what a line of printf holds by names. */
  readonly nameRows?: SessionOptions['nameRows'];
  /** In JSON: keys of maps as values. */
  readonly structuredKeys?: boolean;
}

export type Stages = ReadonlySet<DebugStage>;

function parseFilter(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--probe-filter: ${(error as Error).message}`);
  }
}

/** Which probes are meant instead of those that trace. */
export function runsOf({ mode }: Arguments): 'test' | 'bench' | undefined {
  return mode === 'test' || mode === 'bench' ? mode : undefined;
}

export interface CompileScriptOptions {
  readonly pid: number | undefined;
  /** The process of -c, and the file that it is about to run. */
  readonly child: { readonly pid: number; readonly program: string } | undefined;
  readonly stages: Stages;
  /** Instead of now: when the run is taken to have started. */
  readonly bootTimeNs?: bigint;
}

/** Diagnostics go to the messages, stages to standard output. */
export function compileScript(source: SourceFile, context: RunContext, options: CompileScriptOptions): CompileResult {
  const { args, messages, environment } = context;
  const write = (stage: Stage, text: string): void => {
    print(`${stage}:\n${text.trimEnd()}\n\n`);
  };
  const runs = runsOf(args);
  if (args.debugRoots.length > 0) useDebugDirectories(args.debugRoots);
  const result = compile(source, openTarget(targetOptions(args)), {
    positional: context.positional,
    named: context.named,
    unsafe: args.unsafe,
    includeFolders: args.includeFolders,
    includes: args.includes,
    ...(runs === undefined ? {} : { runs }),
    ...(args.probeFilter === undefined ? {} : { probeFilter: parseFilter(args.probeFilter) }),
    ...(args.optimizations.length === 0 ? {} : { off: parseOptimizations(args.optimizations) }),
    warningLevel: args.warnings,
    environment,
    bootTimeNs: options.bootTimeNs ?? bootTimeNs(),
    bootTimeOffsetNs: options.bootTimeNs ?? bootTimeOffsetNs(),
    taiOffsetNs: options.bootTimeNs ?? taiOffsetNs(),
    ...(options.pid === undefined ? {} : { pid: options.pid }),
    ...(args.unwindPids.length > 0 ? { unwindsProcesses: true } : {}),
    ...(options.child === undefined ? {} : { childPid: options.child.pid, childProgram: options.child.program }),
    dump: { stages: options.stages as ReadonlySet<Stage>, write },
  });
  const shown = result.diagnostics.filter(({ severity }) => severity === 'error' || args.warnings > 0);
  if (shown.length > 0) messages.write(renderDiagnostics(source, shown, { colour: messages.colour }));
  return result;
}

const BENCH_MS = 300;
const FEWEST_ROUNDS = 3;

/** --mode compiler-bench: how long the compile takes, as --bench reports it. */
export function benchCompiler(source: SourceFile, context: RunContext): number {
  const quiet = { ...context, args: { ...context.args, warnings: 0 as const } };
  const options = { pid: undefined, child: undefined, stages: new Set<DebugStage>() };
  if (compileScript(source, context, options).compiled === undefined) return 1;
  const start = monotonicMs();
  let iterations = 0;
  while (iterations < FEWEST_ROUNDS || monotonicMs() - start < BENCH_MS) {
    compileScript(source, quiet, options);
    iterations++;
  }
  const averageNs = Math.round(((monotonicMs() - start) * 1e6) / iterations);
  const report = context.args.format === 'json' ? jsonReport : textReport;
  print(report.benchmarks([{ name: 'compile', averageNs, iterations }]));
  return 0;
}
