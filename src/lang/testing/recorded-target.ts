/** A Target that remembers what it was asked, and one that answers from such a memory: for compiles far from the machine. */
import { Btf } from '../../btf/index.ts';
import { targetFeatures } from '../target.ts';
import type { UserBinary, UserPlace } from '../../spec/index.ts';
import type { Architecture, Target, TargetFeature, TracepointFormat } from '../target.ts';
import { recordBtf, type BtfRecording } from './recorded-btf.ts';

type Refusal = { readonly error: string };

/** What JSON holds. Numbers of 64 bits are decimal text. Keys of several parts are joined by a blank. */
export interface RecordedTarget {
  readonly architecture: Architecture;
  readonly kernelRelease: string;
  readonly possibleCpus: number;
  readonly pidNamespace: { readonly device: string; readonly inode: string } | null;
  /** The types that were looked at, in base64. */
  readonly btf: string | null;
  readonly features: Readonly<Record<string, boolean>>;
  readonly tracepoints: Readonly<Record<string, readonly string[] | Refusal>>;
  readonly formats: Readonly<Record<string, TracepointFormat | null>>;
  readonly kernelFunctions: ReturnType<Target['kernelFunctions']> | null;
  readonly modules: readonly string[];
  readonly kernelSymbols: Readonly<Record<string, string | null>>;
  /** By pid (or `-`) and path. */
  readonly binaries: Readonly<Record<string, readonly RecordedBinary[] | Refusal>>;
  /** Texts by path. Absent: no script asked for one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly headerFolders?: readonly string[];
}

export interface RecordedBinary {
  readonly path: string;
  readonly functions: readonly string[] | null;
  readonly places: Readonly<Record<string, RecordedPlace | Refusal>>;
  readonly addresses: Readonly<Record<string, (RecordedPlace & { readonly name: string | null }) | Refusal>>;
  readonly symbols: Readonly<Record<string, { readonly address: string; readonly size: string } | null>>;
}

export interface RecordedPlace {
  readonly fileOffset: string;
  readonly address: string;
  readonly size: string;
  readonly startsInstruction: boolean | null;
  readonly isIndirect: boolean;
}

/** The same machine, but for some features. */
export function withFeatures(target: Target, features: Partial<Record<TargetFeature, boolean>>): Target {
  return {
    architecture: target.architecture,
    kernelRelease: target.kernelRelease,
    possibleCpus: target.possibleCpus,
    pidNamespace: target.pidNamespace,
    get btf() {
      return target.btf;
    },
    have: (feature) => features[feature] ?? target.have(feature),
    tracepoints: (category) => target.tracepoints(category),
    tracepointFormat: (category, event) => target.tracepointFormat(category, event),
    kernelFunctions: () => target.kernelFunctions(),
    modules: () => target.modules(),
    kernelSymbol: (name) => target.kernelSymbol(name),
    kernelFunctionSize: (name) => target.kernelFunctionSize?.(name),
    userBinaries: (path, pid, provider) => target.userBinaries(path, pid, provider),
    readHeader: (path) => target.readHeader(path),
    headerFolders: () => target.headerFolders(),
  };
}

/** Asks `real`, and keeps the answers. */
export function recordTarget(real: Target): { readonly target: Target; toJSON(): RecordedTarget } {
  const recorder = new Recorder(real);
  return { target: recorder, toJSON: () => recorder.toJSON() };
}

class Recorder implements Target {
  readonly #real: Target;
  #btf: BtfRecording | undefined;
  #functions: ReturnType<Target['kernelFunctions']> | undefined;
  readonly #features: Record<string, boolean> = {};
  readonly #tracepoints: Record<string, readonly string[] | Refusal> = {};
  readonly #formats: Record<string, TracepointFormat | null> = {};
  readonly #symbols: Record<string, string | null> = {};
  readonly #binaries: Record<string, readonly BinaryRecorder[] | Refusal> = {};
  readonly #headers: Record<string, string | null> = {};

  constructor(real: Target) {
    this.#real = real;
  }

