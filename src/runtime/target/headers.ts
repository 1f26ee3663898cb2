/** C headers on this machine's disk. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { architectureOf } from '../../abi/index.ts';

/** No header is larger; what is may be anything. */
const LARGEST_HEADER_BYTES = 16 << 20;

/** Undefined for what is no file, can't be read or is no header by its size. */
export function readHeader(path: string): string | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false }); // to throw costs ten times as much as to look
    return status?.isFile() === true && status.size <= LARGEST_HEADER_BYTES ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** In the order of a C compiler: local ones, the compiler's own, then those of this architecture, then the common ones. */
export function findHeaderFolders(): readonly string[] {
  const triple = `${architectureOf(process.arch) === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const gcc = versions(`/usr/lib/gcc/${triple}`).concat(
    versions(`/usr/lib/gcc/${triple.replace('-', '-redhat-').replace('-gnu', '')}`),
  );
  const clang = ['/usr/lib', '/usr/lib64'].flatMap((folder) => versions(join(folder, 'clang')));
  return [
    '/usr/local/include',
    ...[...gcc, ...clang].map((folder) => join(folder, 'include')).slice(0, 1),
    `/usr/include/${triple}`,
    '/usr/include',
  ];
}

/** Folders whose names begin with a number, the highest first. */
function versions(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d/.test(name))
      .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
