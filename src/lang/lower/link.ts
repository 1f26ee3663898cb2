/** Functions that were compiled elsewhere, made part of the script: their variables are in its data region. */
import type { Instruction } from '../../asm/index.ts';
import type { LinkedObject } from '../../spec/index.ts';
import { DATA_MAP, type DataRegion } from './region.ts';

/** A function to put into each program that calls it. */
export interface LinkedCode {
  readonly instructions: readonly Instruction[];
  /** The names of others that it needs. */
  readonly calls: readonly string[];
}

export class Linker {
  readonly #region: DataRegion;
  readonly #prefixes = new Map<LinkedObject, string>();
  readonly code = new Map<string, LinkedCode>();

  constructor(region: DataRegion) {
    this.#region = region;
  }

  /** The name under which programs call a function; its object is taken in at the first call. */
  link(object: LinkedObject, name: string): string {
    let prefix = this.#prefixes.get(object);
    if (prefix === undefined) {
      this.#prefixes.set(object, (prefix = `c${this.#prefixes.size + 1}_`));
      this.#take(object, prefix);
    }
    return prefix + name;
  }

  #take({ functions, data }: LinkedObject, prefix: string): void {
    const places = new Map([...data].map(([section, bytes]) => [section, this.#region.sharedBytes(bytes)]));
    for (const { name, instructions, calls } of functions.values()) {
      this.code.set(prefix + name, {
        calls: calls.map((callee) => prefix + callee),
        instructions: instructions.map((instruction) => {
          const { label, jumpTo, reference } = instruction;
          return {
            ...instruction,
            ...(label === undefined ? {} : { label: prefix + label }),
            ...(jumpTo === undefined ? {} : { jumpTo: prefix + jumpTo }),
            ...(reference?.kind === 'mapValue'
              ? { reference: { ...reference, map: DATA_MAP, offset: places.get(reference.map)! + reference.offset } }
              : {}),
          };
        }),
      });
    }
  }
}
