import type { Frame } from '../spec/index.ts';
import { monotonicMs } from '../kernel/index.ts';
import { FileSource } from './file-source.ts';
import { isBuildOf, isFileOf, mappedFileLink, pathsOfMapping, readMemory } from './mapped-file.ts';
import { Module } from './module.ts';
import type { ModuleCache } from './module-cache.ts';
import { PerfMap } from './perf-map.ts';
import { type Mapping, mappingAt, processIdentity, readMaps, readStatus } from './process-maps.ts';

/** A just-in-time compiler adds to its perf map all the time: read it again at most this often. */
const perfMapIntervalMs = 500;
/** Whether the pid is still the same process is asked at most this often. */
const identityIntervalMs = 100;
const largestPerfMapBytes = 512 * 1024 * 1024;
const largestVdsoBytes = 1024 * 1024;
const mostCachedFrames = 16_384;

export interface FrameOptions {
  /** Adds build id and file offset. */
  readonly buildId?: boolean;
  /** Adds source lines, and frames for calls that were inlined. */
  readonly lines?: boolean;
}

/** The memory of one life of one process: what is mapped where, and the names in it. Outlives the process. */
export class AddressSpace {
  readonly pid: number;
  readonly #cache: ModuleCache;
  #identity: string | undefined;
  #identityCheckedMs = 0;
  #mappings: readonly Mapping[] = [];
  /** By start address; undefined: nothing to be had. */
  readonly #modules = new Map<bigint, Module | undefined>();
  readonly #frames = new Map<bigint, Frame>();
  /** With source lines. */
  readonly #lines = new Map<bigint, readonly Frame[]>();
  #perfMap: { readonly map: PerfMap; readonly path: string; readonly identity: string } | undefined;
  #perfMapReadMs = -Infinity;

  /** undefined: there is no such process, or it may not be looked into. */
  static open(pid: number, cache: ModuleCache): AddressSpace | undefined {
    const space = new AddressSpace(pid, cache);
    return space.#refresh() ? space : undefined;
  }

  private constructor(pid: number, cache: ModuleCache) {
    this.pid = pid;
    this.#cache = cache;
  }

