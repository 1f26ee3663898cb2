/** One function in the making: the program's first, or a loop's body that the kernel calls back. */
import { type Block, Builder, type Value } from '../ir/index.ts';
import type { Off } from '../optimizations.ts';
import type { Address } from './lowering.ts';

/** Stack for values, by how many functions can be active at once: they share 512 bytes, spilled words included. */
const STACK_BYTES = [256, 256, 128, 64, 40, 24, 16, 8];

export class FunctionFrame {
  readonly builder: Builder;
  /** Where the function ends without a value. */
  end: Block;
  readonly loops: { readonly continueTo: Block; readonly breakTo: Block }[] = [];
  /** In another function than the first: where the first one's context and scratch memory stand. */
  shared: Value | undefined;
  /** Something in the loop's body ends the program. */
  leaves = false;
  readonly variables = new Map<number, Address>();
  private readonly stackLimit: number;
  private readonly largestSlot: number;
  /** Places that are free for the next statement, and those taken by the one at hand. */
  private readonly free: Address[] = [];
  private readonly sizes = new Map<Address, number>();
  private taken: Address[] = [];
  private stackBytes = 0;

  /** Values above `largestSlot` bytes don't live on the stack. */
  constructor(name: string, depth: number, largestSlot: number, off: Off) {
    this.largestSlot = largestSlot;
    this.builder = new Builder(name, off);
    this.end = this.builder.block();
    this.stackLimit = STACK_BYTES[depth] ?? 0;
  }

  /** What `build` takes of temporary places is free again after it. */
  statement(build: () => void): void {
    const outer = this.taken;
    this.taken = [];
    build();
    this.free.push(...this.taken);
    this.taken = outer;
  }

  /** `make` gives a place outside of the stack. */
  temporary(size: number, make: () => Address): Address {
    const at = this.free.findIndex((place) => this.sizes.get(place) === size);
    const place = at >= 0 ? (this.free.splice(at, 1)[0] as Address) : this.permanent(size, make);
    this.taken.push(place);
    return place;
  }

  permanent(size: number, make: () => Address): Address {
    const place = this.onStack(size) ?? make();
    this.sizes.set(place, size);
    return place;
  }

  private onStack(size: number): Address | undefined {
    const b = this.builder;
    if (size > this.largestSlot || this.stackBytes + size > this.stackLimit) return undefined;
    this.stackBytes += size;
    return { base: b.frame(b.slot(size)), offset: 0 };
  }
}
