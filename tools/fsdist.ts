// files: how long reads, writes, opens and syncs of one kind of file system take, as histograms
//
// A histogram for each function of the file system. It needs kprobes and the file system.

import { fileSystemScript } from '../src/cli/tools/file-systems.ts';

export const words = '';

export const options = `
  getopt("type", "ext4", "t: btrfs, ext4, f2fs, nfs, xfs or zfs");
  getopt("pid", 0, "p: only this process");
  getopt("milliseconds", false, "m: milliseconds instead of microseconds");
  getopt("interval", 0, "i,$1: a report every S seconds, then from zero");
  getopt("count", 0, "$2: end after so many reports");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  return fileSystemScript(given.get('type') ?? 'ext4', 'dist');
}
