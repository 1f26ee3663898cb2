/** Files and folders that scripts import. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { ImportedPath } from '../../lang/index.ts';

const WRITABLE_BY_OTHERS = 0o002;
/** Scripts and headers are far smaller; what is larger is something else. */
const LARGEST_BYTES = 16 << 20;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ENOTDIR: 'Not a directory',
  ELOOP: 'Too many levels of symbolic links',
};

export function readImport(path: string): ImportedPath {
  try {
    const status = statSync(path);
    const { dev, ino, mode, size } = status;
    const base = { id: `${dev}:${ino}`, isWorldWritable: (mode & WRITABLE_BY_OTHERS) !== 0 };
    if (status.isDirectory()) return { ...base, names: readdirSync(path) };
    if (!status.isFile()) return { error: 'it is no file and no folder' };
    if (size > LARGEST_BYTES) return { error: `it is too large (${size} bytes)` };
    return { ...base, bytes: readFileSync(path) };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { error: REASONS[code] ?? code };
  }
}
