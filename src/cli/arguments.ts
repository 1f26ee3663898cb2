/** The command line: options anywhere before `--`, then what is left over. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

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
export type Task = 'run' | 'fmt';
const TASKS: readonly Task[] = ['fmt'];

export interface Arguments {
  readonly task: Task;
  readonly help: boolean;
  readonly version: boolean;
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
  readonly debug: readonly string[];
  readonly warnings: 0 | 1 | 2;
  readonly unsafe: boolean;
  readonly dryRun: boolean;
  readonly withoutFeatures: readonly string[];
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  list: { type: 'boolean', short: 'l' },
  program: { type: 'string', short: 'e', multiple: true },
  pid: { type: 'string', short: 'p' },
  cmd: { type: 'string', short: 'c' },
  output: { type: 'string', short: 'o' },
  format: { type: 'string', short: 'f' },
  buffering: { type: 'string', short: 'B' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean', short: 'v' },
  debug: { type: 'string', short: 'd', multiple: true },
  warnings: { type: 'boolean', short: 'k', multiple: true },
  'no-warnings': { type: 'boolean' },
  unsafe: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  'no-feature': { type: 'string', multiple: true },
  fmt: { type: 'boolean' },
  mode: { type: 'string' },
  // Accepted without effect: older command lines have them.
  btf: { type: 'boolean', short: 'b' },
} as const;

/** Options of other tracers that scripts in the wild use: refused by name, so that no one takes them for granted. */
const NOT_BUILT: ReadonlySet<string> = new Set([
  'dwarf-pid',
  'usdt-file-activation',
  'include',
  'I',
  'debuginfo',
  'traceable-functions',
  'test',
  'bench',
  'probe-filter',
  'info',
  'emit-elf',
  'emit-llvm',
  'aot',
  'verify-llvm-ir',
]);

type Values = {
  -readonly [K in keyof typeof OPTIONS]?: (typeof OPTIONS)[K] extends { type: 'boolean' }
    ? boolean | boolean[]
    : string | string[];
};

export function parseArguments(argv: readonly string[]): Arguments {
  const named = nameStarted() === 'bpftrace' ? undefined : TASKS.find((name) => name === argv[0]);
  const { values, positionals, afterDashes } = tokenize(named === undefined ? argv : argv.slice(1));
  const noWarnings = values['no-warnings'] === true;
  if (noWarnings && values.warnings !== undefined) throw new UsageError('-k and --no-warnings contradict each other');
  const arguments_: Arguments = {
    task: named ?? (values.fmt === true || modeOf(values) === 'format' ? 'fmt' : 'run'),
    help: values.help === true,
    version: values.version === true,
    list: values.list === true,
    program: (values.program as string[] | undefined)?.at(-1),
    positional: positionals,
    afterDashes,
    pid: values.pid as string | undefined,
    command: values.cmd as string | undefined,
    output: values.output as string | undefined,
    format: oneOf('output format', values.format as string | undefined, ['text', 'json']),
    buffering: oneOf('buffering mode', values.buffering as string | undefined, ['line', 'full', 'none']),
    quiet: values.quiet === true,
    verbose: values.verbose === true,
    debug: (values.debug as string[] | undefined) ?? [],
    warnings: noWarnings ? 0 : values.warnings === undefined ? 1 : 2,
    unsafe: values.unsafe === true,
    dryRun: values['dry-run'] === true,
    withoutFeatures: ((values['no-feature'] as string[] | undefined) ?? []).flatMap((list) => list.split(',')),
  };
  if (arguments_.pid !== undefined && arguments_.command !== undefined)
    throw new UsageError('Cannot use both -c and -p.', true);
  if (arguments_.pid === '') throw new UsageError('Failed to parse pid: invalid integer: ');
  if (arguments_.command === '') throw new UsageError('-c needs a command');
  return arguments_;
}

/** `sonde`, or what a link to it is called: as `bpftrace` it has no words of its own. */
function nameStarted(): string {
  return basename(process.argv[1] ?? '');
}

function modeOf(values: Values): 'format' | undefined {
  if (values.mode === undefined || values.mode === 'format') return values.mode;
  throw new UsageError(`--mode ${String(values.mode)} is not supported in this version`);
}

function tokenize(argv: readonly string[]): { values: Values; positionals: string[]; afterDashes: string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  const afterDashes: string[] = [];
  let dashes = false;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') dashes = true;
    else if (token.kind === 'positional') (dashes ? afterDashes : positionals).push(token.value);
    else setOption(values, token);
  }
  return { values: values as Values, positionals, afterDashes };
}

function setOption(
  values: Record<string, unknown>,
  token: { name: string; rawName: string; value?: string | undefined },
): void {
  const { name, rawName } = token;
  if (NOT_BUILT.has(name)) throw new UsageError(`${rawName} is not supported in this version`);
  const option = OPTIONS[name as keyof typeof OPTIONS] as { type: string; multiple?: boolean } | undefined;
  if (option === undefined || (name.length === 1 && rawName.startsWith('--')))
    throw new UsageError(`unknown option ${rawName}`, true);
  if (option.type === 'string' && token.value === undefined) throw new UsageError(`${rawName} needs a value`, true);
  if (option.type === 'boolean' && token.value !== undefined) throw new UsageError(`${rawName} takes no value`, true);
  const value = option.type === 'boolean' ? true : token.value;
  if (option.multiple !== true) values[name] = value;
  else values[name] = [...((values[name] as unknown[] | undefined) ?? []), value];
}

function oneOf<const T extends string>(what: string, value: string | undefined, allowed: readonly [T, ...T[]]): T {
  if (value === undefined) return allowed[0];
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new UsageError(`Invalid ${what} '${value}': valid are ${allowed.map((one) => `'${one}'`).join(', ')}`);
  return found;
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
