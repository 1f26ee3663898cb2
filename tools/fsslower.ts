// files: reads, writes, opens and syncs of one kind of file system that are slow
//
// One line for each that took at least MIN_MS milliseconds (10). It needs kprobes and the file system.

import { fileSystemScript } from '../src/cli/tools/file-systems.ts';

export const words = '';

export const options = `
  getopt("type", "ext4", "t: btrfs, ext4, f2fs, nfs, xfs or zfs");
  getopt("pid", 0, "p: only this process");
  getopt("min-ms", 10, "$1: from so many milliseconds on");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  return fileSystemScript(given.get('type') ?? 'ext4', 'slower');
}
