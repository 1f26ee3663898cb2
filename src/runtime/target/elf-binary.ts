import { FormatError } from '../../base/index.ts';
import { ElfFile, functionSymbols, SymbolType, type ElfSymbol } from '../../elf/index.ts';
import type { UserBinary } from '../../lang/index.ts';
import { FileBytes } from './file-bytes.ts';

const DEBUG_DIRECTORY = '/usr/lib/debug/.build-id';

/** An executable or a library, with the symbols of its separate debug file where it was stripped of its own. */
export class ElfBinary implements UserBinary {
  readonly path: string;
  readonly #elf: ElfFile;
  #debug: ElfFile | undefined | null = null;
  #functions: readonly string[] | undefined;

  /** Throws FormatError for what is no ELF file, and Node's error for a file that can't be read. */
  constructor(path: string) {
    this.path = path;
    this.#elf = ElfFile.open(new FileBytes(path));
  }

  /** Empty where the file is damaged. */
  functions(): readonly string[] {
    return (this.#functions ??= [
      ...new Set(
        orDamaged(
          () => [...this.#listFunctions()],
          () => [],
        ),
      ),
    ].sort());
  }

  *#listFunctions(): Generator<string> {
    for (const elf of [this.#elf, this.#debugFile]) {
      if (elf === undefined) continue;
      for (const symbol of elf.functions()) if (this.#elf.fileOffsetOf(symbol.address) !== undefined) yield symbol.name;
    }
  }

  resolveFunction(
    name: string,
    offset: bigint,
  ): { readonly fileOffset: bigint; readonly size: bigint } | { readonly error: string } {
    return orDamaged(
      () => this.#resolveFunction(name, offset),
      (error) => ({ error: `${this.path} is damaged: ${error.message}` }),
    );
  }

  #resolveFunction(name: string, offset: bigint): ReturnType<UserBinary['resolveFunction']> {
    for (const symbol of this.#candidates(name)) {
      const fileOffset = this.#elf.fileOffsetOf(symbol.address);
      if (fileOffset !== undefined) return { fileOffset: fileOffset + offset, size: symbol.sizeBytes };
    }
    return { error: `${this.path} has no function '${name}'` };
  }

  /** Functions first; what assembly code labels has no type. */
  *#candidates(name: string): Generator<ElfSymbol> {
    for (const filter of [functionSymbols, { types: [SymbolType.None] }]) {
      yield* this.#elf.findSymbols(name, filter).sort(byVersion);
      // The dynamic table answers first: what it lacks may be in the full one.
      yield* this.#elf.symbols?.find(name, filter) ?? [];
      yield* this.#debugFile?.findSymbols(name, filter) ?? [];
    }
  }

  resolveAddress(address: bigint): { readonly fileOffset: bigint } | { readonly error: string } {
    const fileOffset = this.#elf.fileOffsetOf(address);
    const inFunction = orDamaged(
      () => this.#elf.functionAt(address) ?? this.#debugFile?.functionAt(address),
      () => undefined,
    );
    if (fileOffset !== undefined && inFunction !== undefined) return { fileOffset };
    return { error: `0x${address.toString(16)} is not inside a function of ${this.path}` };
  }

  get #debugFile(): ElfFile | undefined {
    if (this.#debug === null) this.#debug = this.#elf.symbols === undefined ? openDebugFile(this.#elf) : undefined;
    return this.#debug;
  }
}

function orDamaged<T>(read: () => T, damaged: (error: FormatError) => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return damaged(error);
    throw error;
  }
}

function byVersion(a: ElfSymbol, b: ElfSymbol): number {
  return Number(b.isDefaultVersion) - Number(a.isDefaultVersion);
}

function openDebugFile(elf: ElfFile): ElfFile | undefined {
  try {
    const id = elf.buildId();
    if (id === undefined || id.length < 3) return undefined;
    return ElfFile.open(new FileBytes(`${DEBUG_DIRECTORY}/${id.slice(0, 2)}/${id.slice(2)}.debug`));
  } catch (error) {
    if (error instanceof FormatError || 'code' in (error as object)) return undefined;
    throw error;
  }
}
