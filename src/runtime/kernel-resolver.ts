/** Names for what programs recorded as numbers. Everything is opened when first asked for. */
import { readFileSync } from 'node:fs';
import type { KernelMap } from '../kernel/index.ts';
import type { TimeZone, ValueResolver } from '../output/index.ts';
import type { Frame } from '../spec/index.ts';
import { KernelSymbols, UserNames, UserSymbols } from '../symbols/index.ts';

export class KernelResolver implements ValueResolver {
  readonly #map: (name: string) => KernelMap;
  readonly #demangle: boolean;
  #kernel: KernelSymbols | undefined;
  #user: UserSymbols | undefined;
  #userNames: UserNames | undefined;
  #bootOffsetNs: bigint | undefined;

  constructor(map: (name: string) => KernelMap, options: { readonly demangle: boolean }) {
    this.#map = map;
    this.#demangle = options.demangle;
  }

  kernelFrames(address: bigint): readonly Frame[] {
    this.#kernel ??= KernelSymbols.open();
    return [this.#kernel.resolve(address)];
  }

  userFrames(pid: number, address: bigint): readonly Frame[] {
    return [this.userSymbols.resolve(pid, address)];
  }

  /** For reading a process's files while it is still there. */
  get userSymbols(): UserSymbols {
    return (this.#user ??= new UserSymbols({ demangle: this.#demangle }));
  }

  stackAddresses(map: string, id: number): readonly bigint[] | undefined {
    const key = new Uint8Array(4);
    new DataView(key.buffer).setUint32(0, id, true);
    const value = this.#map(map).lookup(key);
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

  bootTimeOffsetNs(): bigint {
    return (this.#bootOffsetNs ??= BigInt(Date.now()) * 1_000_000n - bootTimeNs());
  }

  timeZone(unixSeconds: number): TimeZone {
    const date = new Date(unixSeconds * 1000);
    const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
    return { offsetMinutes: -date.getTimezoneOffset(), name: parts.find(({ type }) => type === 'timeZoneName')?.value ?? '' };
  }
}

/** CLOCK_BOOTTIME now, to 10 ms: /proc/uptime is that clock in hundredths of a second. */
export function bootTimeNs(): bigint {
  const [seconds = '0', hundredths = '0'] = (readFileSync('/proc/uptime', 'latin1').split(' ')[0] ?? '').split('.');
  return BigInt(seconds) * 1_000_000_000n + BigInt(hundredths.padEnd(2, '0')) * 10_000_000n;
}
