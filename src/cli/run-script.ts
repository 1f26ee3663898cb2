/** A script from its text to the end of its run. */
import { SondeError, VerifierError } from '../base/index.ts';
import { compile, type CompileResult, renderDiagnostics, type SourceFile, type Stage } from '../lang/index.ts';
import {
  bootTimeNs,
  bootTimeOffsetNs,
  ChildCommand,
  ClosedPipeError,
  FileSink,
  KernelBackend,
  openNotifySocket,
  openTarget,
  primeSymbols,
  requireCapabilities,
  showsUserSymbols,
  watchProcess,
} from '../runtime/index.ts';
import { AttachError, Session } from '../session/index.ts';
import { type Arguments, type DebugStage, parsePid, parseStages, UsageError } from './arguments.ts';
import { describeCollection } from './describe-collection.ts';
import { hintAtUnhitProbes } from './unhit.ts';
import { explainRefusal } from './refusal.ts';
import type { Messages } from './messages.ts';
import { targetOptions } from './target-options.ts';
import { handleSignals } from './signals.ts';
import { isTerminal } from './terminal.ts';

/** Loading or attaching failed. */
const STATUS_REFUSED = 255;
const OPTIMIZE_AFTER_MS = 300;
/** Harnesses set a variable of this name, and wait for this line. */
const ATTACHED_LINE = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
/** As if SIGPIPE had ended us. */
const STATUS_PIPE = 141;

