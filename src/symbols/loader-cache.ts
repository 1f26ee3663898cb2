import { FormatError } from '../base/index.ts';

/** A library that the dynamic linker knows. */
export interface CachedLibrary {
  readonly soname: string;
  readonly path: string;
  readonly flags: number;
}

const oldMagic = 'ld.so-1.7.0\0';
const newMagic = 'glibc-ld.so.cache1.1';
const mostLibraries = 1_000_000;

/** Parses /etc/ld.so.cache of the GNU C library, in the order of the file. Throws FormatError. */
export function parseLoaderCache(bytes: Uint8Array): CachedLibrary[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = skipOldPart(file);
  if (file.length < start + 48 || file.toString('latin1', start, start + newMagic.length) !== newMagic) {
    throw new FormatError('loader cache', start, 'unknown format');
  }
  const view = new DataView(file.buffer, file.byteOffset + start, file.length - start);
  // Bit 1 of the flags byte: big-endian; files older than this byte are of the machine's own order, which is little here.
  const little = (view.getUint8(28) & 3) !== 3;
  const count = view.getUint32(20, little);
  if (count > mostLibraries || 48 + count * 24 > view.byteLength)
    throw new FormatError('loader cache', start + 20, `claims ${count} entries`);
  const text = (offset: number): string => {
    const end = offset < view.byteLength ? file.indexOf(0, start + offset) : -1;
    if (end < 0 || end - start - offset > 4096)
      throw new FormatError('loader cache', start + Math.min(offset, view.byteLength), 'text does not end');
    return file.toString('utf8', start + offset, end);
  };
  return Array.from({ length: count }, (_, i) => {
    const at = 48 + i * 24;
    return {
      flags: view.getInt32(at, little),
      soname: text(view.getUint32(at + 4, little)),
      path: text(view.getUint32(at + 8, little)),
    };
  });
}

/** Older files begin with a table of another form. */
function skipOldPart(file: Buffer): number {
  if (file.toString('latin1', 0, oldMagic.length) !== oldMagic) return 0;
  if (file.length < 16) throw new FormatError('loader cache', 12, 'cut off');
  return Math.ceil((16 + file.readUInt32LE(12) * 12) / 8) * 8;
}
