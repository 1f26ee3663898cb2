/**
 * Language runtimes that tell of themselves by USDT: where a process has one, and what its probes mean. The names and
 * arguments are those of the runtimes' own documentation of their DTrace probes.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** A probe of a runtime, with expressions for what it says: `arg0` … are the probe's arguments. */
export interface RuntimeEvent {
  readonly name: string;
  /** What is called, collected, made or started: an expression that is a string. */
  readonly what?: string;
}

/** Two probes that belong together, as expressions see them when the first comes. */
export interface RuntimeSpan {
  readonly begin: RuntimeEvent;
  readonly end: RuntimeEvent;
}

export interface RuntimeCall extends RuntimeSpan {
  /** An expression: what the method belongs to. */
  readonly class: string;
  /** The probe that every call hits: CPython 3.11 has the one of entries in code that nothing runs. */
  readonly counted: 'begin' | 'end';
}

export interface Runtime {
  readonly language: string;
  /** Of the probes. */
  readonly provider: string;
  /** Name of the program or library that holds them. */
  readonly file: RegExp;
  readonly calls?: readonly RuntimeCall[];
  readonly collections?: readonly RuntimeSpan[];
  readonly objects?: readonly RuntimeEvent[];
  readonly threads?: readonly RuntimeEvent[];
  readonly loads?: readonly RuntimeEvent[];
  readonly exceptions?: readonly RuntimeEvent[];
}

/** Text of a length, as the virtual machine of Java passes it. */
const counted = (index: number): string => `str(arg${index}, arg${index + 1} + 1)`;
const text = (index: number): string => `str(arg${index})`;

const span = (begin: string, end: string, what: string): RuntimeSpan => ({
  begin: { name: begin, what },
  end: { name: end, what },
});

export const RUNTIMES: readonly Runtime[] = [
  {
    language: 'java',
    provider: 'hotspot',
    file: /^libjvm\.so$/,
    calls: [{ ...span('method__entry', 'method__return', counted(3)), class: counted(1), counted: 'begin' }],
    collections: [span('gc__begin', 'gc__end', 'arg0 & 1 ? "full" : "young"')],
    objects: [{ name: 'object__alloc', what: counted(1) }],
    threads: [
      { name: 'thread__start', what: counted(0) },
      { name: 'thread__stop', what: counted(0) },
    ],
    loads: [{ name: 'class__loaded' }],
  },
  {
    language: 'node',
    provider: 'node',
    file: /^(node|libnode\.so.*)$/,
    collections: [span('gc__start', 'gc__done', '"of V8"')],
  },
  {
    language: 'perl',
    provider: 'perl',
    file: /^(perl[\d.]*|libperl\.so.*)$/,
    calls: [{ ...span('sub__entry', 'sub__return', text(0)), class: text(3), counted: 'begin' }],
    loads: [{ name: 'loaded__file' }],
  },
  {
    language: 'php',
    provider: 'php',
    file: /^(php[\d.]*|libphp[\d.]*\.so.*)$/,
    calls: [{ ...span('function__entry', 'function__return', text(0)), class: text(3), counted: 'begin' }],
    loads: [{ name: 'compile__file__entry' }],
    exceptions: [{ name: 'exception__thrown' }],
  },
  {
    language: 'python',
    provider: 'python',
    file: /^(python[\d.]*|libpython[\d.]+m?\.so.*)$/,
    calls: [{ ...span('function__entry', 'function__return', text(1)), class: text(0), counted: 'end' }],
    collections: [
      {
        begin: { name: 'gc__start', what: 'arg0 == 0 ? "generation 0" : arg0 == 1 ? "generation 1" : "generation 2"' },
        end: { name: 'gc__done' },
      },
    ],
    loads: [{ name: 'import__find__load__start' }],
  },
  {
    language: 'ruby',
    provider: 'ruby',
    file: /^(ruby[\d.]*|libruby[-\d.]*\.so.*)$/,
    calls: [
      { ...span('method__entry', 'method__return', text(1)), class: text(0), counted: 'begin' },
      { ...span('cmethod__entry', 'cmethod__return', text(1)), class: text(0), counted: 'begin' },
    ],
    collections: [
      span('gc__mark__begin', 'gc__mark__end', '"mark"'),
      span('gc__sweep__begin', 'gc__sweep__end', '"sweep"'),
    ],
    objects: [
      { name: 'object__create', what: text(0) },
      { name: 'array__create', what: '"Array"' },
      { name: 'hash__create', what: '"Hash"' },
      { name: 'string__create', what: '"String"' },
    ],
    loads: [{ name: 'load__entry' }, { name: 'require__entry' }],
    exceptions: [{ name: 'raise' }],
  },
  {
    language: 'tcl',
    provider: 'tcl',
    file: /^(tclsh[\d.]*|libtcl[\d.]*\.so.*)$/,
    calls: [{ ...span('proc__entry', 'proc__return', text(0)), class: '""', counted: 'begin' }],
    objects: [{ name: 'obj__create', what: '"object"' }],
  },
];

