import { cString, holdUntilHere, syscalls } from '../sys/index.ts';

/** An array of `char *`, with the strings held until `release`. */
export function pointerArray(strings: readonly string[]): { readonly bytes: BigUint64Array; release(): void } {
  const held = strings.map(cString);
  return {
    bytes: BigUint64Array.from(held, (text) => syscalls().addressOf(text)),
    release: () => holdUntilHere(held),
  };
}

/** The points' cookies in order; undefined where none has one. */
export function cookieArray(points: readonly { readonly cookie?: bigint }[]): BigUint64Array | undefined {
  if (points.every(({ cookie }) => cookie === undefined)) return undefined;
  return BigUint64Array.from(points, ({ cookie }) => cookie ?? 0n);
}
