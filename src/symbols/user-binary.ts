import { FormatError, SystemError } from '../base/index.ts';
import {
  type ElfFile,
  type ElfSymbol,
  functionSymbols,
  isGoSection,
  isInstructionBoundary,
  Machine,
  SymbolType,
  type UsdtNote,
} from '../elf/index.ts';
import type {
  DebugFunction,
  FunctionPlace,
  LinePlace,
  UserBinary as ProbedBinary,
  SourcePlace,
  TargetError,
  UsdtPlace,
} from '../spec/index.ts';
import { demangle } from './demangle/index.ts';
import { FileSource } from './file-source.ts';
import { Module } from './module.ts';
import { addressesOfLine } from './source-lines.ts';
import { findZipMember } from './zip.ts';

export interface UserBinaryOptions {
  /** False: the file is opened for each look into it, and need not be disposed of. Default true. */
  readonly keepOpen?: boolean;
}

interface FunctionTable {
  readonly find: ElfFile['findSymbols'];
  readonly list: NonNullable<ElfFile['symbols']>['list'];
  readonly functionAt: ElfFile['functionAt'];
}

/** What assembly code labels has no type. */
const labelSymbols = { types: [SymbolType.None] };

/** Instructions are counted from the function's start: farther in than this the way there would be too long. */
const farthestOffset = 1n << 24n;
const longestInstructionBytes = 15;

/** A file that user probes are set in: its functions by name and address, from its own symbols and its debug file's. */
export class UserBinary implements ProbedBinary {
  /** Absolute path, for the kernel. */
  readonly path: string;
  /** As scripts name it, where that is another name. */
  readonly title: string | undefined;
  readonly #module: Module;
  /** Where the ELF file begins in the file at `path`. */
  readonly #offset: bigint;
  #names: readonly string[] | undefined;
  #damage: string | undefined;
  /** Filled when the functions are listed: who lists them asks for many of them next. */
  #byName: ReadonlyMap<string, ElfSymbol[]> | undefined;

  /** Throws SystemError when the file can't be opened, FormatError when it is no ELF file. */
  static open(path: string, options: UserBinaryOptions = {}): UserBinary {
    const source = openFile(path, options);
    try {
      return new UserBinary(path, Module.open(source, path));
    } catch (error) {
      source[Symbol.dispose]();
      throw error;
    }
  }

  /** An ELF file that is stored in a zip archive. Throws SystemError or FormatError, also where it isn't there, or is packed. */
  static openMember(path: string, member: string): UserBinary {
    const source = openFile(path, { keepOpen: false });
    const found = findZipMember(source, member);
    if (found === undefined) throw new FormatError('zip', 0, `there is no '${member}' in it`);
    if (!found.isStored)
      throw new FormatError('zip', found.offset, `'${member}' is compressed, so nothing can run from there`);
    const part = { title: `${path}!/${member}`, offset: BigInt(found.offset) };
    return new UserBinary(path, Module.openPart(source, found), part);
  }

  private constructor(path: string, module: Module, part?: { readonly title: string; readonly offset: bigint }) {
    this.path = path;
    this.title = part?.title;
    this.#module = module;
    this.#offset = part?.offset ?? 0n;
  }

  /** Written in Go: its stacks move, which a probe on a function's return doesn't survive. */
  get isGo(): boolean {
    return this.elf.sections.some(isGoSection);
  }

