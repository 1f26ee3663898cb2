import { dirname, join } from 'node:path';
import { FormatError } from '../base/index.ts';
import { BytesSource, DebugInfo, ElfFile, type GoFunctions, goFunctionsOf, type SourceFrames } from '../elf/index.ts';
import { debugSections } from './debug-sections.ts';
import { FileSource } from './file-source.ts';
import { unpackXz } from './xz/index.ts';
import { PartOfFile } from './zip.ts';

/** Name of a function and the distance to it. */
export interface ModuleSymbol {
  readonly name: string;
  readonly offset: bigint;
}

let debugDirectories: readonly string[] = ['/usr/lib/debug'];

/** Folders that are searched for separate debug files before the usual one, from now on. */
export function useDebugDirectories(folders: readonly string[]): void {
  debugDirectories = [...folders, '/usr/lib/debug'];
}

/** Debug information beyond this is not read to name lines in stacks: it is all held in memory. */
const mostDebugBytes = 512 * 1024 * 1024;

/** Beyond this it is not searched for a word of help. */
const quickDebugBytes = 64 * 1024 * 1024;

/** An ELF file with its separate debug file, if one is installed, as a source of names for addresses. */
export class Module {
  readonly elf: ElfFile;
  readonly #sources: FileSource[] = [];
  readonly #path: string;
  readonly #root: string;
  #debug: ElfFile | undefined | null = null;
  #separate: ElfFile | undefined | null = null;
  #go: GoFunctions | undefined | null = null;
  #info: DebugInfo | undefined | null = null;
  #buildId: string | undefined | null = null;
  #debugInfoBytes = 0;
  /** Of the separate file that was opened last. */
  #debugFolder = '';
  #sourceInfo: { readonly info: DebugInfo | undefined } | undefined;
  /** Size of debug information that was too large to be read for stacks; zero: none was, or nobody asked. */
  leftOutBytes = 0;

  /** `root` is the process's root directory, prefixed where a debug file is looked for. */
  static open(source: FileSource, path: string, root = ''): Module {
    return new Module(ElfFile.open(source), source, path, root);
  }

  /** An ELF file inside of another file: a library in a package. */
  static openPart(source: FileSource, part: { readonly offset: number; readonly sizeBytes: number }): Module {
    return new Module(ElfFile.open(new PartOfFile(source, part)), source, '', '');
  }

  /** For code that has no file: the vdso. */
  static fromBytes(bytes: Uint8Array): Module {
    return new Module(ElfFile.open(new BytesSource(bytes)), undefined, '', '');
  }

  private constructor(elf: ElfFile, source: FileSource | undefined, path: string, root: string) {
    this.elf = elf;
    if (source) this.#sources.push(source);
    this.#path = path;
    this.#root = root;
  }

  /** As the process calls it; empty where it is no file of its own. */
  get path(): string {
    return this.#path;
  }

