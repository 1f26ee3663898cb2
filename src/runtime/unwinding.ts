/** Fills the maps by which programs walk stacks by tables (dw_ustack), and keeps them up to date. */
import { readFileSync } from 'node:fs';
import type { KernelMap } from '../kernel/index.ts';
import {
  type MapSpec,
  PROCESS_MAP,
  ROW_MAP,
  UNWIND_FILES,
  UnwindLayout,
  unwindProcessSizeBytes,
} from '../spec/index.ts';
import { type UnwindFile, UnwindFiles, type UnwindMapping } from '../symbols/index.ts';

export interface UnwindTargets {
  /** Processes whose stacks are wanted; those that they start are looked after too. */
  readonly pids: readonly number[];
  /** The file that a process among them is about to run. */
  readonly program?: string;
}

/** Rows for libraries that are loaded later. */
const SPARE_ROWS = 512 * 1024;
/** A command loads its libraries in its first moments: look often then, seldom later. */
const DELAYS_MS = [1, 1, 2, 3, 5, 10, 20, 50, 100];

export class Unwinding implements Disposable {
  readonly #targets: UnwindTargets;
  readonly #files = new UnwindFiles();
  readonly #written = new Set<UnwindFile>();
  /** What was last seen of each process. */
  readonly #seen = new Map<number, string>();
  #maps: ((name: string) => KernelMap) | undefined;
  #capacity = 0;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Reads the tables of all files that are known to be needed. A large program takes a second. */
  constructor(targets: UnwindTargets) {
    this.#targets = targets;
    if (targets.program !== undefined) this.#files.addProgram(targets.program);
    for (const pid of targets.pids) this.#files.mappingsOf(pid);
  }

  /** The map of rows with room for them. */
  sized(spec: MapSpec): MapSpec {
    if (spec.name !== ROW_MAP) return spec;
    this.#capacity = this.#files.rows + SPARE_ROWS;
    return { ...spec, maxEntries: this.#capacity };
  }

  /** The maps are there: fills them, and goes on looking for what the processes load. */
  start(maps: (name: string) => KernelMap): void {
    this.#maps = maps;
    this.#writeFiles();
    this.#look();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#maps = undefined;
  }

  #look(): void {
    const alive = new Set<number>();
    for (const pid of this.#targets.pids) this.#update(pid, alive);
    for (const pid of this.#seen.keys()) if (!alive.has(pid)) this.#forget(pid);
    this.#timer = setTimeout(() => this.#look(), DELAYS_MS[Math.min(this.#looks++, DELAYS_MS.length - 1)]);
    this.#timer.unref();
  }

  #update(pid: number, alive: Set<number>): void {
    const text = readText(`/proc/${pid}/maps`);
    if (alive.has(pid) || text === undefined) return;
    alive.add(pid);
    if (this.#seen.get(pid) !== text) {
      this.#seen.set(pid, text);
      this.#looks = Math.min(this.#looks, 2);
      const mappings = this.#files.mappingsOf(pid) ?? [];
      this.#writeFiles();
      this.#map(PROCESS_MAP)?.update(
        processKey(pid),
        processValue(mappings.filter(({ file }) => this.#written.has(file))),
      );
    }
    for (const child of (readText(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean))
      this.#update(Number(child), alive);
  }

  #forget(pid: number): void {
    this.#seen.delete(pid);
    this.#map(PROCESS_MAP)?.delete(processKey(pid));
  }

  /** Files that no longer fit are left out: their code is walked by frame pointers. */
  #writeFiles(): void {
    const rows = this.#map(ROW_MAP)?.memory();
    if (rows === undefined) return;
    const words = new Uint32Array(rows);
    for (const file of this.#files.files) {
      const { table, first, inode, sizeBytes } = file;
      if (this.#written.has(file) || first + table.rules.length > this.#capacity) continue;
      for (const [i, offset] of table.fileOffsets.entries()) {
        words[2 * (first + i)] = offset;
        words[2 * (first + i) + 1] = table.rules[i]!;
      }
      this.#written.add(file);
      const key = new BigUint64Array([inode, BigInt(sizeBytes)]);
      const value = new Uint32Array([first, table.rules.length]);
      this.#map(UNWIND_FILES)?.update(new Uint8Array(key.buffer), new Uint8Array(value.buffer));
    }
  }

  #map(name: string): KernelMap | undefined {
    return this.#maps?.(name);
  }
}

function processKey(pid: number): Uint8Array {
  return new Uint8Array(new BigUint64Array([BigInt(pid)]).buffer);
}

function processValue(mappings: readonly UnwindMapping[]): Uint8Array {
  const bytes = new Uint8Array(unwindProcessSizeBytes);
  const view = new DataView(bytes.buffer);
  const { entry, entrySizeBytes, entries } = UnwindLayout;
  const known = mappings.slice(0, entries);
  view.setBigUint64(0, BigInt(known.length), true);
  for (const [i, { mapping, file }] of known.entries()) {
    const at = 8 + i * entrySizeBytes;
    view.setBigUint64(at + entry.start, mapping.start, true);
    view.setBigUint64(at + entry.size, mapping.end - mapping.start, true);
    view.setBigUint64(at + entry.distance, BigInt.asUintN(64, mapping.start - mapping.fileOffset), true);
    view.setUint32(at + entry.first, file.first, true);
    view.setUint32(at + entry.count, file.table.rules.length, true);
  }
  return bytes;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
