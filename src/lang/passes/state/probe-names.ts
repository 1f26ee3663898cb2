/**
 * The values of `probe`. Where each program has one name it is a string. As soon as one program stands for
 * several attach points, its names are known by number, and then so are all names in the script, in one
 * numbering, so that every `probe` has the same type.
 */
import type { ProbeVariant } from '../../checked/index.ts';
import type { Type } from '../../types/index.ts';

type SymbolicName = ProbeVariant['context']['probeName'] & { readonly kind: 'symbolic' };

export class ProbeNames {
  readonly #names = new Map<bigint, string>();
  readonly #numbers = new Map<string, bigint>();
  readonly #bases = new Map<SymbolicName, bigint>();
  #next = 0n;

  constructor(variants: readonly ProbeVariant[]) {
    for (const { context } of variants) if (context.probeName.kind === 'symbolic') this.#addSymbolic(context.probeName);
    if (this.#bases.size === 0) return;
    for (const { context } of variants) if (context.probeName.kind === 'fixed') this.#addFixed(context.probeName.name);
  }

  /** Type of every `probe` of the script; undefined: strings. */
  get type(): (Type & { readonly kind: 'symbolic' }) | undefined {
    return this.#bases.size === 0 ? undefined : (this.#type ??= { kind: 'symbolic', names: this.#names });
  }
  #type: (Type & { readonly kind: 'symbolic' }) | undefined;

  /** What to add to a program's own number. */
  base(name: SymbolicName): bigint {
    return this.#bases.get(name) ?? 0n;
  }

  /** The number of a name; undefined for one that no attach point has. */
  number(name: string): bigint | undefined {
    return this.#numbers.get(name);
  }

  #addSymbolic(name: SymbolicName): void {
    const base = [0n, ...this.#bases.values()].find((candidate) => this.#fits(name, candidate)) ?? this.#next;
    this.#bases.set(name, base);
    for (const [number, text] of name.names) this.#set(base + number, text);
  }

  #fits(name: SymbolicName, base: bigint): boolean {
    for (const [number, text] of name.names) {
      const known = this.#names.get(base + number);
      if (known !== undefined && known !== text) return false;
    }
    return true;
  }

  #addFixed(name: string): void {
    if (!this.#numbers.has(name)) this.#set(this.#next, name);
  }

  #set(number: bigint, name: string): void {
    this.#names.set(number, name);
    if (!this.#numbers.has(name)) this.#numbers.set(name, number);
    if (number >= this.#next) this.#next = number + 1n;
  }
}
