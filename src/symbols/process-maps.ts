import { readFileSync, statSync } from 'node:fs';
import { FormatError } from '../base/index.ts';

/** One line of /proc/PID/maps. */
export interface Mapping {
  readonly start: bigint;
  /** First address behind it. */
  readonly end: bigint;
  readonly executable: boolean;
  readonly fileOffset: bigint;
  /** Of the file system, as FileSource gives it. */
  readonly device: string;
  /** 0: not a file. */
  readonly inode: bigint;
  /** As the process sees it; `[vdso]`, `[stack]` … for special ones, empty for anonymous memory. */
  readonly path: string;
  /** The file has been deleted or replaced since. */
  readonly deleted: boolean;
}

const line = /^([0-9a-f]+)-([0-9a-f]+) ([-r][-w][-x])[sp] ([0-9a-f]+) ([0-9a-f]+):([0-9a-f]+) (\d+)(?: +(.*))?$/;

/** Ascending, as the kernel lists them. Throws FormatError. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  let at = 0;
  for (const row of text.split('\n')) {
    if (row !== '') mappings.push(parseMapping(row, at));
    at += row.length + 1;
  }
  return mappings;
}

function parseMapping(row: string, at: number): Mapping {
  const match = line.exec(row);
  if (!match) throw new FormatError('memory map', at, 'not a mapping');
  const inode = BigInt(match[7]!);
  // The kernel writes only a newline as an octal escape.
  const shown = (match[8] ?? '').replaceAll('\\012', '\n');
  const deleted = inode !== 0n && shown.endsWith(' (deleted)');
  return {
    start: BigInt(`0x${match[1]}`),
    end: BigInt(`0x${match[2]}`),
    executable: match[3]![2] === 'x',
    fileOffset: BigInt(`0x${match[4]}`),
    device: `${parseInt(match[5]!, 16)}:${parseInt(match[6]!, 16)}`,
    inode,
    path: deleted ? shown.slice(0, -' (deleted)'.length) : shown,
    deleted,
  };
}

/** The mapping that holds an address. */
export function mappingAt(mappings: readonly Mapping[], address: bigint): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (mappings[middle]!.start <= address) low = middle + 1;
    else high = middle;
  }
  const mapping = mappings[low - 1];
  return mapping !== undefined && address < mapping.end ? mapping : undefined;
}

/** undefined: the process is gone, or not ours to look into. */
export function readMaps(pid: number): Mapping[] | undefined {
  try {
    const mappings = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
    // A process that has exited but wasn't waited for still has the file, and it is empty. So has a kernel thread.
    return mappings.length === 0 ? undefined : mappings;
  } catch (error) {
    if (error instanceof FormatError) throw error;
    return undefined;
  }
}

/**
 * Tells one life of a pid from another: start time, and the executable (exec keeps the start time but replaces all
 * memory). undefined: the process is gone.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name before it may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${fields[19]} ${executableIdentity(pid)}`;
  } catch {
    return undefined;
  }
}

function executableIdentity(pid: number): string {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/exe`, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}

export interface ProcessStatus {
  /** Real, effective, saved and file system user ids. */
  readonly uids: readonly number[];
  /** The pid as the process's own namespace counts. */
  readonly innerPid: number;
}

export function readStatus(pid: number): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1');
    const numbers = (key: string): number[] =>
      (text.match(new RegExp(`^${key}:\\s*(.*)$`, 'm'))?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
    return { uids: numbers('Uid'), innerPid: numbers('NSpid').at(-1) ?? pid };
  } catch {
    return undefined;
  }
}
