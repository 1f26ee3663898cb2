import { printC } from '../btf/index.ts';
import {
  findProvider,
  globMatcher,
  hasWildcard,
  providers,
  type ListOptions,
  type Provider,
} from './providers/index.ts';
import type { Diagnostic, SourceFile } from './diagnostic/index.ts';
import { parse } from './syntax/index.ts';
import type { Target } from './target.ts';

export interface ProbeListing {
  readonly lines: readonly string[];
  /** For standard error: what could not be listed, or can't be attached. */
  readonly notes: readonly string[];
}

/** Kernel probes that a wildcard for the provider stands for. */
const KERNEL_PROVIDERS: readonly string[] = ['kprobe', 'tracepoint', 'rawtracepoint', 'software', 'hardware'];
const USER_PROVIDERS: readonly string[] = ['uprobe', 'usdt'];

/** What `-l` prints (spec P-95 to P-99): for each of the comma-separated patterns, or for all kernel probes. */
export function listProbes(patterns: string, target: Target, options: ListOptions): ProbeListing {
  const listings = splitPatterns(patterns).map((pattern) => listPattern(pattern, target, options));
  const notes = new Set(listings.flatMap((listing) => listing.notes));
  return { lines: listings.flatMap((listing) => listing.lines), notes: [...notes] };
}

/** Probes that are listed as a script writes them: they have no list of places. */
const AS_WRITTEN: ReadonlySet<string> = new Set([
  'begin',
  'end',
  'test',
  'bench',
  'interval',
  'profile',
  'software',
  'hardware',
]);

/** The probes that a script would use, in its order; what is wrong with its text instead. */
export function listScript(
  source: SourceFile,
  target: Target,
  options: ListOptions & { readonly positional: readonly string[] },
): ProbeListing | { readonly diagnostics: readonly Diagnostic[] } {
  const { script, diagnostics } = parse(source, options);
  if (script === undefined) return { diagnostics };
  const points = script.items.flatMap((item) => (item.kind === 'probe' ? item.points : []));
  const listings = points.map(({ components: [type, ...rest], text }): ProbeListing => {
    const name = findProvider(type?.text ?? '')?.name;
    if (name === undefined || !AS_WRITTEN.has(name)) return listPattern(text, target, options);
    return { lines: [[name, ...rest.map((each) => each.text)].join(':')], notes: [] };
  });
  return { lines: listings.flatMap(({ lines }) => lines), notes: [...new Set(listings.flatMap(({ notes }) => notes))] };
}

function splitPatterns(text: string): readonly string[] {
  const patterns = text
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  return patterns.length === 0 ? ['*'] : patterns;
}

function listPattern(pattern: string, target: Target, options: ListOptions): ProbeListing {
  const type = /^(struct|union|enum)\s+(\S+)$/.exec(pattern);
  if (type !== null) return listTypes(type[1] as 'struct' | 'union' | 'enum', type[2]!, target, options);
  const [first, ...rest] = splitComponents(pattern);
  // Text without a colon looks through everything, unless it is a provider's name.
  const alone = rest.length === 0 && !(findProvider(first!) !== undefined && !hasWildcard(first!));
  const [provider, components] = alone ? ['*', [first!]] : [first!, rest];
  const chosen = choose(provider, components, options);
  if (chosen.length === 0) return { lines: [], notes: isKnown(provider) ? [] : [`Invalid probe type: ${provider}`] };
  const wanted = components.length === 1 && components[0] === '' ? [] : components;
  const found = chosen.map((each) => each.list(wanted, target, options));
  return {
    lines: join(
      found.map((each) => each.lines),
      options,
    ),
    notes: found.flatMap((each) => each.notes),
  };
}

/** Splits at colons that are not in quotes, and takes the quotes off. */
function splitComponents(pattern: string): readonly string[] {
  const parts = pattern.match(/(?:"(?:[^"\\]|\\.)*"|[^:"]|"[^"]*$)+|(?<=^|:)(?=:|$)/g) ?? [];
  return parts.map((part) =>
    part.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) => inner.replace(/\\(["\\])/g, '$1')),
  );
}

function isKnown(provider: string): boolean {
  return hasWildcard(provider) || findProvider(provider) !== undefined;
}

function choose(provider: string, components: readonly string[], { pid }: ListOptions): readonly Provider[] {
  if (!hasWildcard(provider)) return [findProvider(provider)].filter((each) => each !== undefined);
  const isPath = components[0]?.includes('/') ?? false;
  const names = isPath
    ? USER_PROVIDERS
    : pid === undefined
      ? KERNEL_PROVIDERS
      : [...KERNEL_PROVIDERS, ...USER_PROVIDERS];
  const matches = globMatcher(provider.toLowerCase());
  return providers.filter((each) => names.includes(each.name) && matches(each.name));
}

/** Argument lines stay below their probe, so whole providers are put in order, not lines. */
function join(lists: readonly (readonly string[])[], { verbose }: ListOptions): readonly string[] {
  if (!verbose) return [...new Set(lists.flat())].sort();
  return [...lists].sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)).flat();
}

/** P-98: names, or with -v whole definitions. */
function listTypes(
  kind: 'struct' | 'union' | 'enum',
  pattern: string,
  target: Target,
  { verbose }: ListOptions,
): ProbeListing {
  const { btf } = target;
  if (btf === undefined) return { lines: [], notes: ["Types can't be listed: this kernel has no BTF."] };
  const names = hasWildcard(pattern)
    ? [...new Set(btf.names(kind))].filter(globMatcher(pattern)).sort()
    : [pattern].filter((name) => btf.find(name, kind) !== undefined);
  if (!verbose) return { lines: names.map((name) => `${kind} ${name}`), notes: [] };
  const lines = names.flatMap((name) => {
    const type = btf.find(name, kind);
    return type === undefined ? [] : [...`vmlinux: ${printC(btf, type)}`.split('\n'), ''];
  });
  return { lines, notes: [] };
}
