import { kallsyms } from '../kernel/index.ts';
import { UnsupportedFeatureError } from '../base/index.ts';
import type { Frame } from '../spec/index.ts';
import { returned } from './user-symbols.ts';

/** What is asked of the kernel's symbol table. */
export interface KernelSymbolTable {
  lookup(
    address: bigint,
  ): { readonly name: string; readonly offset: number; readonly module: string | undefined } | undefined;
}

/** Names for kernel addresses, of modules and BPF programs too. */
export class KernelSymbols {
  readonly #table: KernelSymbolTable | undefined;
  readonly #known = new Map<bigint, Frame>();

  /** The running kernel's; where it hides its addresses from us, frames have no names. */
  static open(): KernelSymbols {
    try {
      return new KernelSymbols(kallsyms());
    } catch (error) {
      if (error instanceof UnsupportedFeatureError) return new KernelSymbols(undefined);
      throw error;
    }
  }

  constructor(table: KernelSymbolTable | undefined) {
    this.#table = table;
  }

  /** The symbol at one address, as `ksym` asks. */
  resolve(address: bigint): Frame {
    const known = this.#known.get(address);
    if (known) return known;
    const symbol = this.#table?.lookup(address);
    const frame: Frame = symbol
      ? {
          address,
          name: symbol.name,
          offset: BigInt(symbol.offset),
          ...(symbol.module === undefined ? {} : { module: symbol.module }),
        }
      : { address };
    if (this.#known.size >= 65_536) this.#known.clear();
    this.#known.set(address, frame);
    return frame;
  }

  /** The frame at one address of a stack; a return address is looked up inside the call (see UserSymbols.frames). */
  frame(address: bigint, isReturn: boolean): Frame {
    const back = isReturn ? 1n : 0n;
    return returned(this.resolve(address - back), back);
  }

  /** The frames of a kernel stack, innermost first. */
  symbolize(addresses: readonly bigint[]): Frame[] {
    return addresses.map((address, i) => this.frame(address, i > 0));
  }
}
