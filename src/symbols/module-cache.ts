import { FormatError } from '../base/index.ts';
import { FileSource } from './file-source.ts';
import { Module } from './module.ts';

/** Opened files, each once however many processes map it. The ones not used for longest are closed first. */
export class ModuleCache {
  readonly #modules = new Map<string, Module>();
  readonly #capacity: number;

  constructor(capacity = 512) {
    this.#capacity = capacity;
  }

  /** undefined: can't be opened, or is no ELF file. `path` and `root` as for Module.open. */
  open(openPath: string, path: string, root: string): Module | undefined {
    let source: FileSource;
    try {
      source = FileSource.open(openPath);
    } catch {
      return undefined;
    }
    const known = this.#modules.get(source.identity);
    if (known) {
      this.#modules.delete(source.identity);
      this.#modules.set(source.identity, known);
      source[Symbol.dispose]();
      return known;
    }
    return this.#add(source, path, root);
  }

  #add(source: FileSource, path: string, root: string): Module | undefined {
    try {
      const module = Module.open(source, path, root);
      this.#modules.set(source.identity, module);
      const oldest = this.#modules.size > this.#capacity ? this.#modules.entries().next().value : undefined;
      if (oldest) {
        this.#modules.delete(oldest[0]);
        oldest[1][Symbol.dispose]();
      }
      return module;
    } catch (error) {
      source[Symbol.dispose]();
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const module of this.#modules.values()) module[Symbol.dispose]();
    this.#modules.clear();
  }
}
