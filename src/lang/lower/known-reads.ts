/**
 * Which elements of maps a program has read on every way that leads here, and not written since: those need no second
 * look-up. What other programs write meanwhile might as well come after both reads.
 */
import type { Value } from '../ir/index.ts';

export class KnownReads {
  private readonly writes = new Map<string, number>();
  private writesToAny = 0;

  /** By which name the builder knows the read; another one after each write. */
  nameOf(map: string, key: Value | undefined): string {
    const element = key === undefined ? '' : key.op === 'const' ? `=${key.value}` : key.id;
    return `read:${map}:${this.writesToAny}:${this.writes.get(map) ?? 0}:${element}`;
  }

  /** The program writes or deletes elements of this map. */
  forget(map: string): void {
    this.writes.set(map, (this.writes.get(map) ?? 0) + 1);
  }

  /** At what may write to any map, and where a loop begins, whose later writes come before what is read in it. */
  forgetAll(): void {
    this.writesToAny++;
  }
}
