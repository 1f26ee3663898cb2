/** The file that a process has mapped: by now another one may lie at its path. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { ElfFile } from '../elf/index.ts';
import type { FileSource } from './file-source.ts';
import type { Mapping } from './process-maps.ts';

/** Opens the very file that is mapped, even a deleted one; the kernel wants CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN for it. */
export function mappedFileLink(pid: number, { start, end }: Mapping): string {
  return `/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
}

/**
 * Where the file may be found by its path: seen from the process, or from us (in a chroot of our own mount namespace the
 * kernel tells us our view of it).
 */
export function pathsOfMapping(pid: number, { path, deleted }: Mapping): readonly string[] {
  return deleted ? [] : [`/proc/${pid}/root${path}`, path];
}

export function isFileOf(mapping: Mapping, { device, inode }: Pick<FileSource, 'device' | 'inode'>): boolean {
  return inode === mapping.inode && device === mapping.device;
}

/**
 * Some file systems tell other numbers of a file than of its mappings (overlayfs, btrfs): whether the process has the build id
 * of this file in its memory, where it would have mapped it.
 */
export function isBuildOf(pid: number, mappings: readonly Mapping[], mapping: Mapping, elf: ElfFile): boolean {
  const note = elf.section('.note.gnu.build-id');
  if (note === undefined || note.sizeBytes < 20 || note.sizeBytes > 1024) return false;
  const at = BigInt(note.fileOffset);
  const holder = mappings.find(
    ({ inode, device, path, fileOffset, start, end }) =>
      inode === mapping.inode &&
      device === mapping.device &&
      path === mapping.path &&
      at >= fileOffset &&
      at + BigInt(note.sizeBytes) <= fileOffset + (end - start),
  );
  if (holder === undefined) return false;
  const inMemory = readMemory(pid, holder.start + at - holder.fileOffset, note.sizeBytes);
  return inMemory !== undefined && Buffer.compare(inMemory, elf.sectionData(note)) === 0;
}

/** Undefined: it isn't ours to read, or is not there. */
export function readMemory(pid: number, address: bigint, sizeBytes: number): Uint8Array | undefined {
  const bytes = Buffer.alloc(sizeBytes);
  try {
    const fd = openSync(`/proc/${pid}/mem`, 'r');
    try {
      return readSync(fd, bytes, 0, sizeBytes, address) === sizeBytes ? bytes : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
