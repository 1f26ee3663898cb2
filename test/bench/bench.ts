/** What all measures share: the two tools, the programs that are traced, how often and how much. */
import { join } from 'node:path';
import type { Load } from './load.ts';
import type { Workbench } from './measure.ts';
import { median } from './statistics.ts';
import type { Section } from './table.ts';
import type { Tool } from './tracer.ts';

/** `name`: what the option --only is compared with; a measure with parts is asked for those that are wanted. */
export interface Measure {
  readonly names: readonly string[];
  run(bench: Bench, names: readonly string[]): Promise<readonly Section[]>;
}

export interface Bench {
  readonly subject: Tool;
  readonly peer: Tool;
  readonly workbench: Workbench;
  readonly load: Load;
  /** Of what is short. Half of it, and a third, for what is not. */
  readonly runs: number;
  /** Operations for each script, events to be printed. */
  readonly calls: number;
  /** Only to see that everything works. */
  readonly isQuick: boolean;
  /** What could not be measured: told at the end, and the rest goes on. */
  readonly failures: string[];
}

/** Runs a part of the bench; undefined where it fails. */
export async function attempt<T>({ failures }: Bench, name: string, part: () => Promise<T>): Promise<T | undefined> {
  try {
    return await part();
  } catch (error) {
    failures.push(name);
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

export interface Both<T> {
  readonly subject: T;
  readonly peer: T;
}

/** Of so many runs and fewer, the first counts too: they are few because they are long. */
const FEW_RUNS = 3;

/** The medians over runs of both tools in turns. Of many, one of each goes before that does not count. */
export async function inTurns<K extends string>(
  { subject, peer }: Bench,
  runs: number,
  measure: (tool: Tool) => Promise<Record<K, number>> | Record<K, number>,
): Promise<Record<K, Both<number>>> {
  const seen: Both<Record<K, number>[]> = { subject: [], peer: [] };
  for (let run = runs > FEW_RUNS ? -1 : 0; run < runs; run++) {
    const [ours, theirs] = [await measure(subject), await measure(peer)];
    if (run < 0) continue;
    seen.subject.push(ours);
    seen.peer.push(theirs);
  }
  const pick = (list: readonly Record<K, number>[], key: K): number => median(list.map((each) => each[key]));
  const keys = Object.keys(seen.subject[0]!) as K[];
  const entries = keys.map((key) => [key, { subject: pick(seen.subject, key), peer: pick(seen.peer, key) }]);
  return Object.fromEntries(entries) as Record<K, Both<number>>;
}

/** A file that the tools write to. */
export const outputPath = ({ workbench }: Bench): string => join(workbench.folder, 'output');