export interface FoundRuntime {
  readonly runtime: Runtime;
  /** File with the probes, from here. */
  readonly path: string;
}

/**
 * The runtime of a process; `language` says which where it has several. Throws RangeError where there is no such process,
 * or none of its files has probes.
 */
export function findRuntime(pid: number, language = ''): FoundRuntime {
  const known = RUNTIMES.filter((runtime) => language === '' || runtime.language === language);
  if (known.length === 0)
    throw new RangeError(`no language '${language}': there are ${RUNTIMES.map((each) => each.language).join(', ')}`);
  const files = mappedFiles(pid);
  if (files === undefined) throw new RangeError(`there is no process ${pid}, or none that may be looked into`);
  const found = known.flatMap((runtime) => withProbes(pid, files, runtime));
  if (found[0] !== undefined) return found[0];
  const silent = known.find((runtime) => files.some((path) => runtime.file.test(baseName(path))));
  throw new RangeError(
    silent === undefined
      ? `process ${pid} has no runtime of ${language === '' ? 'a language that is known here' : language}`
      : `process ${pid} runs ${silent.language}, but that was built without USDT probes`,
  );
}

/** The runtimes of all processes, each of their files once. */
export function findAllRuntimes(language = ''): readonly FoundRuntime[] {
  const found = new Map<string, FoundRuntime>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const each = findRuntime(Number(name), language);
      const { dev, ino } = statSync(each.path);
      if (!found.has(`${dev}:${ino}`)) found.set(`${dev}:${ino}`, each);
    } catch (error) {
      if (language !== '' && (error as Error).message.startsWith('no language')) throw error;
    }
  }
  return [...found.values()];
}

function withProbes(pid: number, files: readonly string[], runtime: Runtime): readonly FoundRuntime[] {
  return files
    .filter((path) => runtime.file.test(baseName(path)))
    .map((path) => asSeenFromHere(pid, path))
    .filter((path) => hasProbesOf(path, runtime.provider))
    .map((path) => ({ runtime, path }));
}

/** Files that the process has mapped to run code of. */
function mappedFiles(pid: number): readonly string[] | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
    const paths = lines.flatMap((line) => /^\S+ ..x. \S+ \S+ \d+ +(\/.*)$/.exec(line)?.[1] ?? []);
    return [...new Set(paths)];
  } catch {
    return undefined;
  }
}

/** In a container the same path is another file. */
function asSeenFromHere(pid: number, path: string): string {
  const there = `/proc/${pid}/root${path}`;
  const here = statSync(path, { throwIfNoEntry: false });
  const other = statSync(there, { throwIfNoEntry: false });
  return other === undefined || (here?.ino === other.ino && here.dev === other.dev) ? path : there;
}

function hasProbesOf(path: string, provider: string): boolean {
  try {
    const bytes = readFileSync(path);
    return bytes.includes(`stapsdt\0`) && bytes.includes(`\0${provider}\0`);
  } catch {
    return false;
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Attach points of events, with commas between. */
export function points(found: FoundRuntime, events: readonly RuntimeEvent[]): string {
  return events.map(({ name }) => `usdt:${found.path}:${found.runtime.provider}:${name}`).join(',\n');
}

/** The process that the command line names. Throws RangeError. */
export function pidOf(given: ReadonlyMap<string, string | undefined>): number {
  const pid = Number(given.get('pid') ?? 0);
  if (!(pid > 0)) throw new RangeError('which process? PID is missing');
  return pid;
}

/** Throws RangeError with what the language's runtime does not tell. */
export function requireEvents<T>(
  events: readonly T[] | undefined,
  { runtime }: FoundRuntime,
  what: string,
): readonly T[] {
  if (events === undefined || events.length === 0)
    throw new RangeError(`the runtime of ${runtime.language} has no probe for ${what}`);
  return events;
}