  /** In the file that the kernel opens. */
  #fileOffsetOf(address: bigint): bigint | undefined {
    const offset = this.elf.fileOffsetOf(address);
    return offset === undefined ? undefined : offset + this.#offset;
  }

  get elf(): ElfFile {
    return this.#module.elf;
  }

  /** Names of the functions that have code in this file, unique, sorted bytewise. Versions aren't part of a name. A damaged table has none. */
  functions(): readonly string[] {
    this.#byName ??= this.#listFunctions();
    this.#names ??= [...this.#byName.keys()].sort(bytewise);
    return this.#names;
  }

  /** Why functions may be missing among those listed: a sentence. Undefined: the tables are whole. */
  damage(): string | undefined {
    this.functions();
    return this.#damage;
  }

  /** A function's name as its source has it: C++ and Rust names are mangled in the file. */
  sourceName(name: string): string {
    return demangle(name);
  }

  /** Names (as in the file) of the functions whose source name, in full or without the parameter list, is one that `matches` takes. */
  functionsByDemangledPattern(matches: (name: string) => boolean): string[] {
    return this.functions().filter((name) => {
      const shown = demangle(name);
      return matches(shown) || (shown !== name && matches(withoutParameters(shown)));
    });
  }

  /** Debug information says that calls of this function were put into their callers. False where that would take long to find out. */
  isInlined(name: string): boolean {
    return this.#orDamaged(() => this.#module.smallDebugInfo?.hasInlined(name)) === true;
  }

  /** Where the code of a source line begins, in each function that has some of it. */
  linePlaces(place: SourcePlace): readonly LinePlace[] | TargetError {
    return this.#orDamaged(() => {
      const info = this.#module.debugInfo;
      if (info === undefined) return { error: `${this.title ?? this.path} has no debug information (--debuginfo)` };
      const addresses = addressesOfLine(info, place, (address) => this.elf.isCode(address));
      if ('error' in addresses) return addresses;
      return addresses.flatMap((address) => this.#linePlace(address) ?? []);
    });
  }

  #linePlace(address: bigint): LinePlace | undefined {
    const symbol = this.#tables()
      .map((table) => table.functionAt(address))
      .find((found) => found !== undefined);
    const place = this.#place(address, symbol);
    if (place === undefined) return undefined;
    return {
      ...place,
      isEntry: symbol?.address === address || this.#module.debugInfo?.functionAt(address) !== undefined,
    };
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
   * The place of `name + offset`, which may lie outside of the function. A name may carry a version (`memcpy@GLIBC_2.2.5`); without one the default version
   * counts. Of several local functions of one name the first counts; resolveFunctions gives all.
   */
  resolveFunction(name: string, offset = 0n): FunctionPlace | TargetError {
    const all = this.resolveFunctions(name, offset);
    return 'error' in all ? all : all[0]!;
  }

  resolveFunctions(name: string, offset = 0n): readonly FunctionPlace[] | TargetError {
    return this.#orDamaged(() => {
      const symbols = this.#find(name);
      if (symbols.length === 0) return { error: `no function '${name}' in ${this.path}` };
      const places: FunctionPlace[] = [];
      for (const symbol of symbols) {
        const place = this.#place(symbol.address + offset, symbol);
        if (!place)
          return { error: `'${symbol.name}${offset === 0n ? '' : `+${offset}`}' has no code in ${this.path}` };
        if (!places.some((other) => other.fileOffset === place.fileOffset)) places.push(place);
      }
      return places;
    });
  }

  /** The place of a virtual address of code, with the function that holds it if one is known. */
  resolveAddress(address: bigint): FunctionPlace | TargetError {
    return this.#orDamaged(() => {
      const symbol = this.#tables()
        .map((table) => table.functionAt(address))
        .find((found) => found !== undefined);
      return (
        this.#place(address, symbol) ?? { error: `0x${address.toString(16)} is not inside a function of ${this.path}` }
      );
    });
  }

  /** Virtual address and size of a variable or function, for `uaddr`. A damaged table has none. */
  resolveSymbol(name: string): { readonly address: bigint; readonly size: bigint } | undefined {
    const found = this.#orDamaged(() => {
      for (const table of this.#tables()) {
        const [symbol] = preferred(
          table.find(name).filter(({ type }) => type !== SymbolType.Tls && type !== SymbolType.File),
        );
        if (symbol) return { address: symbol.address, size: symbol.sizeBytes };
      }
      return undefined;
    });
    return found === undefined || 'error' in found ? undefined : found;
  }

  /** What debug information says about the function that begins at this offset of the file; undefined: nothing. */
  debugFunction(fileOffset: bigint): DebugFunction | TargetError | undefined {
    return this.#orDamaged(() => {
      const address = this.elf.addressOf(fileOffset - this.#offset);
      return address === undefined ? undefined : this.#module.debugInfo?.functionAt(address);
    });
  }

  /** All USDT probes, in the file's order; a probe that stands in several places comes several times. */
  usdtProbes(): readonly UsdtPlace[] | TargetError {
    return this.#orDamaged(() => {
      const notes = [...this.elf.usdtNotes()];
      const places = notes.flatMap((note) => this.#usdtPlace(note) ?? []);
      if (places.length === 0 && notes.length > 0)
        throw new FormatError('USDT', 0, `none of its ${notes.length} notes names a place in its code`);
      return places;
    });
  }

  [Symbol.dispose](): void {
    this.#module[Symbol.dispose]();
  }

  #usdtPlace(note: UsdtNote): UsdtPlace | undefined {
    const { provider, name, location: address } = note;
    const fileOffset = this.elf.isCode(address) ? this.#fileOffsetOf(address) : undefined;
    if (fileOffset === undefined) return undefined;
    const semaphoreOffset = note.semaphore === undefined ? undefined : this.#fileOffsetOf(note.semaphore);
    const isNop = this.#isNop(address);
    return { provider, name, address, fileOffset, semaphoreOffset, arguments: note.arguments, isNop };
  }

  #isNop(address: bigint): boolean {
    const [first, second, third, fourth] = this.elf.bytesAt(address, 4) ?? [];
    if (this.elf.header.machine === Machine.Arm64)
      return first === 0x1f && second === 0x20 && third === 0x03 && fourth === 0xd5;
    // nop, or the long form (0f 1f …) that a kernel can replace by a jump.
    return first === 0x90 || (first === 0x0f && second === 0x1f) || (first === 0x66 && second === 0x90);
  }

  /** Of a name that is in several tables, the symbols of the first count. */
  #listFunctions(): Map<string, ElfSymbol[]> {
    const all = new Map<string, ElfSymbol[]>();
    for (const open of this.#openers()) {
      const own = new Map<string, ElfSymbol[]>();
      const listed = this.#orDamaged(() => {
        const table = open();
        if (table === undefined) return own;
        for (const symbol of table.list(functionSymbols)) {
          const known = own.get(symbol.name);
          if (known) known.push(symbol);
          else own.set(symbol.name, [symbol]);
        }
        return own;
      });
      if ('error' in listed) {
        this.#damage ??= listed.error;
        continue;
      }
      for (const [name, symbols] of own) if (!all.has(name)) all.set(name, symbols);
    }
    return all;
  }

  /** Dynamic symbols first: they have versions and a hash table. Each throws FormatError where it is damaged. */
  #openers(): readonly (() => FunctionTable | undefined)[] {
    return [
      () => this.elf.dynamicSymbols,
      () => this.elf.symbols,
      () => this.#module.debug?.symbols,
      () => this.#module.goFunctions,
    ];
  }

  #tables(): FunctionTable[] {
    return this.#openers().flatMap((open) => open() ?? []);
  }

  #find(name: string): ElfSymbol[] {
    const listed = this.#byName?.get(name);
    if (listed) return preferred(listed);
    for (const filter of [functionSymbols, labelSymbols]) {
      for (const table of this.#tables()) {
        const found = preferred(table.find(name, filter)).filter(
          (symbol) => filter === functionSymbols || this.elf.isCode(symbol.address),
        );
        if (found.length > 0) return found;
      }
    }
    return [];
  }

  /** undefined: the file has no code there. */
  #place(address: bigint, symbol: ElfSymbol | undefined): FunctionPlace | undefined {
    const fileOffset = this.elf.isCode(address) ? this.#fileOffsetOf(address) : undefined;
    if (fileOffset === undefined) return undefined;
    return {
      fileOffset,
      address,
      size: symbol?.sizeBytes ?? 0n,
      name: symbol?.name,
      startsInstruction: this.#startsInstruction(address, symbol?.address),
      isIndirect: symbol?.type === SymbolType.IndirectFunction,
    };
  }

  #startsInstruction(address: bigint, start: bigint | undefined): boolean | undefined {
    if (address === start) return true;
    if (this.elf.header.machine === Machine.Arm64) return address % 4n === 0n;
    if (this.elf.header.machine !== Machine.X86_64 || start === undefined || address < start) return undefined;
    if (address - start > farthestOffset) return undefined;
    const offset = Number(address - start);
    const code = this.elf.bytesAt(start, offset + longestInstructionBytes);
    return code && isInstructionBoundary(code, offset);
  }

  #orDamaged<T>(read: () => T): T | TargetError {
    try {
      return read();
    } catch (error) {
      if (error instanceof FormatError) return { error: `${this.path} is damaged: ${error.message}` };
      throw error;
    }
  }
}

function openFile(path: string, options: UserBinaryOptions): FileSource {
  try {
    return FileSource.open(path, options);
  } catch (error) {
    const { errno = -22, message } = error as NodeJS.ErrnoException;
    throw new SystemError('open', -errno, message, { cause: error });
  }
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