  get architecture(): Architecture {
    return this.#real.architecture;
  }
  get kernelRelease(): string {
    return this.#real.kernelRelease;
  }
  get possibleCpus(): number {
    return this.#real.possibleCpus;
  }
  get pidNamespace(): Target['pidNamespace'] {
    return this.#real.pidNamespace;
  }
  get btf(): Btf | undefined {
    const { btf } = this.#real;
    if (btf !== undefined) this.#btf ??= recordBtf(btf);
    return this.#btf?.btf;
  }
  have(feature: TargetFeature): boolean {
    return (this.#features[feature] ??= this.#real.have(feature));
  }
  tracepoints(category?: string): readonly string[] | Refusal {
    return (this.#tracepoints[category ?? '*'] ??= this.#real.tracepoints(category));
  }
  tracepointFormat(category: string, event: string): TracepointFormat | undefined {
    const key = `${category}:${event}`;
    if (this.#formats[key] === undefined)
      this.#formats[key] = withoutExtras(this.#real.tracepointFormat(category, event)) ?? null;
    return this.#formats[key] ?? undefined;
  }
  kernelFunctions(): ReturnType<Target['kernelFunctions']> {
    return (this.#functions ??= this.#real.kernelFunctions());
  }
  modules(): readonly string[] {
    return this.#real.modules();
  }
  kernelSymbol(name: string): bigint | undefined {
    const address = this.#real.kernelSymbol(name);
    this.#symbols[name] = address === undefined ? null : String(address);
    return address;
  }
  userBinaries(path: string, pid: number | undefined): readonly UserBinary[] | Refusal {
    const key = `${pid ?? '-'} ${path}`;
    if (this.#binaries[key] === undefined) {
      const found = this.#real.userBinaries(path, pid);
      this.#binaries[key] = 'error' in found ? found : found.map((binary) => new BinaryRecorder(binary));
    }
    return this.#binaries[key];
  }
  readHeader(path: string): string | undefined {
    const text = this.#real.readHeader(path);
    this.#headers[path] = text ?? null;
    return text;
  }
  headerFolders(): readonly string[] {
    return this.#real.headerFolders();
  }

  toJSON(): RecordedTarget {
    const { pidNamespace } = this;
    return {
      architecture: this.architecture,
      kernelRelease: this.kernelRelease,
      possibleCpus: this.possibleCpus,
      pidNamespace:
        pidNamespace === undefined ? null : { device: String(pidNamespace.device), inode: String(pidNamespace.inode) },
      btf: this.#btf === undefined ? null : toBase64(this.#btf.encode()),
      // All of them: which are asked for changes with every version of the compiler.
      features: Object.fromEntries(targetFeatures.map((feature) => [feature, this.have(feature)])),
      tracepoints: this.#tracepoints,
      formats: this.#formats,
      kernelFunctions: this.#functions ?? null,
      modules: this.modules(),
      kernelSymbols: this.#symbols,
      binaries: Object.fromEntries(
        Object.entries(this.#binaries).map(([key, found]) => [
          key,
          'error' in found ? found : found.map((binary) => binary.toJSON()),
        ]),
      ),
      ...(Object.keys(this.#headers).length === 0
        ? {}
        : { headers: this.#headers, headerFolders: this.headerFolders() }),
    };
  }
}

/** Only what the compiler knows of: the kernel's reader says more about a field. */
function withoutExtras(format: TracepointFormat | undefined): TracepointFormat | undefined {
  if (format === undefined) return undefined;
  return {
    id: format.id,
    fields: format.fields.map(({ type, name, offset, size, signed }) => ({ type, name, offset, size, signed })),
  };
}

class BinaryRecorder implements UserBinary {
  readonly path: string;
  readonly #real: UserBinary;
  #functions: readonly string[] | undefined;
  readonly #places: Record<string, RecordedBinary['places'][string]> = {};
  readonly #addresses: Record<string, RecordedBinary['addresses'][string]> = {};
  readonly #symbols: Record<string, RecordedBinary['symbols'][string]> = {};

  constructor(real: UserBinary) {
    this.#real = real;
    this.path = real.path;
  }

  functions(): readonly string[] {
    return (this.#functions ??= this.#real.functions());
  }
  resolveFunction(symbol: string, offset: bigint): ReturnType<UserBinary['resolveFunction']> {
    const found = this.#real.resolveFunction(symbol, offset);
    this.#places[`${symbol} ${offset}`] = 'error' in found ? found : recordPlace(found);
    return found;
  }
  resolveAddress(address: bigint): ReturnType<UserBinary['resolveAddress']> {
    const found = this.#real.resolveAddress(address);
    this.#addresses[String(address)] = 'error' in found ? found : { ...recordPlace(found), name: found.name ?? null };
    return found;
  }
  resolveSymbol(name: string): { readonly address: bigint; readonly size: bigint } | undefined {
    const found = this.#real.resolveSymbol?.(name);
    this.#symbols[name] = found === undefined ? null : { address: String(found.address), size: String(found.size) };
    return found;
  }
  toJSON(): RecordedBinary {
    return {
      path: this.path,
      functions: this.#functions ?? null,
      places: this.#places,
      addresses: this.#addresses,
      symbols: this.#symbols,
    };
  }
}

function recordPlace({ fileOffset, address, size, startsInstruction, isIndirect }: UserPlace): RecordedPlace {
  return {
    fileOffset: String(fileOffset),
    address: String(address),
    size: String(size),
    startsInstruction: startsInstruction ?? null,
    isIndirect,
  };
}

function replayPlace({ fileOffset, address, size, startsInstruction, isIndirect }: RecordedPlace): UserPlace {
  return {
    fileOffset: BigInt(fileOffset),
    address: BigInt(address),
    size: BigInt(size),
    startsInstruction: startsInstruction ?? undefined,
    isIndirect,
  };
}

/** Answers from a recording. A question that was not asked then throws: its answer is not known. */
export function replayTarget(json: RecordedTarget): Target {
  const btf = json.btf === null ? undefined : Btf.decode(fromBase64(json.btf));
  return {
    architecture: json.architecture,
    kernelRelease: json.kernelRelease,
    possibleCpus: json.possibleCpus,
    pidNamespace:
      json.pidNamespace === null
        ? undefined
        : { device: BigInt(json.pidNamespace.device), inode: BigInt(json.pidNamespace.inode) },
    btf,
    have: (feature) => recorded(json.features, feature, 'feature'),
    tracepoints: (category) => recorded(json.tracepoints, category ?? '*', 'tracepoints of'),
    tracepointFormat: (category, event) => recorded(json.formats, `${category}:${event}`, 'format of') ?? undefined,
    kernelFunctions: () => json.kernelFunctions ?? unknown('kernel functions'),
    modules: () => json.modules,
    kernelSymbol: (name) => {
      const address = recorded(json.kernelSymbols, name, 'address of');
      return address === null ? undefined : BigInt(address);
    },
    userBinaries: (path, pid) => {
      const found = recorded(json.binaries, `${pid ?? '-'} ${path}`, 'executables for');
      return 'error' in found ? found : found.map(replayBinary);
    },
    readHeader: (path) => recorded(json.headers ?? {}, path, 'header') ?? undefined,
    headerFolders: () => json.headerFolders ?? unknown('folders of headers'),
  };
}

function replayBinary(json: RecordedBinary): UserBinary {
  return {
    path: json.path,
    functions: () => json.functions ?? unknown(`functions of ${json.path}`),
    resolveFunction: (symbol, offset) => {
      const found = recorded(json.places, `${symbol} ${offset}`, `place in ${json.path} of`);
      return 'error' in found ? found : replayPlace(found);
    },
    resolveAddress: (address) => {
      const found = recorded(json.addresses, String(address), `place in ${json.path} of`);
      return 'error' in found ? found : { ...replayPlace(found), name: found.name ?? undefined };
    },
    resolveSymbol: (name) => {
      const found = recorded(json.symbols, name, `symbol in ${json.path}`);
      return found === null ? undefined : { address: BigInt(found.address), size: BigInt(found.size) };
    },
  };
}

function recorded<T>(answers: Readonly<Record<string, T>>, key: string, what: string): T {
  return Object.hasOwn(answers, key) ? (answers[key] as T) : unknown(`${what} ${key}`);
}

function unknown(what: string): never {
  throw new Error(`the recording does not tell: ${what}`);
}

/** Neither Node's Buffer nor its limits on arguments: this runs in a browser too. */
function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
