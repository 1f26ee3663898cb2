import type { ElfSection } from './header.ts';
import { cString, viewOf } from './source.ts';

export interface SymbolVersion {
  readonly name: string;
  /** Not the version that new programs link with (`name@VERSION`). */
  readonly hidden: boolean;
}

/** Versions of the dynamic symbols that the file defines (.gnu.version and .gnu.version_d). */
export class SymbolVersions {
  readonly #indices: DataView;
  readonly #littleEndian: boolean;
  readonly #names: ReadonlyMap<number, string>;

  constructor(
    indices: Uint8Array,
    definitions: Uint8Array,
    strings: Uint8Array,
    section: ElfSection,
    littleEndian: boolean,
  ) {
    this.#indices = viewOf(indices);
    this.#littleEndian = littleEndian;
    this.#names = decodeDefinitions(definitions, strings, section.info, littleEndian);
  }

  /** Version of the symbol at this index of .dynsym; undefined for unversioned and imported ones. */
  at(symbolIndex: number): SymbolVersion | undefined {
    const at = symbolIndex * 2;
    if (at + 2 > this.#indices.byteLength) return undefined;
    const value = this.#indices.getUint16(at, this.#littleEndian);
    const name = this.#names.get(value & 0x7fff);
    return name === undefined ? undefined : { name, hidden: (value & 0x8000) !== 0 };
  }
}

/** Index -> name. A damaged chain of definitions ends the list: versions are only a refinement. */
function decodeDefinitions(
  bytes: Uint8Array,
  strings: Uint8Array,
  count: number,
  littleEndian: boolean,
): Map<number, string> {
  const view = viewOf(bytes);
  const names = new Map<number, string>();
  let at = 0;
  for (let left = Math.min(count, 0x8000); left > 0 && at + 20 <= bytes.length; left--) {
    const flags = view.getUint16(at + 2, littleEndian);
    const index = view.getUint16(at + 4, littleEndian) & 0x7fff;
    const auxiliary = at + view.getUint32(at + 12, littleEndian);
    const next = view.getUint32(at + 16, littleEndian);
    const isFileItself = (flags & 1) !== 0;
    if (!isFileItself && auxiliary + 8 <= bytes.length) {
      const name = cString(strings, view.getUint32(auxiliary, littleEndian));
      if (name !== undefined) names.set(index, name);
    }
    if (next === 0) break;
    at += next;
  }
  return names;
}