  /** False once the pid stands for another process (or for the same one after exec); true when it is gone. */
  isCurrent(): boolean {
    const now = monotonicMs();
    if (now - this.#identityCheckedMs < identityIntervalMs) return true;
    const identity = processIdentity(this.pid);
    const isSame = identity === undefined || identity === this.#identity;
    if (isSame) this.#identityCheckedMs = now;
    return isSame;
  }

  /** Opens every mapped executable file now, so that names are there after the process has ended. */
  prime(): void {
    this.#refresh();
    for (const mapping of this.#mappings) if (mapping.executable) this.#moduleOf(mapping);
    this.#readPerfMap();
  }

  resolve(address: bigint, options: FrameOptions = {}): Frame {
    const known = this.#frames.get(address);
    if (known && !options.buildId) return known;
    let mapping = mappingAt(this.#mappings, address);
    // A library may have been loaded since.
    if (!mapping && this.#refresh()) mapping = mappingAt(this.#mappings, address);
    if (!mapping) return { address };
    // Generated code lies in anonymous memory, or in a memfd that is no ELF file.
    const isGenerated = mapping.executable && this.#moduleOf(mapping) === undefined;
    const frame = (isGenerated ? this.#jitFrame(address) : undefined) ?? this.#fileFrame(address, mapping, options);
    if (frame.name !== undefined && !options.buildId) this.#remember(frame);
    return frame;
  }

  /** The function that holds an address, last, and before it the calls that were inlined there, innermost first. */
  resolveAll(address: bigint, options: FrameOptions = {}): readonly Frame[] {
    const known = options.lines ? this.#lines.get(address) : undefined;
    if (known && !options.buildId) return known;
    const frame = this.resolve(address, options);
    const mapping = options.lines ? mappingAt(this.#mappings, address) : undefined;
    const source = mapping && this.#moduleOf(mapping)?.sourceAtOffset(address - mapping.start + mapping.fileOffset);
    if (source === undefined) return [frame];
    const { holder, inlined } = source;
    const module = frame.module === undefined ? {} : { module: frame.module };
    const name = frame.name ?? holder.name;
    const frames: Frame[] = [
      ...inlined.map((each) => ({ address, name: each.name ?? '??', ...module, inlined: true, ...each.line })),
      { ...frame, ...(name === undefined ? {} : { name }), ...holder.line },
    ];
    if (this.#lines.size >= mostCachedFrames) this.#lines.clear();
    if (!options.buildId) this.#lines.set(address, frames);
    return frames;
  }

  #remember(frame: Frame): void {
    if (this.#frames.size >= mostCachedFrames) this.#frames.clear();
    this.#frames.set(frame.address, frame);
  }

  #fileFrame(address: bigint, mapping: Mapping, options: FrameOptions): Frame {
    const module = this.#moduleOf(mapping);
    const fileOffset = address - mapping.start + mapping.fileOffset;
    const symbol = module?.functionAtOffset(fileOffset);
    const named = mapping.path === '' ? {} : { module: mapping.path };
    const build = options.buildId && module?.buildId !== undefined ? { buildId: module.buildId, fileOffset } : {};
    return { address, ...symbol, ...named, ...build };
  }

  #jitFrame(address: bigint): Frame | undefined {
    let symbol = this.#perfMap?.map.lookup(address);
    if (!symbol && this.#readPerfMap()) symbol = this.#perfMap?.map.lookup(address);
    return symbol ? { address, ...symbol, module: this.#perfMap!.path } : undefined;
  }

  /** Reads the mappings again. False: the process is gone, or it is another one now; what is known stays. */
  #refresh(): boolean {
    const identity = processIdentity(this.pid);
    if (identity === undefined) return false;
    if (this.#identity !== undefined && identity !== this.#identity) {
      this.#identityCheckedMs = -Infinity; // `isCurrent` is to notice it at once
      return false;
    }
    const mappings = readMaps(this.pid);
    if (!mappings) return false;
    this.#identity = identity;
    this.#identityCheckedMs = monotonicMs();
    this.#frames.clear();
    this.#lines.clear();
    this.#dropChanged(mappings);
    this.#mappings = mappings;
    return true;
  }

  /** Forgets the modules whose place holds another file now. */
  #dropChanged(mappings: readonly Mapping[]): void {
    for (const start of this.#modules.keys()) {
      const before = mappingAt(this.#mappings, start);
      const after = mappingAt(mappings, start);
      if (before?.inode !== after?.inode || before?.path !== after?.path || before?.start !== after?.start)
        this.#modules.delete(start);
    }
  }

  #moduleOf(mapping: Mapping): Module | undefined {
    if (!this.#modules.has(mapping.start)) this.#modules.set(mapping.start, this.#openModule(mapping));
    return this.#modules.get(mapping.start);
  }

  #openModule(mapping: Mapping): Module | undefined {
    if (mapping.path === '[vdso]') return this.#openVdso(mapping);
    if (mapping.inode === 0n || !mapping.path.startsWith('/')) return undefined;
    const root = `/proc/${this.pid}/root`;
    const byLink = this.#cache.open(mappedFileLink(this.pid, mapping), mapping.path, root);
    if (byLink) return byLink;
    for (const path of pathsOfMapping(this.pid, mapping)) {
      const found = this.#cache.open(
        path,
        mapping.path,
        root,
        (source, elf) => isFileOf(mapping, source) || isBuildOf(this.pid, this.#mappings, mapping, elf),
      );
      if (found) return found;
    }
    return undefined;
  }

  #openVdso(mapping: Mapping): Module | undefined {
    const length = Number(mapping.end - mapping.start);
    const bytes = length > largestVdsoBytes ? undefined : readMemory(this.pid, mapping.start, length);
    if (bytes === undefined) return undefined;
    try {
      return Module.fromBytes(bytes);
    } catch {
      return undefined;
    }
  }

  /** True when there is a map and it is newer than the one known. */
  #readPerfMap(): boolean {
    const now = monotonicMs();
    if (now - this.#perfMapReadMs < perfMapIntervalMs) return false;
    this.#perfMapReadMs = now;
    const status = readStatus(this.pid);
    if (!status) return false;
    const path = `/tmp/perf-${status.innerPid}.map`;
    try {
      using source = FileSource.open(`/proc/${this.pid}/root${path}`, { followLink: false });
      // Anyone can make such a file: only what the process's own user or root wrote is believed.
      if (source.ownerUid !== 0 && !status.uids.includes(source.ownerUid)) return false;
      if (source.identity === this.#perfMap?.identity || source.sizeBytes > largestPerfMapBytes) return false;
      this.#perfMap = { map: PerfMap.parse(source.read(0, source.sizeBytes)), path, identity: source.identity };
      return true;
    } catch {
      return false;
    }
  }
}
