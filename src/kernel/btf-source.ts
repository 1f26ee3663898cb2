import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { Command } from '../abi/index.ts';
import { FormatError, UnsupportedFeatureError } from '../base/index.ts';
import { Btf } from '../btf/index.ts';
import { ElfFile } from '../elf/index.ts';
import { Attr, bpf, closeFd, Mapping, pageSizeBytes, tryBpf } from './sys/index.ts';
import { kernelRelease } from './uname.ts';

const BTF_DIRECTORY = '/sys/kernel/btf';

/** Where the kernel's BTF may be, in order of search: a raw BTF file, or an ELF file with a `.BTF` section. */
export function kernelBtfPaths(environment: NodeJS.ProcessEnv = process.env, release = kernelRelease()): string[] {
  if (environment['BPFTRACE_BTF'] !== undefined && environment['BPFTRACE_BTF'] !== '')
    return [environment['BPFTRACE_BTF']];
  const r = release;
  return [
    `${BTF_DIRECTORY}/vmlinux`,
    `/boot/vmlinux-${r}`,
    `/lib/modules/${r}/vmlinux-${r}`,
    `/lib/modules/${r}/build/vmlinux`,
    `/usr/lib/modules/${r}/kernel/vmlinux`,
    `/usr/lib/debug/boot/vmlinux-${r}`,
    `/usr/lib/debug/boot/vmlinux-${r}.debug`,
    `/usr/lib/debug/lib/modules/${r}/vmlinux`,
  ];
}

let cachedKernelBtf: Btf | undefined | null = null;

/**
 * The running kernel's types, opened on first use; undefined where there are none. Throws FormatError for a broken
 * file, and UnsupportedFeatureError where BPFTRACE_BTF names a file that can't be opened.
 */
export function kernelBtf(): Btf | undefined {
  if (cachedKernelBtf === null) cachedKernelBtf = openFirst(kernelBtfPaths());
  return cachedKernelBtf;
}

/** Like `kernelBtf`, but its absence is an UnsupportedFeatureError. */
export function requireKernelBtf(): Btf {
  const btf = kernelBtf();
  if (btf !== undefined) return btf;
  throw new UnsupportedFeatureError('btf', 'this kernel does not describe its types: there is no BTF', {
    minimumKernel: '5.4',
    advice: 'Use a kernel built with CONFIG_DEBUG_INFO_BTF, or name a BTF file in BPFTRACE_BTF.',
  });
}

function openFirst(paths: readonly string[]): Btf | undefined {
  for (const path of paths) {
    const bytes = readBtfFile(path);
    if (bytes !== undefined) return Btf.decode(bytes);
  }
  if (paths.length > 1) return undefined;
  throw new UnsupportedFeatureError('btf', `BPFTRACE_BTF names ${paths[0]}, which can't be opened`);
}

/** Raw BTF bytes of a file, which may be an ELF file; undefined where it can't be opened. Throws FormatError. */
export function readBtfFile(path: string): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    if (readAt(fd, 0, 4).toString('latin1') === '\x7fELF') return elfBtf(fd, path);
    return path.startsWith(BTF_DIRECTORY) ? mapFile(fd, path) : readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function elfBtf(fd: number, path: string): Uint8Array {
  const elf = ElfFile.open({ sizeBytes: fstatSync(fd).size, read: (offset, length) => readAt(fd, offset, length) });
  const section = elf.section('.BTF');
  if (section === undefined) throw new FormatError(path, 0, 'an ELF file without a .BTF section');
  return elf.sectionData(section);
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (let n = -1; filled < length && n !== 0; filled += n)
    n = readSync(fd, bytes, filled, length - filled, offset + filled);
  return bytes.subarray(0, filled);
}

/** Mapping takes a tenth of a millisecond, reading five; older kernels can't map files of /sys. The mapping is never undone. */
function mapFile(fd: number, path: string): Uint8Array {
  const { size } = fstatSync(fd);
  const sizeBytes = Math.ceil(size / pageSizeBytes()) * pageSizeBytes();
  try {
    return new Uint8Array(new Mapping(fd, { sizeBytes, private: true, what: path }).buffer, 0, size);
  } catch {
    return readFileSync(fd);
  }
}

/** Names of the modules that have BTF, sorted. */
export function modulesWithBtf(): string[] {
  try {
    return readdirSync(BTF_DIRECTORY)
      .filter((name) => name !== 'vmlinux')
      .sort();
  } catch {
    return [];
  }
}

const moduleBtfs = new Map<string, Btf | undefined>();

/** Types of a loaded module, on top of the kernel's; undefined where there are none. Kernel 5.11. */
export function moduleBtf(module: string): Btf | undefined {
  if (!moduleBtfs.has(module)) {
    const base = kernelBtf();
    const bytes =
      base === undefined || !/^[\w.-]+$/.test(module) ? undefined : readBtfFile(`${BTF_DIRECTORY}/${module}`);
    moduleBtfs.set(module, bytes === undefined ? undefined : Btf.decode(bytes, base));
  }
  return moduleBtfs.get(module);
}

/** A descriptor of a module's BTF in the kernel, to be closed by the caller; undefined where there is none. */
export function openModuleBtfFd(module: string): number | undefined {
  for (let id = 0; ;) {
    const next = new Attr(12).u32(0, id);
    if (tryBpf(Command.BtfGetNextId, next) < 0) return undefined;
    id = next.getU32(4);
    const fd = tryBpf(Command.BtfGetFdById, new Attr(12).u32(0, id));
    if (fd < 0) continue;
    if (btfName(fd) === module) return fd;
    closeFd(fd);
  }
}

function btfName(fd: number): string {
  const name = new Uint8Array(64);
  const info = new Attr(32).pointer(16, name).u32(24, name.length);
  bpf(Command.ObjGetInfoByFd, new Attr(16).u32(0, fd).u32(4, 32).pointer(8, info.bytes));
  info.release();
  return Buffer.from(name).toString('latin1').replace(/\0.*$/s, '');
}
