/** Names for what programs recorded as numbers. Everything is opened when first asked for. */
import { matchesGlob } from 'node:path';
import { bootTimeOffsetNs, type KernelMap } from '../kernel/index.ts';
import { localTimeZone, type StackPlace, type TimeZone, type ValueResolver } from '../output/index.ts';
import type { Frame } from '../spec/index.ts';
import { CgroupPaths, KernelSymbols, UserNames, UserSymbols } from '../symbols/index.ts';

export interface ResolverOptions {
  readonly demangle: boolean;
  /** What was read of a process outlives it. */
  readonly cacheUsers: boolean;
  /** False: addresses of processes stay numbers. */
  readonly nameUsers: boolean;
  /** Source lines and inlined calls in stacks, where debug information tells them. */
  readonly showLines: boolean;
}

export class KernelResolver implements ValueResolver {
  readonly #map: (name: string) => KernelMap;
  readonly #options: ResolverOptions;
  #kernel: KernelSymbols | undefined;
  #user: UserSymbols | undefined;
  #userNames: UserNames | undefined;
  #cgroups: CgroupPaths | undefined;
  #bootOffsetNs: bigint | undefined;

  constructor(map: (name: string) => KernelMap, options: ResolverOptions) {
    this.#map = map;
    this.#options = options;
  }

  kernelFrames(address: bigint, stack?: StackPlace): readonly Frame[] {
    this.#kernel ??= KernelSymbols.open();
    return [this.#kernel.frame(address, stack?.isReturn === true)];
  }

  userFrames(pid: number, address: bigint, stack?: StackPlace): readonly Frame[] {
    if (!this.#options.nameUsers) return [{ address }];
    if (stack === undefined) return [this.userSymbols.resolve(pid, address)];
    const { isReturn, withBuildId } = stack;
    // A line for each build id and offset is all that there is then.
    const lines = this.#options.showLines && !withBuildId;
    return this.userSymbols.frames(pid, address, isReturn, { buildId: withBuildId, lines });
  }

  /** For reading a process's files while it is still there. */
  get userSymbols(): UserSymbols {
    return (this.#user ??= new UserSymbols({ demangle: this.#options.demangle, cache: this.#options.cacheUsers }));
  }

  omissions(): readonly string[] {
    return this.#user?.omissions() ?? [];
  }

  stackAddresses(map: string, id: number): readonly bigint[] | undefined {
    const stacks = this.#map(map);
    const key = new Uint8Array(8);
    new DataView(key.buffer).setBigUint64(0, BigInt(id), true);
    const value = stacks.lookup(key.subarray(0, stacks.spec.keySizeBytes));
    if (value === undefined) return undefined;
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const addresses: bigint[] = [];
    for (let at = 0; at < value.length; at += 8) {
      const address = view.getBigUint64(at, true);
      if (address === 0n) break;
      addresses.push(address);
    }
    return addresses;
  }

  userName(uid: number): string | undefined {
    this.#userNames ??= new UserNames();
    return this.#userNames.nameOf(uid);
  }

  cgroupPath(id: bigint, filter: string): string | undefined {
    this.#cgroups ??= new CgroupPaths();
    return this.#cgroups.pathOf(id, (hierarchy) => matchesGlob(hierarchy, filter));
  }

  bootTimeOffsetNs(): bigint {
    return (this.#bootOffsetNs ??= bootTimeOffsetNs());
  }

  timeZone(unixSeconds: number): TimeZone {
    return localTimeZone(unixSeconds);
  }
}
