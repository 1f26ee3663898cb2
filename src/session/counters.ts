import type { DataLayout, WarningSite } from '../spec/index.ts';
import type { DataRegion } from './backend.ts';
import { cpuBlocks } from './script-maps.ts';

export interface WarningNews {
  readonly site: WarningSite;
  /** Occurrences since the last look. */
  readonly count: number;
  /** What the helper returned last; 0 where there is none. */
  readonly code: number;
}

/** What programs count in the data region for us: exit, lost records, warnings. */
export class Counters {
  readonly #layout: DataLayout | undefined;
  readonly #data: () => DataRegion;
  readonly #blocks: readonly number[];
  #lost = 0;
  /** Per site and CPU. */
  readonly #seen: number[][];

  constructor(layout: DataLayout | undefined, data: () => DataRegion) {
    this.#layout = layout;
    this.#data = data;
    this.#blocks = layout === undefined ? [] : cpuBlocks(layout);
    this.#seen = (layout?.warnings ?? []).map(() => this.#blocks.map(() => 0));
  }

  /** The status given to exit(); undefined: exit() was not called. */
  exitStatus(): number | undefined {
    const offset = this.#layout?.exitOffset;
    const word = offset === undefined ? 0 : this.#data().readCounter(offset);
    return word === 0 ? undefined : word - 1;
  }

  /** The status given to exit(), 0 where it was not called; as if it had never been called from now on. */
  takeExitStatus(): number {
    const status = this.exitStatus() ?? 0;
    const offset = this.#layout?.exitOffset;
    if (offset !== undefined) this.#data().zero(offset, 8);
    return status;
  }

  /** All records lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Records lost since the last look. */
  newlyLost(): number {
    const offset = this.#layout?.lostOffset;
    if (offset === undefined) return 0;
    const total = this.#blocks.reduce((sum, block) => sum + this.#data().readCounter(block + offset), 0);
    const increase = total - this.#lost;
    this.#lost = total;
    return increase;
  }

  newWarnings(level: 0 | 1 | 2): WarningNews[] {
    const news: WarningNews[] = [];
    (this.#layout?.warnings ?? []).forEach((site, index) => {
      if (site.level > level) return;
      const found = this.#look(site, this.#seen[index] as number[]);
      if (found.count > 0) news.push({ site, ...found });
    });
    return news;
  }

  #look(site: WarningSite, seen: number[]): { count: number; code: number } {
    let count = 0;
    let code = 0;
    this.#blocks.forEach((block, cpu) => {
      const total = this.#data().readCounter(block + site.countOffset);
      if (total === seen[cpu]) return;
      count += total - (seen[cpu] as number);
      seen[cpu] = total;
      if (site.codeOffset !== undefined) code = this.#readCode(block + site.codeOffset);
    });
    return { count, code };
  }

  #readCode(offset: number): number {
    const bytes = this.#data().copy(offset, 8);
    return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
  }
}
