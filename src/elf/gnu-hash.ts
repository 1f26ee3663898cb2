import type { ElfHeader, ElfSection } from './header.ts';
import { type RandomAccess, readChecked, viewOf } from './source.ts';

/**
 * The hash table that the dynamic linker uses (.gnu.hash): finds the defined symbols of a name by a few small
 * reads, where a search would read the whole string table.
 */
export class GnuHash {
  readonly #source: RandomAccess;
  readonly #section: ElfSection;
  readonly #littleEndian: boolean;
  readonly #wordBytes: number;

  constructor(source: RandomAccess, header: ElfHeader, section: ElfSection) {
    this.#source = source;
    this.#section = section;
    this.#littleEndian = header.littleEndian;
    this.#wordBytes = header.bits / 8;
  }

  /** Indices of the symbols whose name has the same hash: the caller compares the names. */
  candidates(name: Uint8Array): number[] {
    const [bucketCount, firstIndex, bloomWords] = this.#words(0, 3) as [number, number, number];
    if (bucketCount === 0) return [];
    const hash = gnuHash(name);
    const buckets = 16 + bloomWords * this.#wordBytes;
    const chains = buckets + bucketCount * 4;
    const found: number[] = [];
    let index = this.#words(buckets + (hash % bucketCount) * 4, 1)[0]!;
    if (index < firstIndex) return [];
    const end = Math.floor((this.#section.sizeBytes - chains) / 4) + firstIndex;
    const chunk = 16;
    while (index < end) {
      const words = this.#words(chains + (index - firstIndex) * 4, Math.min(chunk, end - index));
      for (const word of words) {
        if (word >>> 1 === hash >>> 1) found.push(index);
        if ((word & 1) === 1) return found;
        index++;
      }
    }
    return found;
  }

  #words(at: number, count: number): number[] {
    if (at + count * 4 > this.#section.sizeBytes) return Array.from({ length: count }, () => 0);
    const view = viewOf(readChecked(this.#source, this.#section.name, this.#section.fileOffset + at, count * 4));
    return Array.from({ length: count }, (_, i) => view.getUint32(i * 4, this.#littleEndian));
  }
}

function gnuHash(name: Uint8Array): number {
  let hash = 5381;
  for (const byte of name) hash = (Math.imul(hash, 33) + byte) >>> 0;
  return hash;
}
