/** What holds a register, or a word of the stack, at each position of the program. */
import type { Range } from './intervals.ts';

interface Entry<Owner> extends Range {
  readonly owner: Owner;
}

export class Timeline<Owner> {
  /** Ascending, disjoint. */
  private entries: Entry<Owner>[] = [];

  isFree(ranges: readonly Range[]): boolean {
    for (let i = 0; i < ranges.length; i++) {
      const range = ranges[i] as Range;
      if (this.meets(this.firstEndingAfter(range.from), range)) return false;
    }
    return true;
  }

  ownersIn(ranges: readonly Range[]): Set<Owner> {
    const owners = new Set<Owner>();
    for (const range of ranges) {
      for (let i = this.firstEndingAfter(range.from); this.meets(i, range); i++) {
        owners.add((this.entries[i] as Entry<Owner>).owner);
      }
    }
    return owners;
  }

  /** The ranges must be free. */
  add(ranges: readonly Range[], owner: Owner): void {
    ranges.forEach(({ from, to }) => this.entries.splice(this.firstEndingAfter(from), 0, { from, to, owner }));
  }

  remove(owner: Owner): void {
    this.entries = this.entries.filter((entry) => entry.owner !== owner);
  }

  private meets(index: number, range: Range): boolean {
    const entry = this.entries[index];
    return entry !== undefined && entry.from < range.to;
  }

  private firstEndingAfter(position: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle] as Entry<Owner>).to > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
