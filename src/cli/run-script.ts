/** A script from its text to the end of its run. */
import { VerifierError } from '../base/index.ts';
import type { CompileResult, SourceFile } from '../lang/index.ts';
import {
  ChildCommand,
  ClosedPipeError,
  FileSink,
  KernelBackend,
  openNotifySocket,
  optimizeLater,
  primeSymbols,
  requireCapabilities,
  showsUserSymbols,
  systemClock,
  type UnwindTargets,
  watchProcess,
} from '../runtime/index.ts';
import { AttachError, Session } from '../session/index.ts';
import { type Arguments, parsePid, parseStages } from './arguments.ts';
import { benchCompiler, compileScript, type RunContext, runsOf, type Stages } from './compile-script.ts';
import { describeCollection } from './describe-collection.ts';
import { hintAtUnhitProbes } from './unhit.ts';
import { showCosts } from './costs.ts';
import { warnOfUnloadedModules } from './unloaded.ts';
import { explainRefusal } from './refusal.ts';
import { handleSignals } from './signals.ts';
import { isTerminal } from './terminal.ts';
import { print } from './write-fully.ts';

/** Harnesses set a variable of this name, and wait for this line. */
const ATTACHED_LINE = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
/** As if SIGPIPE had ended us. */
export const STATUS_PIPE = 141;

type Compiled = NonNullable<CompileResult['compiled']>;

export interface RunOptions {
  /** What to do with the compiled script, instead of running it. */
  readonly use?: (compiled: Compiled) => void;
}

/** Returns the exit status. */
export async function runScript(source: SourceFile, context: RunContext, { use }: RunOptions = {}): Promise<number> {
  const { args } = context;
  const stages = parseStages(args.debug);
  if (context.named.has('help')) return explainOptions(source, context);
  requireCapabilities();
  const pid = args.pid === undefined ? undefined : parsePid(args.pid);
  using target = pid === undefined ? undefined : watchProcess(pid);
  const child = args.command === undefined ? undefined : ChildCommand.spawn(args.command);
  try {
    if (args.mode === 'compiler-bench') return benchCompiler(source, context);
    const { compiled } = compileScript(source, context, { pid, child, stages });
    if (compiled === undefined) return 1;
    if (use !== undefined) {
      use(compiled);
      return 0;
    }
    if (stages.has('libbpf')) print(describeCollection(compiled.collection));
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
  const { programOptions } = compileScript(source, context, { pid: undefined, child: undefined, stages: new Set() });
  for (const line of programOptions ?? []) print(`${line}\n`);
  return programOptions === undefined ? 1 : 0;
}

/** Runs what was compiled to its end. Returns the exit status. */
export async function runCompiled(
  source: SourceFile,
  { collection, plan }: Compiled,
  { args, messages, environment, durationMs, reader, nameRows, structuredKeys }: RunContext,
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
    config: plan.config,
    wholeLog: args.verbose,
    measuresCosts: args.showsCosts,
    unwinds: unwindTargets(args, child, target),
    ...(stages.has('verifier') ? { onVerifierLog: (program, log) => print(`verifier ${program}:\n${log}\n`) } : {}),
  });
  if (args.dryRun) return dryRun(backend, collection, plan);
  const notify = openNotifySocket(environment);
  using cleanUp = new DisposableStack();
  const session = new Session({
    collection,
    plan,
    backend,
    clock: systemClock,
    output: reader ?? sink,
    nameRows,
    structuredKeys,
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
      if (durationMs !== undefined) cleanUp.use(stopLater(session, durationMs));
      if (plan.ring !== undefined) cleanUp.use(optimizeLater());
      const pid = child?.pid ?? target?.pid;
      if (pid !== undefined && showsUserSymbols(plan)) cleanUp.use(primeSymbols(backend.resolver.userSymbols, pid));
    },
  });
  void child?.exited.then(() => session.finish());
  void target?.exited.then(() => session.finish());
  const endSignals = handleSignals(session);
  try {
    const { exitCode } = await session.run();
    showCosts(backend.costs, messages);
    if (messages.isTerminal || args.verbose) hintAtUnhitProbes(backend.unhit, messages);
    warnOfUnloadedModules(plan, messages);
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

/** Whose stacks dw_ustack can be asked for. */
function unwindTargets(
  { unwindPids }: Arguments,
  child: ChildCommand | undefined,
  target: { readonly pid: number } | undefined,
): UnwindTargets {
  const observed = child ?? target;
  const pids = observed === undefined ? unwindPids : [observed.pid, ...unwindPids];
  return child === undefined ? { pids } : { pids, program: child.program };
}

async function dryRun(
  backend: KernelBackend,
  collection: Compiled['collection'],
  plan: Compiled['plan'],
): Promise<number> {
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
    await backend.detachAll();
    backend.close();
  }
}

function stopLater(session: Session, afterMs: number): Disposable {
  const timer = setTimeout(() => session.finish(), afterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
