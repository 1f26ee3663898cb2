/**
 * Ranges sorted by their start, for "what lies at this address". Addresses are numbers relative to a base that
 * the owner chose, so that they stay exact; ids are whatever the owner counts by.
 */
export class AddressIndex {
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly #ids: Uint32Array;
  /** #reach[i]: the greatest end of ranges 0..i; tells when no earlier range can hold an address. */
  readonly #reach: Float64Array;

  /** A size of 0 means unknown: the range then ends where the next one starts. The arrays are taken over. */
  constructor(starts: Float64Array, sizes: Float64Array, ids: Uint32Array) {
    const order = sortedOrder(starts);
    this.#starts = Float64Array.from(order, (i) => starts[i]!);
    this.#ids = Uint32Array.from(order, (i) => ids[i]!);
    this.#ends = Float64Array.from(order, (i) => starts[i]! + sizes[i]!);
    extendEmptyRanges(this.#starts, this.#ends);
    this.#reach = new Float64Array(order.length);
    let reach = -Infinity;
    for (let i = 0; i < order.length; i++) {
      reach = Math.max(reach, this.#ends[i]!);
      this.#reach[i] = reach;
    }
  }

  static of(ranges: readonly { readonly start: number; readonly end: number; readonly id: number }[]): AddressIndex {
    return new AddressIndex(
      Float64Array.from(ranges, ({ start }) => start),
      Float64Array.from(ranges, ({ start, end }) => end - start),
      Uint32Array.from(ranges, ({ id }) => id),
    );
  }

  /** Ids of the ranges that hold `address` and start nearest before it (several: aliases); empty when none does. */
  find(address: number): number[] {
    let at = lastAtOrBelow(this.#starts, address);
    // Ranges may nest, but not deeply in a sane file: a bound keeps a damaged one from costing time at every look-up.
    for (let steps = 0; at >= 0 && steps < 64 && this.#reach[at]! > address; at--, steps++) {
      if (this.#ends[at]! > address) return this.#aliases(at, address);
    }
    return [];
  }

  #aliases(last: number, address: number): number[] {
    const ids: number[] = [];
    for (let i = last; i >= 0 && this.#starts[i] === this.#starts[last] && ids.length < 64; i--) {
      if (this.#ends[i]! > address) ids.push(this.#ids[i]!);
    }
    return ids;
  }
}

/** Index of the last element that is <= value, -1 when there is none. */
function lastAtOrBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function extendEmptyRanges(starts: Float64Array, ends: Float64Array): void {
  let next = Infinity;
  for (let i = starts.length - 1; i >= 0; i--) {
    const following = i + 1 < starts.length && starts[i + 1]! > starts[i]! ? starts[i + 1]! : next;
    next = following;
    // The last one of the table gets what a small routine may have.
    if (ends[i] === starts[i]) ends[i] = following === Infinity ? starts[i]! + 4096 : following;
  }
}

/**
 * Positions in ascending order of value. Value and position are packed into one 64-bit word where they fit
 * (40 + 24 bits), because a typed array sorts words natively, ten times faster than through a comparator.
 */
function sortedOrder(values: Float64Array): Uint32Array {
  const count = values.length;
  const fits = count < 2 ** 24 && values.every((value) => value >= 0 && value < 2 ** 40);
  if (!fits) {
    const order = Uint32Array.from(values, (_, i) => i);
    return order.sort((a, b) => values[a]! - values[b]! || a - b);
  }
  const packed = new BigUint64Array(count);
  const words = new Uint32Array(packed.buffer);
  const low = isLittleEndianHost ? 0 : 1;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    words[2 * i + low] = ((value % 256) << 24) | i;
    words[2 * i + 1 - low] = Math.floor(value / 256);
  }
  packed.sort();
  return Uint32Array.from({ length: count }, (_, i) => words[2 * i + low]! & 0xffffff);
}

const isLittleEndianHost = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
