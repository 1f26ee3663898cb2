/** The command line: options anywhere before `--`, then what is left over. */
import type { Personality } from './personality.ts';
import { type Option, type Token, tokens } from './tokens.ts';

/** A wrong command line. */
export class UsageError extends Error {
  /** The whole usage follows the message. */
  readonly showUsage: boolean;
  constructor(message: string, showUsage = false) {
    super(message);
    this.showUsage = showUsage;
  }
}

/** What is asked for: a run, or a command by its name in first place. */
export type Task = 'run' | 'fmt' | 'check' | 'lsp' | 'tools' | 'doctor' | 'man' | 'completion' | 'top';
export const TASKS: readonly Task[] = ['fmt', 'check', 'lsp', 'tools', 'doctor', 'man', 'completion', 'top'];

/** What is done with the script: run it (undefined), or one of these. */
export type Mode = 'codegen' | 'compiler-bench' | 'bench' | 'test' | 'format';

export interface Arguments {
  readonly task: Task;
  readonly help: boolean;
  readonly version: boolean;
  readonly info: boolean;
  readonly list: boolean;
  readonly program: string | undefined;
  /** File or tool first, where there is no -e; then the script's arguments. */
  readonly positional: readonly string[];
  /** What stood behind `--`. */
  readonly afterDashes: readonly string[];
  readonly pid: string | undefined;
  readonly command: string | undefined;
  readonly output: string | undefined;
  readonly format: 'text' | 'json';
  readonly buffering: 'line' | 'full' | 'none';
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** What probes cost is measured and shown: what parses bpftrace's messages doesn't know that. */
  readonly showsCosts: boolean;
  /** Stages of -d. */
  readonly debug: readonly string[];
  readonly warnings: 0 | 1 | 2;
  readonly unsafe: boolean;
  /** -I. */
  readonly includeFolders: readonly string[];
  /** --include. */
  readonly includes: readonly string[];
  readonly dryRun: boolean;
  /** Stop after the compile: a bare -d, and what only writes a file. */
  readonly compileOnly: boolean;
  readonly mode: Mode | undefined;
  readonly probeFilter: string | undefined;
  readonly withoutFeatures: readonly string[];
  /** Each --opt. */
  readonly optimizations: readonly string[];
  /** Directories of debug files, before the usual ones. */
  readonly debugRoots: readonly string[];
  readonly traceableFunctions: string | undefined;
  /** --dwarf-pid: further processes whose stacks are unwound by tables. */
  readonly unwindPids: readonly number[];
  readonly emitElf: string | undefined;
  readonly aot: string | undefined;
  /** Replays a compiled script: what --aot wrote. */
  readonly runCompiled: string | undefined;
}

/** By their long names. */
export const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  info: { type: 'boolean' },
  list: { type: 'boolean', short: 'l' },
  program: { type: 'string', short: 'e', multiple: true },
  pid: { type: 'string', short: 'p' },
  cmd: { type: 'string', short: 'c' },
  output: { type: 'string', short: 'o' },
  format: { type: 'string', short: 'f' },
  json: { type: 'boolean' },
  buffering: { type: 'string', short: 'B' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean', short: 'v' },
  debug: { type: 'string', short: 'd', multiple: true },
  warnings: { type: 'boolean', short: 'k', multiple: true },
  'no-warnings': { type: 'boolean' },
  unsafe: { type: 'boolean' },
  'include-dir': { type: 'string', short: 'I', multiple: true },
  include: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
  mode: { type: 'string' },
  test: { type: 'boolean' },
  bench: { type: 'boolean' },
  'probe-filter': { type: 'string' },
  'no-feature': { type: 'string', multiple: true },
  opt: { type: 'string', multiple: true },
  fmt: { type: 'boolean' },
  debuginfo: { type: 'string', multiple: true },
  'traceable-functions': { type: 'string' },
  'emit-elf': { type: 'string' },
  'emit-llvm': { type: 'string' },
  aot: { type: 'string' },
  'run-compiled': { type: 'string' },
  // Checked, and without effect until there is something that they apply to.
  'dwarf-pid': { type: 'string', multiple: true },
  'usdt-file-activation': { type: 'boolean' },
  // Accepted without effect: older command lines and other tracers' developers have them.
  btf: { type: 'boolean', short: 'b' },
  'verify-llvm-ir': { type: 'boolean' },
} as const;

