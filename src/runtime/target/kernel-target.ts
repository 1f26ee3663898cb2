/** The machine that we run on, as a compile sees it. Nothing is opened before it is asked for. */
import { readFileSync, statSync } from 'node:fs';
import { architectureOf, strerror } from '../../abi/index.ts';
import { SystemError, UnsupportedFeatureError } from '../../base/index.ts';
import type { Btf } from '../../btf/index.ts';
import {
  type FeatureName,
  haveFeature,
  haveHelper,
  kallsyms,
  kernelBtf,
  kernelRelease,
  loadedPrograms,
  moduleBtf,
  modulesWithBtf,
  networkInterfaces,
  parseFilterFunctions,
  possibleCpus,
  tracefs,
  mayCallKfunc,
} from '../../kernel/index.ts';
import type {
  Architecture,
  ImportedCode,
  ImportedPath,
  Target,
  TargetFeature,
  TracepointFormat,
} from '../../lang/index.ts';
import { cgroupIdOf, cgroupLevelOf, openTargets } from '../../symbols/index.ts';
import { findHeaderFolders, readHeader } from './headers.ts';
import { featuresNamed } from './feature-names.ts';
import { readCode } from './c-code.ts';
import { readImport } from './imports.ts';

export interface TargetOptions {
  /** Features (`kprobe_multi`) that are to be taken as missing. */
  readonly without?: readonly string[];
  /** A file to read the kernel's functions from, instead of tracefs. */
  readonly traceableFunctions?: string;
  /** All features are taken as there, and nothing is asked of the kernel for them. */
  readonly everyFeature?: boolean;
}

/** Throws SondeError for an unknown feature in `without`, UnsupportedFeatureError on a processor that we have no tables for. */
export function openTarget(options: TargetOptions = {}): Target {
  return new KernelTarget(options);
}

/** Inode of the pid namespace that a machine starts with: fixed in the kernel's ABI. */
const INITIAL_PID_NAMESPACE = 0xeffffffcn;

class KernelTarget implements Target {
  readonly architecture: Architecture;
  readonly kernelRelease = kernelRelease();
  readonly #without: ReadonlySet<FeatureName>;
  readonly #everyFeature: boolean;
  readonly #tracepoints = new Map<string, readonly string[] | { readonly error: string }>();
  readonly #formats = new Map<string, TracepointFormat | undefined>();
  readonly #functionsFile: string | undefined;
  #functions: ReturnType<Target['kernelFunctions']> | undefined;
  #modules: readonly string[] | undefined;
  #programs: ReturnType<NonNullable<Target['bpfPrograms']>> | undefined;
  #headerFolders: readonly string[] | undefined;

  constructor({ without = [], traceableFunctions, everyFeature = false }: TargetOptions) {
    const architecture = architectureOf(process.arch);
    if (architecture === undefined) {
      throw new UnsupportedFeatureError(process.arch, `Sonde does not know this processor's ABI (${process.arch})`, {
        advice: 'It runs on x86_64 and arm64.',
      });
    }
    this.architecture = architecture;
    this.#without = new Set(featuresNamed(without));
    this.#functionsFile = traceableFunctions;
    this.#everyFeature = everyFeature;
  }

  get hasOwnFunctions(): boolean {
    return this.#functionsFile !== undefined;
  }

  get possibleCpus(): number {
    return possibleCpus();
  }

  get maxStackFrames(): number {
    return Number(readFileSync('/proc/sys/kernel/perf_event_max_stack', 'utf8'));
  }

  get btf(): Btf | undefined {
    return this.#without.has('btf') ? undefined : kernelBtf();
  }

