/** What runs of programs cost, measured by the kernel. */
import { ProgramType } from '../abi/index.ts';
import { exit, mov64 } from '../asm/index.ts';
import { SondeError } from '../base/index.ts';
import { enableProgramStatistics, KernelProgram, monotonicMs } from '../kernel/index.ts';
import type { Measurement, MissedEvents } from '../session/index.ts';
import type { PlannedProbe } from '../spec/index.ts';

/** What the runs of a probe's program cost. */
export interface ProbeCost {
  readonly title: string;
  readonly runs: number;
  /** Of one run, without the measuring itself. */
  readonly averageNs: number;
  /** Events that came while a program was running on the same CPU. */
  readonly missed: number;
}

/** How long a benchmark runs, and how many runs pass between two looks at the clock. */
const MEASURE_MS = 200;
const MEASURE_BATCH = 64;
/** How long it is found out what the measuring itself takes: for a benchmark, and for runs that are measured as they come. */
const CALIBRATE_MS = 50;
const CALIBRATE_LIVE_MS = 2;

/** Runs a program of the tracer's own over and over. `afterBatch` is called every few runs. Kernel 5.8. */
export function measureProgram(program: KernelProgram, afterBatch: () => void): Measurement {
  using _ = enableProgramStatistics();
  const overheadNs = measuringNs(CALIBRATE_MS);
  const { meanNs, runs } = meanRun(program, MEASURE_MS, afterBatch);
  return { iterations: runs, averageNs: Math.max(0, Math.round(meanNs - overheadNs)) };
}

/** While it is open the kernel measures each run of every program. */
export class CostMeter implements Disposable {
  readonly #statistics: Disposable;

  private constructor(statistics: Disposable) {
    this.#statistics = statistics;
  }

  /** Undefined where the kernel doesn't measure, or not for us. */
  static open(): CostMeter | undefined {
    try {
      return new CostMeter(enableProgramStatistics());
    } catch (error) {
      if (error instanceof SondeError) return undefined;
      throw error;
    }
  }

  read(
    probes: readonly PlannedProbe[],
    programOf: (name: string) => KernelProgram,
    missedEvents: readonly MissedEvents[],
  ): ProbeCost[] {
    const missed = new Map(missedEvents.map(({ program, count }) => [program, count]));
    const overheadNs = measuringNs(CALIBRATE_LIVE_MS);
    return probes.map(({ program, title }) => {
      const { runCount, runTimeNs } = programOf(program).info();
      const runs = Number(runCount);
      const meanNs = Number(runTimeNs) / Math.max(1, runs);
      const averageNs = Math.max(0, Math.round(meanNs - overheadNs));
      return { title, runs, averageNs, missed: missed.get(program) ?? 0 };
    });
  }

  [Symbol.dispose](): void {
    this.#statistics[Symbol.dispose]();
  }
}

/** What the kernel says that a program takes which does nothing. */
function measuringNs(durationMs: number): number {
  using empty = KernelProgram.load({
    name: 'empty',
    type: ProgramType.RawTracepoint,
    license: 'GPL',
    instructions: [mov64('r0', 0), exit()],
  });
  return meanRun(empty, durationMs, () => {}).meanNs;
}

function meanRun(
  program: KernelProgram,
  durationMs: number,
  afterBatch: () => void,
): { readonly meanNs: number; readonly runs: number } {
  const before = program.info();
  const end = monotonicMs() + durationMs;
  do {
    for (let i = 0; i < MEASURE_BATCH; i++) program.testRun();
    afterBatch();
  } while (monotonicMs() < end);
  const after = program.info();
  const runs = Number(after.runCount - before.runCount);
  return { meanNs: Number(after.runTimeNs - before.runTimeNs) / Math.max(1, runs), runs };
}