export interface RunContext {
  readonly args: Arguments;
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string | undefined>;
  readonly messages: Messages;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Returns the exit status. */
export async function runScript(source: SourceFile, context: RunContext): Promise<number> {
  const { args } = context;
  const stages = parseStages(args.debug);
  if (context.named.has('help')) return explainOptions(source, context);
  requireCapabilities();
  const pid = args.pid === undefined ? undefined : parsePid(args.pid);
  using target = pid === undefined ? undefined : watchProcess(pid);
  const child = args.command === undefined ? undefined : ChildCommand.spawn(args.command);
  try {
    const { compiled } = compileScript(source, context, { pid, childPid: child?.pid, stages });
    if (compiled === undefined) return 1;
    if (args.compileOnly || args.mode === 'codegen') return 0;
    return await runCompiled(source, compiled, context, { child, target, stages });
  } catch (error) {
    if (error instanceof ClosedPipeError) return STATUS_PIPE;
    throw error;
  } finally {
    await child?.end();
  }
}

/** `-- --help`: what the script's own options are. */
function explainOptions(source: SourceFile, context: RunContext): number {
  const { programOptions } = compileScript(source, context, { pid: undefined, childPid: undefined, stages: new Set() });
  for (const line of programOptions ?? []) process.stdout.write(`${line}\n`);
  return programOptions === undefined ? 1 : 0;
}

type Stages = ReadonlySet<DebugStage>;

function parseFilter(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--probe-filter: ${(error as Error).message}`);
  }
}

/** Which probes are meant instead of those that trace. */
function runsOf({ mode }: Arguments): 'test' | 'bench' | undefined {
  return mode === 'test' || mode === 'bench' ? mode : undefined;
}

function compileScript(
  source: SourceFile,
  context: RunContext,
  options: { pid: number | undefined; childPid: number | undefined; stages: Stages },
): CompileResult {
  const { args, messages, environment } = context;
  const write = (stage: Stage, text: string): void => {
    process.stdout.write(`${stage}:\n${text.trimEnd()}\n\n`);
  };
  const runs = runsOf(args);
  const result = compile(source, openTarget(targetOptions(args)), {
    positional: context.positional,
    named: context.named,
    unsafe: args.unsafe,
    ...(runs === undefined ? {} : { runs }),
    ...(args.probeFilter === undefined ? {} : { probeFilter: parseFilter(args.probeFilter) }),
    warningLevel: args.warnings,
    environment,
    bootTimeNs: bootTimeNs(),
    bootTimeOffsetNs: bootTimeOffsetNs(),
    ...(options.pid === undefined ? {} : { pid: options.pid }),
    ...(options.childPid === undefined ? {} : { childPid: options.childPid }),
    dump: { stages: options.stages as ReadonlySet<Stage>, write },
  });
  const shown = result.diagnostics.filter(({ severity }) => severity === 'error' || args.warnings > 0);
  if (shown.length > 0) messages.write(renderDiagnostics(source, shown, { colour: messages.colour }));
  return result;
}

async function runCompiled(
  source: SourceFile,
  { collection, plan }: NonNullable<CompileResult['compiled']>,
  { args, messages, environment }: RunContext,
  {
    child,
    target,
    stages,
  }: {
    child: ChildCommand | undefined;
    target: { readonly pid: number; readonly exited: Promise<void> } | undefined;
    stages: Stages;
  },
): Promise<number> {
  const sink = args.output === undefined ? FileSink.standardOutput() : FileSink.file(args.output);
  const backend = new KernelBackend({
    cppDemangle: plan.config.cppDemangle,
    wholeLog: args.verbose,
    ...(stages.has('verifier')
      ? { onVerifierLog: (program, log) => process.stdout.write(`verifier ${program}:\n${log}\n`) }
      : {}),
  });
  if (stages.has('libbpf')) process.stdout.write(describeCollection(collection));
  if (args.dryRun) return dryRun(backend, collection, plan);
  const notify = openNotifySocket(environment);
  using cleanUp = new DisposableStack();
  const session = new Session({
    collection,
    plan,
    backend,
    output: sink,
    messages,
    format: args.format,
    outputIsTerminal: args.output === undefined && isTerminal(1),
    messagesAreTerminal: messages.isTerminal,
    colour: messages.colour,
    quiet: args.quiet,
    runs: runsOf(args),
    verbose: args.verbose,
    warningLevel: args.warnings,
    fullBuffering: args.buffering === 'full',
    onAttached: () => {
      child?.release();
      if (environment[ATTACHED_LINE] !== undefined) sink.write(Buffer.from(`${ATTACHED_LINE}\n`));
      notify?.('READY=1');
      if (plan.ring !== undefined) cleanUp.use(optimizeLater());
      const pid = child?.pid ?? target?.pid;
      if (pid !== undefined && showsUserSymbols(plan)) cleanUp.use(primeSymbols(backend.resolver.userSymbols, pid));
    },
  });
  void child?.exited.then(() => session.stop());
  void target?.exited.then(() => session.stop());
  const endSignals = handleSignals(session);
  try {
    const { exitCode } = await session.run();
    if (messages.isTerminal || args.verbose) hintAtUnhitProbes(backend.unhit, messages);
    return exitCode;
  } catch (error) {
    if (error instanceof VerifierError) messages.write(explainRefusal(source, collection, error, messages.colour));
    throw error;
  } finally {
    endSignals();
    notify?.('STOPPING=1');
    const { pendingBytes } = sink;
    if (pendingBytes > 0) messages.warning(`${pendingBytes} bytes of output were not taken by their reader`);
    sink.close();
  }
}

function dryRun(
  backend: KernelBackend,
  collection: NonNullable<CompileResult['compiled']>['collection'],
  plan: NonNullable<CompileResult['compiled']>['plan'],
): number {
  try {
    backend.open(collection, plan);
    for (const probe of plan.probes) {
      if (probe.phase !== 'run') continue;
      const [failure] = backend.attach(probe).failures;
      if (failure !== undefined && plan.config.missingProbes === 'error')
        throw new AttachError(failure.point, failure.error);
    }
    return 0;
  } finally {
    backend.close();
  }
}

/** The launcher turned V8's optimising compiler off. A script that runs for a while and formats records earns it back. */
function optimizeLater(): Disposable {
  const timer = setTimeout(() => process.getBuiltinModule('node:v8').setFlagsFromString('--opt'), OPTIMIZE_AFTER_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Status for what was thrown. */
export function statusOf(error: unknown): number {
  if (error instanceof VerifierError || error instanceof AttachError) return STATUS_REFUSED;
  return error instanceof SondeError ? statusOfSystem(error) : 1;
}

function statusOfSystem(error: SondeError): number {
  const { call } = error as { call?: string };
  const isLoading =
    call !== undefined && (call.startsWith('bpf(') || call.startsWith('perf_event_open') || call.startsWith('ioctl'));
  return isLoading ? STATUS_REFUSED : 1;
}
