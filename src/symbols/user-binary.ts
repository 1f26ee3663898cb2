import { SystemError } from '../base/index.ts';
import { type ElfFile, type ElfSymbol, functionSymbols, SymbolType, type UsdtNote } from '../elf/index.ts';
import { demangle } from './demangle/index.ts';
import { FileSource } from './file-source.ts';
import { Module } from './module.ts';
import type { TargetError } from './target.ts';

export interface FunctionPlace {
  /** Where a uprobe goes. */
  readonly fileOffset: bigint;
  /** Size of the function in bytes. */
  readonly size: bigint;
  readonly name: string;
  /** The symbol is a resolver (GNU IFUNC): what it runs for is chosen when a program starts, and has another name. */
  readonly isIndirect: boolean;
}

export interface UserBinaryOptions {
  /** Also allow functions of unknown size and addresses in no function. */
  readonly unsafe?: boolean;
}

/** A USDT probe's place in the file. */
export interface UsdtPlace {
  readonly provider: string;
  readonly name: string;
  readonly fileOffset: bigint;
  /** File offset of the counter that enables the probe. */
  readonly semaphoreOffset: bigint | undefined;
  /** In assembler notation. */
  readonly arguments: string;
}

/** A file that user probes are set in: its functions by name and address, from its own symbols and its debug file's. */
export class UserBinary {
  /** Absolute path, for the kernel. */
  readonly path: string;
  readonly #module: Module;
  readonly #unsafe: boolean;
  #names: readonly string[] | undefined;

