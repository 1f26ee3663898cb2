/** Files that a script's path for a user probe means (spec P-51). */
import { existsSync, globSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { FormatError } from '../../base/index.ts';
import { ElfBinary } from './elf-binary.ts';
import { librariesNamed } from './library-cache.ts';

type Found = readonly ElfBinary[] | { readonly error: string };

export function findUserBinaries(path: string, pid: number | undefined): Found {
  if (path === '*')
    return pid === undefined ? { error: 'a wildcard for all files needs a process: use -p' } : mappedBinaries(pid);
  if (/[*[]/.test(path)) return matchingBinaries(path, pid);
  const file = locate(path, pid);
  return file === undefined ? missingFile(path) : openOne(file, path);
}

function missingFile(path: string): { readonly error: string } {
  return { error: `uprobe target file '${path}' does not exist or is not executable` };
}

function openOne(file: string, path: string): Found {
  try {
    return [new ElfBinary(file)];
  } catch (error) {
    if (error instanceof FormatError)
      return { error: `uprobe target file '${path}' is no executable or library that can be read: ${error.message}` };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return missingFile(path);
    return { error: `uprobe target file '${path}' can't be read: ${(error as Error).message}` };
  }
}

/** Of a wildcard's files, those that are executables or libraries. */
function matchingBinaries(pattern: string, pid: number | undefined): Found {
  if (!pattern.includes('/')) return { error: `'${pattern}' is not a path: a wildcard needs its directory` };
  const root = pid === undefined ? '' : rootOf(pid);
  return openAll(globSync(root + (isAbsolute(pattern) ? pattern : resolve(pattern))).sort());
}

function openAll(files: readonly string[]): readonly ElfBinary[] {
  return files.flatMap((file) => {
    const opened = openOne(file, file);
    return 'error' in opened ? [] : opened;
  });
}

/** Everything with code that the process has mapped. */
function mappedBinaries(pid: number): Found {
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return { error: `process ${pid} can't be looked into: it is gone, or not ours to see` };
  }
  const paths = new Set<string>();
  for (const line of maps.split('\n')) {
    const match = /^\S+ ..x. \S+ \S+ \d+\s+(\/.*)$/.exec(line);
    if (match !== null && !match[1]!.endsWith(' (deleted)')) paths.add(match[1]!);
  }
  return openAll([...paths].sort().map((path) => `/proc/${pid}/root${path}`));
}

/** A path as the kernel can open it: as written, in $PATH, in the linker's cache, or in the process's own file system. */
function locate(path: string, pid: number | undefined): string | undefined {
  const root = pid === undefined ? '' : rootOf(pid);
  if (path.startsWith('/proc/')) return path;
  if (path.includes('/')) {
    const absolute = isAbsolute(path) ? path : resolve(path);
    return [root + absolute, absolute].find((candidate) => existsSync(candidate));
  }
  const inPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, path));
  const libraries = path.startsWith('lib') ? librariesNamed(path) : [];
  return [...inPath, ...libraries, resolve(path)].find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Empty where the process sees the same files as we do. */
function rootOf(pid: number): string {
  try {
    const same =
      readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt') &&
      readlinkSync(`/proc/${pid}/root`) === readlinkSync('/proc/self/root');
    return same ? '' : `/proc/${pid}/root`;
  } catch {
    return '';
  }
}