  moduleBtfs(): readonly Btf[] {
    if (this.#without.has('module-btf')) return [];
    return modulesWithBtf()
      .map((module) => moduleBtf(module))
      .filter((btf) => btf !== undefined);
  }

  moduleBtf(module: string): Btf | undefined {
    return moduleBtf(module);
  }

  bpfPrograms(): ReturnType<NonNullable<Target['bpfPrograms']>> {
    return (this.#programs ??= loadedPrograms());
  }

  have(feature: TargetFeature): boolean {
    return !this.#without.has(feature) && (this.#everyFeature || haveFeature(feature));
  }

  tracepoints(category?: string): readonly string[] | { readonly error: string } {
    const key = category ?? '';
    let found = this.#tracepoints.get(key);
    if (found === undefined) this.#tracepoints.set(key, (found = readTracepoints(category)));
    return found;
  }

  /** Remembered: a script often has many probes at one event, and each read of a format makes the kernel write it. */
  tracepointFormat(category: string, event: string): TracepointFormat | undefined {
    const key = `${category}:${event}`;
    if (!this.#formats.has(key)) this.#formats.set(key, readFormat(category, event));
    return this.#formats.get(key);
  }

  kernelFunctions(): ReturnType<Target['kernelFunctions']> {
    return (this.#functions ??= readFunctions(this.btf, this.#functionsFile));
  }

  modules(): readonly string[] {
    return (this.#modules ??= readModules());
  }

  kernelSymbol(name: string): bigint | undefined {
    try {
      return kallsyms().addressOf(name);
    } catch (error) {
      if (error instanceof UnsupportedFeatureError) return undefined;
      throw error;
    }
  }

  kernelFunctionSize(name: string): bigint | undefined {
    const address = this.kernelSymbol(name);
    return address === undefined ? undefined : distanceToNext(address);
  }

  userBinaries(...[path, pid, provider]: Parameters<Target['userBinaries']>): ReturnType<Target['userBinaries']> {
    return openTargets(path, { pid, provider });
  }

  mayCallKfunc(...[program, name]: Parameters<NonNullable<Target['mayCallKfunc']>>): boolean {
    return !this.#without.has('kfunc') && mayCallKfunc(program, name);
  }

  mayCallHelper(programType: number, helper: number): boolean {
    return this.#everyFeature || haveHelper(programType, helper);
  }

  networkInterfaces(): ReturnType<NonNullable<Target['networkInterfaces']>> {
    return networkInterfaces().map(({ name, index, type }) => ({ name, index, hasLinkHeader: LINK_TYPES.has(type) }));
  }

  readImport(path: string): ImportedPath {
    return readImport(path);
  }

  readCode(path: string, bytes: Uint8Array, includeFolders: readonly string[]): ImportedCode {
    return readCode(path, bytes, { own: includeFolders, system: this.headerFolders() });
  }

  readHeader(path: string): string | undefined {
    return readHeader(path);
  }

  headerFolders(): readonly string[] {
    return (this.#headerFolders ??= findHeaderFolders());
  }

  cgroupId(path: string): bigint | undefined {
    return cgroupIdOf(path);
  }

  cgroupLevel(path: string): number | undefined {
    return cgroupLevelOf(path);
  }

  get pidNamespace(): { readonly device: bigint; readonly inode: bigint } | undefined {
    const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
    return ino === INITIAL_PID_NAMESPACE ? undefined : { device: dev, inode: ino };
  }
}

/** ARPHRD_ETHER and ARPHRD_LOOPBACK, which has such a header too. */
const LINK_TYPES: ReadonlySet<number> = new Set([1, 772]);

/** By halving: addresses of a symbol are those that are looked up as it. */
function distanceToNext(address: bigint): bigint {
  let inside = 0n;
  let outside = 1n << 24n;
  while (outside - inside > 1n) {
    const middle = (inside + outside) / 2n;
    if (kallsyms().lookup(address + middle)?.address === address) inside = middle;
    else outside = middle;
  }
  return outside;
}

function readTracepoints(category: string | undefined): readonly string[] | { readonly error: string } {
  try {
    return category === undefined
      ? tracefs().tracepoints()
      : tracefs()
          .events(category)
          .map((event) => `${category}:${event}`);
  } catch (error) {
    if (error instanceof UnsupportedFeatureError) return { error: error.message };
    throw error;
  }
}

function readFormat(category: string, event: string): TracepointFormat | undefined {
  try {
    return tracefs().format(category, event);
  } catch (error) {
    if (error instanceof UnsupportedFeatureError) return undefined;
    throw error;
  }
}

function readFunctions(btf: Btf | undefined, file: string | undefined): ReturnType<Target['kernelFunctions']> {
  if (file !== undefined) return { source: 'tracefs', functions: parseFilterFunctions(readListed(file)) };
  const functions = filterFunctions();
  if (functions !== undefined) return { source: 'tracefs', functions };
  const names = new Set(btf?.names('func'));
  return { source: 'btf', functions: Array.from(names, (name) => ({ name })) };
}

function readListed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    throw new SystemError('open', -errno, `--traceable-functions: failed to open file '${path}': ${strerror(-errno)}`);
  }
}

function filterFunctions(): ReturnType<Target['kernelFunctions']>['functions'] | undefined {
  try {
    return tracefs().availableFilterFunctions();
  } catch (error) {
    if (error instanceof UnsupportedFeatureError) return undefined;
    throw error;
  }
}

/** A kernel without modules has no such file. */
function readModules(): readonly string[] {
  try {
    return readFileSync('/proc/modules', 'latin1')
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(' ')))
      .filter((name) => name !== '');
  } catch {
    return [];
  }
}
