/** Where headers are looked for. */
import { joinLines } from './file.ts';
import { BUILTIN_HEADERS } from './builtin-headers.ts';

export interface HeaderSource {
  readonly architecture: 'x86_64' | 'arm64';
  readonly kernelRelease: string;
  /** Text of a file; undefined: there is none. A relative path counts from the working directory. */
  readHeader(path: string): string | undefined;
  /** Folders of the C library's and the compiler's headers, in order. */
  headerFolders(): readonly string[];
}

export interface SearchOptions {
  /** -I. */
  readonly includeFolders: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface FoundHeader {
  readonly path: string;
  readonly text: string;
  readonly isSystem: boolean;
  /** Its place in the order of folders: `#include_next` goes on behind it. */
  readonly rank: number;
}

interface Folder {
  readonly path: string;
  readonly isSystem: boolean;
}

/** Folders of the kernel's sources and of uapi, from which a name without BTF is a kernel header. */
const KERNEL_HEADER =
  /^(?:linux|net|asm|asm-generic|uapi|trace|crypto|scsi|sound|rdma|drm|kvm|video|xen|acpi|media|misc|mtd|soc|target|vdso|clocksource|keys|generated|kunit|memory|ras|pcmcia|math-emu|cxl|bpf)\//;

export class HeaderSearch {
  readonly #source: HeaderSource;
  readonly #options: SearchOptions;
  readonly #texts = new Map<string, string | undefined>();
  #folders: readonly Folder[] | undefined;
  #kernel: readonly string[] | undefined;

  constructor(source: HeaderSource, options: SearchOptions) {
    this.#source = source;
    this.#options = options;
  }

  static isKernelHeader(name: string): boolean {
    return KERNEL_HEADER.test(name);
  }

  /** `beside`: folder of the file that includes it in quotes. `after`: rank behind which to begin. */
  find(name: string, beside: string | undefined, after = -1): FoundHeader | undefined {
    if (name.startsWith('/')) return this.#open(name, name, false, -1);
    if (beside !== undefined) {
      const path = beside === '' ? name : `${beside}/${name}`;
      const found = this.#open(path, path, this.#isSystemFolder(beside), -1);
      if (found !== undefined) return found;
    }
    const folders = this.#allFolders();
    for (let rank = after + 1; rank < folders.length; rank++) {
      const { path, isSystem } = folders[rank]!;
      const found = this.#open(`${path}/${name}`, `${path}/${name}`, isSystem, rank);
      if (found !== undefined) return found;
    }
    const builtin = Object.hasOwn(BUILTIN_HEADERS, name) ? BUILTIN_HEADERS[name] : undefined;
    return builtin === undefined ? undefined : { path: name, text: builtin, isSystem: true, rank: folders.length };
  }

  /** Folders of the running kernel's own headers (not those for user programs); none where they are not installed. */
  get kernelFolders(): readonly string[] {
    return (this.#kernel ??= this.#findKernelFolders());
  }

  #open(path: string, key: string, isSystem: boolean, rank: number): FoundHeader | undefined {
    if (!this.#texts.has(key)) {
      const text = this.#source.readHeader(path);
      this.#texts.set(key, text === undefined ? undefined : joinLines(text));
    }
    const text = this.#texts.get(key);
    return text === undefined ? undefined : { path, text, isSystem, rank };
  }

  #isSystemFolder(folder: string): boolean {
    return this.#allFolders().some(({ path, isSystem }) => isSystem && `${folder}/`.startsWith(`${path}/`));
  }

  #allFolders(): readonly Folder[] {
    return (this.#folders ??= [
      ...this.#options.includeFolders.map((path) => ({ path, isSystem: false })),
      ...this.#fromEnvironment('CPATH').map((path) => ({ path, isSystem: false })),
      ...this.#fromEnvironment('C_INCLUDE_PATH').map((path) => ({ path, isSystem: true })),
      ...this.kernelFolders.map((path) => ({ path, isSystem: true })),
      ...this.#source.headerFolders().map((path) => ({ path, isSystem: true })),
    ]);
  }

  /** An empty part is the working directory. */
  #fromEnvironment(name: string): readonly string[] {
    const value = this.#options.environment[name];
    return value === undefined || value === '' ? [] : value.split(':').map((part) => part || '.');
  }

  #findKernelFolders(): readonly string[] {
    const { environment } = this.#options;
    const modules = `/lib/modules/${this.#source.kernelRelease}`;
    const isSource = (path: string): boolean =>
      this.#source.readHeader(`${path}/include/linux/kconfig.h`) !== undefined;
    const isBuild = (path: string): boolean =>
      this.#source.readHeader(`${path}/include/generated/autoconf.h`) !== undefined;
    const given = environment['BPFTRACE_KERNEL_SOURCE'];
    const source = given ? given : [`${modules}/source`, `${modules}/build`].find(isSource);
    if (source === undefined) return [];
    const built = environment['BPFTRACE_KERNEL_BUILD'];
    const build = built ? built : given ? given : [`${modules}/build`].find(isBuild);
    const folders = [source, ...(build === undefined || build === source ? [] : [build])];
    const arch = `arch/${this.#source.architecture === 'x86_64' ? 'x86' : 'arm64'}/include`;
    return [
      arch,
      `${arch}/generated`,
      'include',
      `${arch}/uapi`,
      `${arch}/generated/uapi`,
      'include/uapi',
      'include/generated/uapi',
    ].flatMap((part) => folders.map((folder) => `${folder}/${part}`));
  }
}
