import { FormatError } from '../base/index.ts';
import type { RandomAccess } from '../elf/index.ts';

/** Where an entry's bytes lie in the archive. */
export interface ZipMember {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly isStored: boolean;
}

const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** More is taken for damage: archives of programs have some ten thousand entries. */
const LARGEST_DIRECTORY = 64 * 2 ** 20;

/** An entry of a zip archive (an Android package) by its name; undefined: there is none. Throws FormatError. */
export function findZipMember(source: RandomAccess, name: string): ZipMember | undefined {
  const directory = readDirectory(source);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const wanted = Buffer.from(name);
  for (let at = 0; at + ENTRY_BYTES <= directory.length;) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new FormatError('zip', at, 'an entry of unknown form');
    const nameBytes = view.getUint16(at + 28, true);
    const nameAt = at + ENTRY_BYTES;
    if (wanted.equals(directory.subarray(nameAt, nameAt + nameBytes))) return memberAt(source, view, at);
    at = nameAt + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return undefined;
}

function memberAt(source: RandomAccess, view: DataView, at: number): ZipMember {
  const sizeBytes = view.getUint32(at + 20, true);
  const local = view.getUint32(at + 42, true);
  const header = source.read(local, LOCAL_BYTES);
  if (header.length < LOCAL_BYTES) throw new FormatError('zip', local, 'cut off');
  const own = new DataView(header.buffer, header.byteOffset, header.length);
  if (own.getUint32(0, true) !== 0x04034b50) throw new FormatError('zip', local, 'an entry of unknown form');
  const offset = local + LOCAL_BYTES + own.getUint16(26, true) + own.getUint16(28, true);
  if (offset + sizeBytes > source.sizeBytes) throw new FormatError('zip', local, 'an entry is longer than the file');
  return { offset, sizeBytes, isStored: view.getUint16(at + 10, true) === 0 };
}

/** The list of entries, which the archive's last bytes point at. */
function readDirectory(source: RandomAccess): Uint8Array {
  const length = Math.min(source.sizeBytes, END_BYTES + LONGEST_COMMENT);
  const tail = Buffer.from(source.read(source.sizeBytes - length, length));
  const at = tail.lastIndexOf('PK\x05\x06');
  if (at < 0 || at + END_BYTES > tail.length) throw new FormatError('zip', source.sizeBytes, 'no list of entries');
  const sizeBytes = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  if (sizeBytes > LARGEST_DIRECTORY || offset + sizeBytes > source.sizeBytes)
    throw new FormatError('zip', offset, 'the list of entries lies outside the file');
  return source.read(offset, sizeBytes);
}

/** A part of a file, as if it were a file. */
export class PartOfFile implements RandomAccess {
  readonly sizeBytes: number;
  readonly #whole: RandomAccess;
  readonly #offset: number;

  constructor(whole: RandomAccess, { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number }) {
    this.#whole = whole;
    this.#offset = offset;
    this.sizeBytes = sizeBytes;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#whole.read(this.#offset + offset, length);
  }
}
