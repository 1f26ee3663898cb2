/** Unwinding tables of the files that processes run, one after another in one list of rows. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FormatError } from '../base/index.ts';
import { ElfFile, neededLibraries, type UnwindTable, unwindTable } from '../elf/index.ts';
import { FileSource } from './file-source.ts';
import { type CachedLibrary, parseLoaderCache } from './loader-cache.ts';
import { isFileOf, mappedFileLink, pathsOfMapping } from './mapped-file.ts';
import { type Mapping, readMaps } from './process-maps.ts';

/** Where the rows of one file are in the list. */
export interface UnwindFile {
  readonly inode: bigint;
  readonly sizeBytes: number;
  readonly first: number;
  readonly table: UnwindTable;
}

export interface UnwindMapping {
  readonly mapping: Mapping;
  readonly file: UnwindFile;
}

/** Libraries that a program may lead to, one needing others, before something is taken to be wrong. */
const MOST_LIBRARIES = 1000;
const EMPTY: UnwindTable = { fileOffsets: new Uint32Array(), rules: new Uint32Array() };

export class UnwindFiles {
  readonly #files = new Map<string, UnwindFile>();
  #cachedLibraries: readonly CachedLibrary[] | undefined;
  #rows = 0;

  /** All rows so far. */
  get rows(): number {
    return this.#rows;
  }

  get files(): Iterable<UnwindFile> {
    return this.#files.values();
  }

  /** Executable mappings of files, ascending; undefined: the process is gone, or not ours to look into. */
  mappingsOf(pid: number): readonly UnwindMapping[] | undefined {
    return readMaps(pid)
      ?.filter(({ executable, inode, path }) => executable && inode !== 0n && path.startsWith('/'))
      .flatMap((mapping) => {
        const file =
          this.#open(mappedFileLink(pid, mapping)) ??
          pathsOfMapping(pid, mapping)
            .map((path) => this.#open(path, mapping))
            .find((found) => found !== undefined);
        return file === undefined ? [] : [{ mapping, file }];
      });
  }

  /** A program that is about to start: it and the libraries that the dynamic linker will load for it. */
  addProgram(path: string): void {
    const seen = new Set<string>();
    const wanted = [path];
    for (let next = wanted.pop(); next !== undefined && seen.size < MOST_LIBRARIES; next = wanted.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      this.#open(next);
      wanted.push(...this.#librariesOf(next));
    }
  }

  #librariesOf(path: string): string[] {
    try {
      using source = FileSource.open(path);
      const { interpreter, names, folders } = neededLibraries(ElfFile.open(source));
      const own = folders.map((folder) => folder.replaceAll(/\$\{?ORIGIN\}?/g, dirname(path)));
      const found = names.flatMap((name) => [...own.map((folder) => join(folder, name)), ...this.#libraryPaths(name)]);
      return interpreter === undefined ? found : [interpreter, ...found];
    } catch {
      return []; // no such file, or no ELF file
    }
  }

  #libraryPaths(name: string): string[] {
    if (name.includes('/')) return [name];
    this.#cachedLibraries ??= readLoaderCache();
    return this.#cachedLibraries.filter(({ soname }) => soname === name).map(({ path }) => path);
  }

  /** With a mapping only the file that is mapped there. */
  #open(path: string, mapping?: Mapping): UnwindFile | undefined {
    try {
      using source = FileSource.open(path);
      if (mapping !== undefined && !isFileOf(mapping, source)) return undefined;
      const known = this.#files.get(source.identity);
      if (known !== undefined) return known;
      const { inode, sizeBytes } = source;
      const file = { inode, sizeBytes, first: this.#rows, table: tableOf(source) };
      this.#files.set(source.identity, file);
      this.#rows += file.table.rules.length;
      return file;
    } catch {
      return undefined;
    }
  }
}

/** A damaged file has no table. */
function tableOf(source: FileSource): UnwindTable {
  try {
    return unwindTable(ElfFile.open(source)) ?? EMPTY;
  } catch (error) {
    if (error instanceof FormatError) return EMPTY;
    throw error;
  }
}

function readLoaderCache(): readonly CachedLibrary[] {
  try {
    return parseLoaderCache(readFileSync('/etc/ld.so.cache'));
  } catch {
    return [];
  }
}
