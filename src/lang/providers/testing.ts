/** What tests of providers share: attach points from text, and a machine that is nothing but data. */
import type { ScriptConfig } from '../config.ts';
import { parse, type AttachPointText } from '../syntax/index.ts';
import type { Target, TracepointField, TracepointFormat } from '../target.ts';
import type { Resolution, ResolveOptions } from './provider.ts';
import { resolvePoint } from './resolve-point.ts';

export const defaultConfig: ScriptConfig = {
  cacheUserSymbols: 'PER_PID', cppDemangle: true, lazySymbolication: true, license: 'GPL', logSizeBytes: 1_000_000, maxBpfProgs: 1024,
  maxCatBytes: 10_240, maxMapKeys: 4096, maxProbes: 1024, maxStrlen: 1024, onStackLimit: 32, ringBytes: 8 << 20, missingProbes: 'error',
  printMapsOnExit: true, showDebugInfo: false, stackMode: 'bpftrace', strTruncTrailer: '..',
};

export function options(given: { uses?: string[]; args?: string[]; config?: Partial<ScriptConfig> } & Partial<Omit<ResolveOptions, 'uses' | 'config'>> = {}): ResolveOptions {
  const { uses = [], args = [], config = {}, ...rest } = given;
  const names = new Set(args.length > 0 ? [...uses, 'args'] : uses);
  return { config: { ...defaultConfig, ...config }, uses: { names, args: new Set(args) }, pid: undefined, childPid: undefined, unsafe: false, ...rest };
}

export interface FakeMachine extends Partial<Omit<Target, 'tracepoints' | 'tracepointFormat'>> {
  /** By `category:event`: fields as `offset size signed type name`. */
  readonly events?: Readonly<Record<string, readonly string[]>>;
  readonly tracefsError?: string;
  readonly features?: readonly string[];
}

export function fakeTarget(machine: FakeMachine = {}): Target {
  const { events = {}, tracefsError, features = ['kprobe', 'uprobe', 'btf-tracepoint', 'attach-cookie'], ...rest } = machine;
  return {
    architecture: 'x86_64',
    kernelRelease: '6.12.0',
    possibleCpus: 4,
    btf: undefined,
    have: (feature) => features.includes(feature),
    tracepoints: (category) => {
      if (tracefsError !== undefined) return { error: tracefsError };
      return Object.keys(events).filter((name) => category === undefined || name.startsWith(`${category}:`)).sort();
    },
    tracepointFormat: (category, event) => (tracefsError === undefined ? formatOf(events[`${category}:${event}`]) : undefined),
    kernelFunctions: () => ({ source: 'tracefs', functions: [] }),
    modules: () => [],
    kernelSymbol: () => undefined,
    userBinaries: () => ({ error: 'no such file' }),
    pidNamespace: undefined,
    ...rest,
  };
}

function formatOf(fields: readonly string[] | undefined): TracepointFormat | undefined {
  return fields === undefined ? undefined : { id: 1, fields: fields.map(parseField) };
}

function parseField(text: string): TracepointField {
  const [, offset, size, signed, type, name] = /^(\d+) (\d+) ([01]) (.+) (\w+)$/.exec(text)!;
  return { type: type!, name: name!, offset: Number(offset), size: Number(size), signed: signed === '1' };
}

export function pointOf(text: string): AttachPointText {
  const { script, diagnostics } = parse({ name: 'test', text: `${text} {}` }, { positional: [] });
  const probe = script?.items[0];
  if (probe?.kind !== 'probe') throw new Error(`not a probe: ${text} (${diagnostics.map(({ message }) => message).join('; ')})`);
  return probe.points[0]!;
}

export function resolve(text: string, target: Target = fakeTarget(), given: ResolveOptions = options()): Resolution {
  return resolvePoint(pointOf(text), target, given);
}

/** Messages and hints, one line each, for comparison as text. */
export function complaints(resolution: Resolution): string {
  return resolution.diagnostics
    .flatMap(({ severity, message, hints = [] }) => [`${severity}: ${message}`, ...hints.map((hint) => `hint: ${hint}`)])
    .join('\n');
}

export function pointNames(resolution: Resolution): readonly string[] {
  return resolution.variants.flatMap((variant) => variant.points.map((point) => point.name));
}
