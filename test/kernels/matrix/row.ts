/** A row of the matrix: one form of one probe type, what is done while it looks, and what it must have seen. */
import type { FeatureName } from '../../../src/kernel/index.ts';

export type Kernel = 'host' | 'guest';

export interface Row {
  /** The table's first column: `kprobe`. */
  readonly probe: string;
  /** What of it is shown, in a few words; unique within the probe. */
  readonly form: string;
  /**
   * The script. It shows what it has seen in maps, which are printed at the end; their names are the row's own.
   * WORKLOAD stands for the path of the program that the actions are in, ADDRESS(name) for where a variable of it is,
   * CGROUP for the control group that it runs in; `lo` is the loopback interface of a network namespace of its own.
   */
  readonly script: string;
  /** What the workload (`workload.c`) does; it is the script's `cpid`. None: it ends at once. */
  readonly actions?: readonly string[];
  /** The maps' text: the whole of it (a string), or what it must match. WORKLOAD as above. */
  readonly expect: string | RegExp | readonly (string | RegExp)[];
  /** Features without which Sonde has to refuse the script, and what it then says. */
  readonly needs?: readonly FeatureName[];
  /** The same of what is no feature by name. */
  readonly isThere?: () => boolean;
  readonly refusal?: RegExp;
  /** Further options; rows with the same ones share a process. */
  readonly options?: readonly string[];
  /** What Sonde doesn't let share a script with others: rows with the same word share one. */
  readonly apart?: string;
  /** Why it is not run once more with the features of later kernels taken away, where it isn't. */
  readonly notForced?: string;
}

/** What came of a row on a kernel. */
export interface Cell {
  readonly probe: string;
  readonly form: string;
  /** With the features taken away that came after the oldest kernel that Sonde runs on. */
  readonly isForced: boolean;
  readonly state: 'yes' | 'no' | 'failed';
  /** Why not: what Sonde says, or how what was seen differs from what was expected. */
  readonly reason?: string;
}

/** What a run of the matrix prints as one line of JSON each. */
export type MatrixLine =
  | { readonly matrix: 'cell'; readonly cell: Cell }
  | { readonly matrix: 'done'; readonly release: string; readonly durationMs: number };
