import { readFileSync } from 'node:fs';
import { FormatError } from '../../base/index.ts';

let possible: number | undefined;

/** Number of CPUs that can ever be there, which is the number of slots in a per-CPU map value. Fixed at boot. */
export function possibleCpus(): number {
  possible ??= parseCpuList(readFileSync('/sys/devices/system/cpu/possible', 'utf8')).length;
  return possible;
}

/** Numbers of the CPUs that are online now, ascending. */
export function onlineCpus(): number[] {
  return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
}

/** `0-3,8` -> [0, 1, 2, 3, 8]. The kernel writes it in ascending order. Throws FormatError. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (match === null) throw new FormatError('CPU list', 0, `not a range: ${JSON.stringify(part)}`);
    const first = Number(match[1]);
    if (first <= (cpus.at(-1) ?? -1)) throw new FormatError('CPU list', 0, `not in order: ${JSON.stringify(part)}`);
    for (let cpu = first; cpu <= Number(match[2] ?? first); cpu++) cpus.push(cpu);
  }
  return cpus;
}