export const DEBUG_STAGES = ['parse', 'ast', 'types', 'codegen', 'codegen-opt', 'dis', 'libbpf', 'verifier'] as const;
export type DebugStage = (typeof DEBUG_STAGES)[number];

/** What a bare -d and -dd stand for. */
const BARE_STAGES: readonly (readonly DebugStage[])[] = [
  ['ast', 'codegen'],
  ['parse', 'ast', 'types', 'codegen', 'codegen-opt', 'dis'],
];

const MODES = ['codegen', 'compiler-bench', 'bench', 'test', 'format'] as const;

type Values = {
  -readonly [K in keyof typeof OPTIONS]?: (typeof OPTIONS)[K] extends { type: 'boolean' }
    ? boolean | boolean[]
    : string | string[];
};

export function parseArguments(argv: readonly string[], personality: Personality = 'sonde'): Arguments {
  const named = personality === 'bpftrace' ? undefined : TASKS.find((name) => name === argv[0]);
  // `--stdio` is how editors name the only way to talk that there is.
  const rest = argv.slice(named === undefined ? 0 : 1).filter((word) => named !== 'lsp' || word !== '--stdio');
  const { args, bareDebug } = takeBareDebug(rest);
  // What follows is a tool's to read.
  const { values, positionals, afterDashes } = readOptions(named === 'top' ? ['--', ...rest] : args);
  checkContradictions(values);
  const mode = modeOf(values);
  return {
    task: named ?? (values.fmt === true || mode === 'format' ? 'fmt' : 'run'),
    help: values.help === true,
    version: values.version === true,
    info: values.info === true,
    list: values.list === true,
    program: texts(values, 'program').at(-1),
    positional: positionals,
    afterDashes,
    pid: text(values, 'pid'),
    command: text(values, 'cmd'),
    output: text(values, 'output'),
    format: values.json === true ? 'json' : oneOf('output format', text(values, 'format'), ['text', 'json']),
    buffering: oneOf('buffering mode', text(values, 'buffering'), ['line', 'full', 'none']),
    quiet: values.quiet === true,
    verbose: values.verbose === true,
    showsCosts: values.verbose === true && personality === 'sonde',
    debug: [...(BARE_STAGES[bareDebug - 1] ?? []), ...texts(values, 'debug')],
    warnings: values['no-warnings'] === true ? 0 : values.warnings === undefined ? 1 : 2,
    unsafe: values.unsafe === true,
    includeFolders: texts(values, 'include-dir'),
    includes: texts(values, 'include'),
    dryRun: values['dry-run'] === true,
    compileOnly: bareDebug > 0,
    mode,
    probeFilter: text(values, 'probe-filter'),
    withoutFeatures: texts(values, 'no-feature').flatMap((list) => list.split(',')),
    optimizations: texts(values, 'opt'),
    debugRoots: texts(values, 'debuginfo').flatMap((list) => list.split(':').filter((folder) => folder !== '')),
    traceableFunctions: text(values, 'traceable-functions'),
    unwindPids: texts(values, 'dwarf-pid').map(parsePid),
    emitElf: text(values, 'emit-elf'),
    aot: text(values, 'aot'),
    runCompiled: text(values, 'run-compiled'),
  };
}

const text = (values: Values, name: keyof Values): string | undefined => values[name] as string | undefined;
const texts = (values: Values, name: keyof Values): readonly string[] => (values[name] as string[] | undefined) ?? [];

function checkContradictions(values: Values): void {
  if (values['no-warnings'] === true && values.warnings !== undefined)
    throw new UsageError('-k and --no-warnings contradict each other');
  if (values.pid !== undefined && values.cmd !== undefined) throw new UsageError('Cannot use both -c and -p.', true);
  if (values.pid === '') throw new UsageError('Failed to parse pid: invalid integer: ');
  if (values.cmd === '') throw new UsageError('-c needs a command');
  if (values.test === true && values.bench === true) throw new UsageError('--test and --bench contradict each other');
  if (values['emit-llvm'] !== undefined)
    throw new UsageError(
      '--emit-llvm: Sonde compiles without LLVM, so there is no such code; -d codegen-opt shows its own',
    );
}

function modeOf(values: Values): Mode | undefined {
  const mode = text(values, 'mode');
  const found = MODES.find((one) => one === mode);
  if (mode !== undefined && found === undefined) throw invalid('mode', mode, MODES);
  return values.test === true ? 'test' : values.bench === true ? 'bench' : found;
}

/**
 * Up to 0.21 -d had no value and -dd said more: a -d that no stage can follow is one of those. Returns how often
 * it was given, 2 for more.
 */
