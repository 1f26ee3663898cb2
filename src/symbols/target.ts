import {
  accessSync,
  constants,
  existsSync,
  globSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { strerror } from '../abi/index.ts';
import { FormatError } from '../base/index.ts';
import type { TargetError } from '../spec/index.ts';
import { FileSource } from './file-source.ts';
import { parseLoaderCache } from './loader-cache.ts';
import { isFileOf, mappedFileLink } from './mapped-file.ts';
import { type Mapping, readMaps } from './process-maps.ts';

/** A file that user probes can be set in. */
export interface TargetFile {
  /** Path for the kernel, absolute; below /proc/PID/root where the process has another root. */
  readonly path: string;
}

export interface TargetOptions {
  /** Look with this process's eyes: its root where that is another one, its files. */
  readonly pid?: number | undefined;
  /** What the file is for, in messages. Default `uprobe`. */
  readonly provider?: 'uprobe' | 'usdt';
}

/**
 * The file that a script names: a path, a command in $PATH, or a library as the dynamic linker finds it (`libc`,
 * `libc.so.6`). An empty name with a pid is the process's executable. Problems are returned as a sentence.
 */
export function resolveTarget(name: string, options: TargetOptions = {}): TargetFile | TargetError {
  const { pid, provider = 'uprobe' } = options;
  if (pid !== undefined && !existsSync(`/proc/${pid}`))
    return { error: `process ${pid} is gone, or can't be looked into` };
  const missing = { error: `${provider} target file '${name}' does not exist or is not executable` };
  if (name === '') return pid === undefined ? missing : executableOf(pid, missing);
  const root = rootOf(pid);
  for (const path of candidates(name, pid, root)) {
    const checked = checkFile(path);
    if (checked !== 'missing')
      return checked === 'elf' ? { path } : { error: `${provider} target file '${name}' ${checked}` };
  }
  return missing;
}

/** A file of any kind: an archive that holds libraries. */
export function resolveArchive(name: string, options: TargetOptions = {}): TargetFile | TargetError {
  const { pid, provider = 'uprobe' } = options;
  const root = rootOf(pid);
  const path = isAbsolute(name)
    ? root === '' || name.startsWith('/proc/')
      ? name
      : root + name
    : root === ''
      ? resolve(name)
      : join(`/proc/${pid}/cwd`, name);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? { path } : { error: `${provider} target file '${name}' does not exist or is no regular file` };
}

/** As resolveTarget, for names with wildcards too: each ELF file that matches, sorted. `*` alone: every file that is mapped as code. */
export function resolveTargets(name: string, options: TargetOptions = {}): readonly TargetFile[] | TargetError {
  if (name === '*') {
    if (options.pid !== undefined && readMaps(options.pid) === undefined)
      return { error: `process ${options.pid} is gone, or can't be looked into` };
    return mappedFiles(options.pid).map((path) => ({ path }));
  }
  if (!/[*?[]/.test(name)) {
    const one = resolveTarget(name, options);
    return 'error' in one ? one : [one];
  }
  const root = rootOf(options.pid);
  const patterns = isAbsolute(name)
    ? [root + name]
    : name.includes('/')
      ? [resolve(name)]
      : pathFolders(root).map((folder) => join(folder, name));
  const paths = globSync(patterns).filter((path) => checkFile(path) === 'elf');
  const seen = new Set<string>();
  const unique = paths.sort().filter((path) => {
    const { dev, ino } = statSync(path);
    const isNew = !seen.has(`${dev}:${ino}`);
    seen.add(`${dev}:${ino}`);
    return isNew;
  });
  return unique.map((path) => ({ path }));
}

/** Paths of the files that a process (or any process) has mapped as code, sorted, one per file. Those of one process lie below its /proc/PID/root. */
export function mappedFiles(pid?: number): string[] {
  const pids =
    pid === undefined
      ? readdirSync('/proc')
          .filter((entry) => /^\d+$/.test(entry))
          .map(Number)
      : [pid];
  const byFile = new Map<string, string>();
  for (const each of pids) {
    for (const mapping of readMaps(each) ?? []) {
      if (!mapping.executable || mapping.inode === 0n || !mapping.path.startsWith('/')) continue;
      const key = `${mapping.device} ${mapping.inode}`;
      const path = byFile.has(key) ? undefined : fileOfMapping(each, mapping, pid !== undefined);
      if (path !== undefined) byFile.set(key, path);
    }
  }
  return [...byFile.values()].sort();
}

/** Of all processes only files that are still where they were: others end with their process. */
function fileOfMapping(pid: number, mapping: Mapping, isOnly: boolean): string | undefined {
  const root = isOnly ? `/proc/${pid}/root` : rootOf(pid);
  const link = mappedFileLink(pid, mapping);
  for (const path of mapping.deleted ? [] : [root + mapping.path, mapping.path])
    if (isSameFile(path, link, mapping) && checkFile(path) === 'elf') return path;
  return isOnly && checkFile(link) === 'elf' ? link : undefined;
}

/** File systems may tell other numbers of a file than of its mappings: the link tells the same, where we may follow it. */
function isSameFile(path: string, link: string, mapping: Mapping): boolean {
  try {
    using source = FileSource.open(path);
    return isFileOf(mapping, source) || FileSource.identityOf(link) === source.identity;
  } catch {
    return false;
  }
}

function executableOf(pid: number, missing: TargetError): TargetFile | TargetError {
  try {
    const link = `/proc/${pid}/exe`;
    const path = rootOf(pid) + readlinkSync(link);
    // A deleted or replaced executable can still be reached through the link.
    const isThere = checkFile(path) === 'elf' && FileSource.identityOf(path) === FileSource.identityOf(link);
    return { path: isThere ? path : link };
  } catch {
    return missing;
  }
}

/** Empty when the process sees the same file system as we do. */
function rootOf(pid: number | undefined): string {
  if (pid === undefined) return '';
  try {
    const isSame =
      readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt') &&
      readlinkSync(`/proc/${pid}/root`) === readlinkSync('/proc/self/root');
    return isSame ? '' : `/proc/${pid}/root`;
  } catch {
    return `/proc/${pid}/root`;
  }
}

function* candidates(name: string, pid: number | undefined, root: string): Generator<string> {
  if (isAbsolute(name)) {
    // A path that already goes through /proc/PID/root is meant as it is.
    yield root === '' || name.startsWith('/proc/') ? name : root + name;
    return;
  }
  const here = root === '' ? resolve(name) : join(`/proc/${pid}/cwd`, name);
  if (name.includes('/')) {
    yield here;
    return;
  }
  for (const folder of pathFolders(root)) if (isExecutable(join(folder, name))) yield join(folder, name);
  if (name.startsWith('lib')) yield* libraries(name, root);
  yield here;
}

function pathFolders(root: string): string[] {
  const path = process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // An empty entry would mean the current folder, where anyone may have put a file of that name.
  return path
    .split(':')
    .filter(isAbsolute)
    .map((folder) => root + folder);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Bits that the loader cache gives the libraries of our own machine type. */
const ownCacheFlags: Partial<Record<string, number>> = { x64: 0x0303, arm64: 0x0a03 };

/** `libc` matches `libc.so` and `libc.so.6`; a name with `.so` matches itself and with a version behind. */
function* libraries(name: string, root: string): Generator<string> {
  const stem = name.includes('.so') ? name : `${name}.so`;
  const fits = (soname: string): boolean => soname === stem || soname.startsWith(`${stem}.`);
  const own = ownCacheFlags[process.arch];
  const cached = readLoaderCache(`${root}/etc/ld.so.cache`).filter((library) => fits(library.soname));
  cached.sort((a, b) => Number(b.flags === own) - Number(a.flags === own));
  for (const library of cached) yield root + library.path;
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  for (const folder of [
    `/lib/${triplet}`,
    `/usr/lib/${triplet}`,
    '/lib64',
    '/usr/lib64',
    '/lib',
    '/usr/lib',
    '/usr/local/lib',
  ]) {
    for (const file of entriesOf(root + folder)) if (fits(file)) yield join(root + folder, file);
  }
}

function readLoaderCache(path: string): ReturnType<typeof parseLoaderCache> {
  try {
    return parseLoaderCache(readFileSync(path));
  } catch (error) {
    // Absent (musl), or of another format: the standard folders remain.
    if (error instanceof FormatError || (error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The rest of a sentence about the file, unless it is fine (`elf`) or not there. */
function checkFile(path: string): string {
  try {
    if (!statSync(path).isFile()) return 'is not a regular file';
    using source = FileSource.open(path);
    return Buffer.from(source.read(0, 4)).toString('latin1') === '\x7fELF' ? 'elf' : 'is not an ELF file';
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return 'missing';
    if (code !== undefined) return `can't be read: ${strerror(errno ?? 0)} (${code})`;
    throw error;
  }
}
