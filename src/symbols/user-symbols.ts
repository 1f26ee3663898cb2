import type { Frame } from '../spec/index.ts';
import { AddressSpace, type FrameOptions } from './address-space.ts';
import { demangle } from './demangle/index.ts';
import { ModuleCache } from './module-cache.ts';

export interface UserSymbolsOptions {
  /** Show C++ and Rust names as in the source. Default true. */
  readonly demangle?: boolean;
  /** False: a process is read anew at each question, so one that has ended has no names. Default true. */
  readonly cache?: boolean;
  /** How many processes are remembered, ended ones included. */
  readonly maxProcesses?: number;
}

/**
 * Names for addresses in processes. Reads /proc/PID/maps and the mapped files when first asked about a process;
 * what was read stays, so a process that has ended since is still known. Never throws for what a process or its
 * files are: what can't be resolved comes back as the bare address.
 */
export class UserSymbols {
  readonly #cache = new ModuleCache();
  readonly #spaces = new Map<number, AddressSpace>();
  readonly #demangle: boolean;
  readonly #maxProcesses: number;
  readonly #keeps: boolean;
  readonly #demangled = new Map<string, string>();

  constructor(options: UserSymbolsOptions = {}) {
    this.#demangle = options.demangle ?? true;
    this.#keeps = options.cache ?? true;
    this.#maxProcesses = options.maxProcesses ?? 512;
  }

  /** The function at one address, as `usym` asks. */
  resolve(pid: number, address: bigint, options: FrameOptions = {}): Frame {
    const [frame] = this.#look(pid, (space) => [space.resolve(address, options)]) ?? [{ address }];
    return this.#pretty(frame!);
  }

  /**
   * The frames at one address of a stack: calls that were inlined there, innermost first, and the function that holds them. A
   * return address is looked up one byte earlier, inside the call, since a call at a function's very end returns to the start
   * of the next one, and a call at a line's end to the next line. Where nothing is there it was no call: signal handlers return
   * to the start of a function.
   */
  frames(pid: number, address: bigint, isReturn: boolean, options: FrameOptions = {}): Frame[] {
    const back = isReturn && address !== 0n ? 1n : 0n;
    const look = (at: bigint): readonly Frame[] | undefined =>
      this.#look(pid, (space) => space.resolveAll(at, options));
    const inside = back === 0n ? undefined : look(address - back);
    if (inside?.some(({ name }) => name !== undefined))
      return inside.map((frame) => this.#pretty(returned(frame, back)));
    return (look(address) ?? [{ address }]).map((frame) => this.#pretty(frame));
  }

  /** The frames of a user stack, innermost first: all addresses but the first are return addresses. */
  symbolize(pid: number, addresses: readonly bigint[], options: FrameOptions = {}): Frame[] {
    return addresses.flatMap((address, i) => this.frames(pid, address, i > 0, options));
  }

  /** Reads now what is needed to name the process's addresses after it has ended. False: it is gone already. */
  prime(pid: number): boolean {
    const space = this.#space(pid);
    space?.prime();
    if (space?.isCurrent() === false) this.#space(pid)?.prime();
    return space !== undefined;
  }

  /** What was not read for stacks because it is too large, a sentence for each file. */
  omissions(): readonly string[] {
    return this.#cache
      .leftOut()
      .map(
        ({ path, leftOutBytes }) =>
          `Stacks show no source lines of ${path}: it has ${Math.round(leftOutBytes / 2 ** 20)} MiB of debug information, of which at most 512 are read`,
      );
  }

  forget(pid: number): void {
    this.#spaces.delete(pid);
  }

  [Symbol.dispose](): void {
    this.#spaces.clear();
    this.#cache[Symbol.dispose]();
  }

  /** What is not found may lie in the memory that an exec has made since: then it is looked up there. */
  #look(pid: number, look: (space: AddressSpace) => readonly Frame[]): readonly Frame[] | undefined {
    const space = this.#space(pid);
    if (!space) return undefined;
    const frames = look(space);
    const isComplete = frames.every(({ name, module }) => name !== undefined || module !== undefined);
    if (isComplete || space.isCurrent()) return frames;
    const next = this.#space(pid);
    return next === undefined ? frames : look(next);
  }

  #space(pid: number): AddressSpace | undefined {
    const known = this.#spaces.get(pid);
    if (this.#keeps && known?.isCurrent()) return known;
    const space = AddressSpace.open(pid, this.#cache);
    if (!space) return undefined;
    this.#spaces.delete(pid);
    this.#spaces.set(pid, space);
    if (this.#spaces.size > this.#maxProcesses) this.#spaces.delete(this.#spaces.keys().next().value!);
    return space;
  }

  #pretty(frame: Frame): Frame {
    if (!this.#demangle || frame.name === undefined || !frame.name.startsWith('_')) return frame;
    let name = this.#demangled.get(frame.name);
    if (name === undefined) {
      name = demangle(frame.name);
      if (this.#demangled.size >= 16_384) this.#demangled.clear();
      this.#demangled.set(frame.name, name);
    }
    return name === frame.name ? frame : { ...frame, name };
  }
}

/** Takes the step back again that a look-up inside the call made. */
export function returned(frame: Frame, back: bigint): Frame {
  if (back === 0n) return frame;
  const offset = frame.offset === undefined ? {} : { offset: frame.offset + back };
  const fileOffset = frame.fileOffset === undefined ? {} : { fileOffset: frame.fileOffset + back };
  return { ...frame, address: frame.address + back, ...offset, ...fileOffset };
}