function takeBareDebug(argv: readonly string[]): { readonly args: readonly string[]; readonly bareDebug: number } {
  const args: string[] = [];
  let bareDebug = 0;
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at]!;
    if (arg === '--') {
      args.push(...argv.slice(at));
      break;
    }
    if (/^-d{2,}$/.test(arg)) bareDebug = 2;
    else if ((arg === '-d' || arg === '--debug') && !mayBeStage(argv[at + 1])) bareDebug = Math.min(bareDebug + 1, 2);
    else {
      args.push(arg);
      if (takesNext(arg) && at + 1 < argv.length) args.push(argv[++at]!);
    }
  }
  return { args, bareDebug };
}

/** A script's file or text is no stage, a misspelt stage is no file. */
function mayBeStage(word: string | undefined): boolean {
  return word !== undefined && /^[\w-]+$/.test(word) && !word.startsWith('-');
}

/** `-e TEXT`, `--pid N`: the next word is the option's whatever it looks like. */
function takesNext(arg: string): boolean {
  return Object.entries(OPTIONS).some(
    ([name, option]) =>
      option.type === 'string' && (arg === `--${name}` || ('short' in option && arg === `-${option.short}`)),
  );
}

/**
 * Where the word stands that may name a tool: the first that is neither an option nor an option's value. Undefined where
 * there is none, where it is a command, and where the script or what is to be listed is given otherwise.
 */
export function firstWord(argv: readonly string[]): number | undefined {
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at]!;
    if (!arg.startsWith('-')) return at === 0 && TASKS.some((name) => name === arg) ? undefined : at;
    if (arg === '-' || arg === '--' || /^(-[el]|--list|--program)/.test(arg)) return undefined;
    if (takesNext(arg)) at++;
  }
  return undefined;
}

function readOptions(argv: readonly string[]): { values: Values; positionals: string[]; afterDashes: string[] } {
  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  const afterDashes: string[] = [];
  for (const token of tokens(argv, OPTIONS)) {
    if (token.kind === 'option') setOption(values, token);
    else (token.isLast ? afterDashes : positionals).push(token.value);
  }
  return { values: values as Values, positionals, afterDashes };
}

function setOption(values: Record<string, unknown>, token: Token & { kind: 'option' }): void {
  const { name, rawName, value } = token;
  const option: Option | undefined = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : undefined;
  if (option === undefined || (name.length === 1 && rawName.startsWith('--')))
    throw new UsageError(`unknown option ${rawName}`, true);
  if (option.type === 'string' && value === undefined) throw new UsageError(`${rawName} needs a value`, true);
  if (option.type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`, true);
  const set = option.type === 'boolean' ? true : value;
  if (option.multiple !== true) values[name] = set;
  else values[name] = [...((values[name] as unknown[] | undefined) ?? []), set];
}

function oneOf<const T extends string>(what: string, value: string | undefined, allowed: readonly [T, ...T[]]): T {
  if (value === undefined) return allowed[0];
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw invalid(what, value, allowed);
  return found;
}

function invalid(what: string, value: string, allowed: readonly string[]): UsageError {
  return new UsageError(`Invalid ${what} '${value}': valid are ${allowed.map((one) => `'${one}'`).join(', ')}`);
}

/** The stages that -d names; `all` is all of them. Throws UsageError. */
export function parseStages(names: readonly string[]): ReadonlySet<DebugStage> {
  const stages = new Set<DebugStage>();
  for (const name of names) {
    const found = DEBUG_STAGES.find((stage) => stage === name);
    if (name === 'all') for (const stage of DEBUG_STAGES) stages.add(stage);
    else if (found !== undefined) stages.add(found);
    else throw new UsageError(`unknown stage '${name}' for -d: there are all, ${DEBUG_STAGES.join(', ')}`);
  }
  return stages;
}

/** Throws UsageError with one of three different reasons (spec C-20). */
export function parsePid(text: string): number {
  const match = /^[+-]?\d+/.exec(text);
  if (match === null) throw new UsageError(`Failed to parse pid: invalid integer: ${text}`);
  if (match[0].length < text.length) throw new UsageError(`Failed to parse pid: invalid trailing bytes: ${text}`);
  const pid = Number(text);
  // The kernel's own limit, PID_MAX_LIMIT.
  if (pid < 1 || pid > 0x400000) throw new UsageError(`Pid out of range: ${text}`);
  return pid;
}