  /** Lower-case hexadecimal. */
  get buildId(): string | undefined {
    if (this.#buildId === null) this.#buildId = tolerant(() => this.elf.buildId());
    return this.#buildId;
  }

  /**
   * The separate debug file, which has the full symbol table of a stripped one, or else the small one that some distributions pack
   * into the file itself (.gnu_debugdata). Looked for once.
   */
  get debug(): ElfFile | undefined {
    if (this.#debug === null) this.#debug = this.elf.symbols ? undefined : (this.#separateFile() ?? this.#packedFile());
    return this.#debug;
  }

  /** Debug information, of the file itself or of its separate debug file; undefined: there is none. */
  get debugInfo(): DebugInfo | undefined {
    if (this.#info === null) {
      const own = this.elf.section('.debug_info') === undefined ? undefined : this.elf;
      const holder = own ?? this.#separateFile();
      const section = holder?.section('.debug_info');
      this.#debugInfoBytes = section?.sizeBytes ?? 0;
      this.#info =
        section === undefined ? undefined : new DebugInfo(debugSections(holder!, () => this.#openAlternate(holder!)));
    }
    return this.#info;
  }

  /** Functions of a stripped program that is written in Go; undefined: it isn't, or has better tables. */
  get goFunctions(): GoFunctions | undefined {
    if (this.#go === null)
      this.#go = this.elf.symbols || this.debug?.symbols ? undefined : tolerant(() => goFunctionsOf(this.elf));
    return this.#go;
  }

  /** Debug information that is read through in a moment. */
  get smallDebugInfo(): DebugInfo | undefined {
    const { debugInfo } = this;
    return this.#debugInfoBytes > quickDebugBytes ? undefined : debugInfo;
  }

  #packedFile(): ElfFile | undefined {
    const section = this.elf.section('.gnu_debugdata');
    if (section === undefined) return undefined;
    return tolerant(() => ElfFile.fromBytes(unpackXz(this.elf.sectionData(section))));
  }

  #separateFile(): ElfFile | undefined {
    if (this.#separate === null) this.#separate = this.#openDebug();
    return this.#separate;
  }

  /** The function that lies at this offset of the file. Damaged parts of the file have no symbols. */
  functionAtOffset(fileOffset: bigint): ModuleSymbol | undefined {
    const address = this.elf.addressOf(fileOffset);
    return address === undefined ? undefined : this.functionAt(address);
  }

  /** Source lines and inlined calls at an offset of the file; undefined: nothing is known, or it would take too much memory. */
  sourceAtOffset(fileOffset: bigint): SourceFrames | undefined {
    const address = this.elf.addressOf(fileOffset);
    if (address === undefined) return undefined;
    this.#sourceInfo ??= { info: tolerant(() => this.#debugInfoForStacks()) };
    const { info } = this.#sourceInfo;
    return tolerant(() => info?.sourceAt(address));
  }

  #debugInfoForStacks(): DebugInfo | undefined {
    const { debugInfo } = this;
    if (this.#debugInfoBytes <= mostDebugBytes) return debugInfo;
    this.leftOutBytes = this.#debugInfoBytes;
    return undefined;
  }

  functionAt(address: bigint): ModuleSymbol | undefined {
    const symbol =
      tolerant(() => this.elf.symbols?.functionAt(address)) ??
      tolerant(() => this.debug?.functionAt(address)) ??
      tolerant(() => this.elf.dynamicSymbols?.functionAt(address)) ??
      tolerant(() => this.goFunctions?.functionAt(address));
    return symbol === undefined ? undefined : { name: symbol.name, offset: address - symbol.address };
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source[Symbol.dispose]();
  }

  #openByBuildId(id: string): ElfFile | undefined {
    if (id.length <= 2) return undefined;
    for (const directory of debugDirectories) {
      const name = `${directory}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
      for (const root of new Set(['', this.#root])) {
        const found = this.#openIf(root + name, (elf) => elf.buildId() === id);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** The file that the debug information of `holder` shares its repeated parts with. */
  #openAlternate(holder: ElfFile): ElfFile | undefined {
    const link = tolerant(() => holder.alternateLink());
    if (link === undefined) return undefined;
    const known = this.#openByBuildId(link.id);
    if (known) return known;
    const folders =
      holder === this.elf ? [this.#root, ''].map((root) => root + dirname(this.#path)) : [this.#debugFolder];
    const paths = link.fileName.startsWith('/')
      ? [this.#root + link.fileName, link.fileName]
      : folders.map((folder) => join(folder, link.fileName));
    for (const path of new Set(paths)) {
      const found = this.#openIf(path, (elf) => elf.isAlternateOf(link));
      if (found) return found;
    }
    return undefined;
  }

  #openDebug(): ElfFile | undefined {
    const id = this.buildId;
    const known = id === undefined ? undefined : this.#openByBuildId(id);
    if (known) return known;
    const link = tolerant(() => this.elf.debugLink());
    if (!link || link.fileName.includes('/') || this.#path === '') return undefined;
    const folder = dirname(this.#path);
    const roots = [...new Set([this.#root, ''])];
    const folders = [
      // Of the process's file system, and of ours.
      ...[folder, join(folder, '.debug')].flatMap((each) => roots.map((root) => root + each)),
      ...debugDirectories.flatMap((each) => roots.flatMap((root) => [root + join(each, folder), root + each])),
    ];
    for (const each of folders) {
      const path = join(each, link.fileName);
      const found = this.#openIf(path, (elf, source) =>
        id !== undefined ? elf.buildId() === id : checksum(source) === link.crc32,
      );
      if (found) return found;
    }
    return undefined;
  }

  #openIf(path: string, belongs: (elf: ElfFile, source: FileSource) => boolean): ElfFile | undefined {
    let source: FileSource | undefined;
    try {
      source = FileSource.open(path, { keepOpen: this.#sources[0]?.keepsOpen ?? true });
      const elf = ElfFile.open(source);
      if (belongs(elf, source)) {
        this.#sources.push(source);
        this.#debugFolder = dirname(path);
        return elf;
      }
    } catch {
      // Not there, not readable or no ELF file: as good as none.
    }
    source?.[Symbol.dispose]();
    return undefined;
  }
}

/** What a file can't tell because it is damaged is unknown. */
function tolerant<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function checksum(source: FileSource): number {
  const chunk = 1 << 20;
  let value = 0;
  // Loaded only here: few files have a debug link.
  const { crc32 } = process.getBuiltinModule('node:zlib');
  for (let at = 0; at < source.sizeBytes; at += chunk)
    value = crc32(source.read(at, Math.min(chunk, source.sizeBytes - at)), value);
  return value;
}