  /** Throws SystemError when the file can't be opened, FormatError when it is no ELF file. */
  static open(path: string, options: UserBinaryOptions = {}): UserBinary {
    let source: FileSource;
    try {
      source = FileSource.open(path);
    } catch (error) {
      const { errno = -22, message } = error as NodeJS.ErrnoException;
      throw new SystemError('open', -errno, message, { cause: error });
    }
    try {
      return new UserBinary(path, Module.open(source, path), options.unsafe === true);
    } catch (error) {
      source[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(path: string, module: Module, unsafe: boolean) {
    this.path = path;
    this.#module = module;
    this.#unsafe = unsafe;
  }

  get elf(): ElfFile {
    return this.#module.elf;
  }

  /** Names of the functions that have code in this file, unique, sorted bytewise. Versions aren't part of a name. */
  functions(): readonly string[] {
    this.#names ??= this.#listNames();
    return this.#names;
  }

  /** Names (as in the file) of the functions whose source name is `text`: in full, or without the parameter list. */
  functionsByDemangledName(text: string): string[] {
    const part = unmistakable(text);
    return this.functions().filter((name) => {
      if (!name.includes(part)) return false;
      const shown = demangle(name);
      return shown === text || (shown !== name && withoutParameters(shown) === text);
    });
  }

  /**
   * The place of `name + offset`. A name may carry a version (`memcpy@GLIBC_2.2.5`); without one the default version
   * counts. Of several local functions of one name the first counts; resolveFunctions gives all.
   */
  resolveFunction(name: string, offset = 0n): FunctionPlace | TargetError {
    const all = this.resolveFunctions(name, offset);
    return 'error' in all ? all : all[0]!;
  }

  resolveFunctions(name: string, offset = 0n): readonly FunctionPlace[] | TargetError {
    const symbols = this.#find(name);
    if (symbols.length === 0) return { error: `no function '${name}' in ${this.path}` };
    const places: FunctionPlace[] = [];
    for (const symbol of symbols) {
      const problem = this.#problem(symbol, offset);
      if (problem) return { error: problem };
      const place = this.#place(symbol, offset);
      if (!place) return { error: `'${name}' has no code in ${this.path}` };
      if (!places.some((other) => other.fileOffset === place.fileOffset)) places.push(place);
    }
    return places;
  }

  /** The place of a virtual address, which must lie in a function. */
  resolveAddress(address: bigint): FunctionPlace | TargetError {
    const shown = `0x${address.toString(16)}`;
    const fileOffset = this.elf.fileOffsetOf(address);
    if (fileOffset === undefined) return { error: `address ${shown} is not in ${this.path}` };
    const symbol = this.#tables().map((table) => table.functionAt(address)).find((found) => found !== undefined);
    if (symbol) return { fileOffset, size: symbol.sizeBytes, name: symbol.name, isIndirect: isIndirect(symbol) };
    if (this.#unsafe) return { fileOffset, size: 0n, name: '', isIndirect: false };
    return { error: `address ${shown} is in no function of ${this.path}` };
  }

  /** Virtual address and size of a variable or function, for `uaddr`. */
  resolveSymbol(name: string): { readonly address: bigint; readonly size: bigint } | undefined {
    for (const table of this.#tables()) {
      const found = preferred(table.find(name).filter((symbol) => symbol.type !== SymbolType.Tls && symbol.type !== SymbolType.File))[0];
      if (found) return { address: found.address, size: found.sizeBytes };
    }
    return undefined;
  }

  /** All USDT probes, in the file's order; a probe that stands in several places comes several times. */
  usdtProbes(): UsdtPlace[] {
    return [...this.elf.usdtNotes()].flatMap((note) => this.#usdtPlace(note) ?? []);
  }

  [Symbol.dispose](): void {
    this.#module[Symbol.dispose]();
  }

  #usdtPlace(note: UsdtNote): UsdtPlace | undefined {
    const fileOffset = this.elf.fileOffsetOf(note.location);
    if (fileOffset === undefined) return undefined;
    const semaphoreOffset = note.semaphore === undefined ? undefined : this.elf.fileOffsetOf(note.semaphore);
    return { provider: note.provider, name: note.name, fileOffset, semaphoreOffset, arguments: note.arguments };
  }

  #listNames(): string[] {
    const names = new Set<string>();
    for (const table of this.#tables()) for (const symbol of table.list(functionSymbols)) names.add(symbol.name);
    return [...names].sort(bytewise);
  }

  /** Dynamic symbols first: they have versions and a hash table. */
  #tables(): { find: ElfFile['findSymbols']; list: NonNullable<ElfFile['symbols']>['list']; functionAt: ElfFile['functionAt'] }[] {
    const tables = [this.elf.dynamicSymbols, this.elf.symbols, this.#module.debug?.symbols];
    return tables.filter((table) => table !== undefined);
  }

  #find(name: string): ElfSymbol[] {
    for (const table of this.#tables()) {
      const found = preferred(table.find(name, functionSymbols));
      if (found.length > 0) return found;
    }
    return [];
  }

  #problem(symbol: ElfSymbol, offset: bigint): string | undefined {
    if (symbol.sizeBytes === 0n) return this.#unsafe ? undefined : `the size of function '${symbol.name}' is unknown (its symbol says 0)`;
    if (offset < 0n || offset >= symbol.sizeBytes) return `Offset outside the function bounds ('${symbol.name}' size is ${symbol.sizeBytes})`;
    return undefined;
  }

  #place(symbol: ElfSymbol, offset: bigint): FunctionPlace | undefined {
    const fileOffset = this.elf.fileOffsetOf(symbol.address + offset);
    return fileOffset === undefined ? undefined : { fileOffset, size: symbol.sizeBytes, name: symbol.name, isIndirect: isIndirect(symbol) };
  }
}

function isIndirect(symbol: ElfSymbol): boolean {
  return symbol.type === SymbolType.IndirectFunction;
}

/** Default versions alone where there are any. */
function preferred(symbols: ElfSymbol[]): ElfSymbol[] {
  const current = symbols.filter((symbol) => symbol.isDefaultVersion);
  return current.length > 0 ? current : symbols;
}

/** UTF-16 order differs from the order of UTF-8 bytes only where surrogates meet U+E000 and above. */
function bytewise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `ns::f` of `ns::f(int) const`: without the last list in parentheses, where only qualifiers follow it. */
function withoutParameters(shown: string): string {
  const end = shown.lastIndexOf(')');
  if (!/^( const| volatile| &&?| \[clone [^\]]*\])*$/.test(shown.slice(end + 1))) return shown;
  let depth = 0;
  for (let at = end; at > 0; at--) {
    if (shown[at] === ')') depth++;
    else if (shown[at] === '(' && --depth === 0) return shown.slice(0, at);
  }
  return shown;
}

/** Names that the mangling abbreviates, so that a symbol need not hold them. */
const abbreviated = /^(std|string|basic_string|allocator|i?o?stream|basic_i?o?stream|operator)$/;

/** An identifier that every symbol of this source name must hold, to spare demangling the others. */
function unmistakable(text: string): string {
  const name = /([A-Za-z_]\w*)[^\w]*$/.exec(withoutParameters(text).replace(/<[^]*$/, ''))?.[1] ?? '';
  return abbreviated.test(name) || text.includes('operator') ? '' : name;
}
