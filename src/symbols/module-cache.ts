import { FormatError } from '../base/index.ts';
import type { ElfFile } from '../elf/index.ts';
import { FileSource } from './file-source.ts';
import { Module } from './module.ts';

/** Opened files, each once however many processes map it. The ones not used for longest are closed first. */
export class ModuleCache {
  readonly #modules = new Map<string, Module>();
  readonly #capacity: number;

  constructor(capacity = 512) {
    this.#capacity = capacity;
  }

  /**
   * undefined: can't be opened, is no ELF file, or not the one that is wanted. `path` and `root` as for Module.open; a file that
   * `isWanted` refuses is not used.
   */
  open(
    openPath: string,
    path: string,
    root: string,
    isWanted: (source: FileSource, elf: ElfFile) => boolean = () => true,
  ): Module | undefined {
    let source: FileSource;
    try {
      source = FileSource.open(openPath);
    } catch {
      return undefined;
    }
    try {
      const known = this.#modules.get(source.identity);
      const module = known ?? Module.open(source, path, root);
      if (!isWanted(source, module.elf)) {
        source[Symbol.dispose]();
        return undefined;
      }
      if (known) source[Symbol.dispose]();
      this.#keep(source.identity, module);
      return module;
    } catch (error) {
      source[Symbol.dispose]();
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }

  /** Those of which something was left out because it is too large. */
  leftOut(): readonly Module[] {
    return [...this.#modules.values()].filter(({ leftOutBytes }) => leftOutBytes > 0);
  }

  #keep(identity: string, module: Module): void {
    this.#modules.delete(identity);
    this.#modules.set(identity, module);
    const oldest = this.#modules.size > this.#capacity ? this.#modules.entries().next().value : undefined;
    if (oldest) {
      this.#modules.delete(oldest[0]);
      oldest[1][Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    for (const module of this.#modules.values()) module[Symbol.dispose]();
    this.#modules.clear();
  }
}
