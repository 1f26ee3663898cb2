/**
 * Tracers that have nothing to do: what they cost meanwhile, how late the first event is told, how even an interval is.
 * Several at once, so that one silence gives many numbers; each has an event of its own, one after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type Both, type Measure } from '../bench.ts';
import { median, quantile } from '../statistics.ts';
import { type Tool, Tracer } from '../tracer.ts';

const SILENT = { subject: 8, peer: 2 } as const;
/** So many of them count instead: they have nothing to tell before their end. */
const COUNTING = { subject: 4, peer: 2 } as const;
const PRINT = 'printf("at %llu\\n", nsecs);';
const COUNT = '@ = count();';
const ROUNDS = 3;
const SILENCE_MS = 10_000;
const BETWEEN_EVENTS_MS = 120;
const FIRST_NUMBER = 1000;

/** Its body runs for the call that has its number. Where that prints the kernel's time, it remembers how late each line came. */
class SilentTracer implements Disposable {
  readonly latenciesMs: number[] = [];
  readonly idlePercent: number[] = [];
  readonly number: number;
  readonly #tracer: Tracer;

  constructor(tool: Tool, number: number, body: string) {
    this.number = number;
    const probe = `tracepoint:syscalls:sys_enter_sched_get_priority_max /args->policy == ${number}/`;
    this.#tracer = new Tracer(tool, ['-e', `${probe} { ${body} }`], {
      onOutput: (text, readNs) => {
        for (const [, ns] of text.matchAll(/^at (\d+)$/gm)) this.latenciesMs.push(Number(readNs - BigInt(ns!)) / 1e6);
      },
    });
  }

  async attached(): Promise<void> {
    await this.#tracer.settled();
  }

  /** Begins to count its processor time; the result ends that. */
  watchIdle(): () => void {
    const [cpu, now] = [this.#tracer.cpuTimeNs(), performance.now()];
    return () => {
      const elapsedNs = (performance.now() - now) * 1e6;
      this.idlePercent.push((100 * (this.#tracer.cpuTimeNs() - cpu)) / elapsedNs);
    };
  }

  [Symbol.dispose](): void {
    this.#tracer[Symbol.dispose]();
  }
}

/** How far from a second the lines of `interval:s:1` are from each other, and the kernel's times in them. */
class IntervalTracer implements Disposable {
  readonly #lines: { readonly readNs: bigint; readonly kernelNs: bigint }[] = [];
  readonly #tracer: Tracer;

  constructor(tool: Tool) {
    this.#tracer = new Tracer(tool, ['-e', 'interval:s:1 { printf("at %llu\\n", nsecs); }'], {
      onOutput: (text, readNs) => {
        for (const [, ns] of text.matchAll(/^at (\d+)$/gm)) this.#lines.push({ readNs, kernelNs: BigInt(ns!) });
      },
    });
  }

  jitterMs(key: 'readNs' | 'kernelNs'): number[] {
    const times = this.#lines.map((line) => line[key]);
    return times.slice(1).map((time, i) => Math.abs(Number(time - times[i]!) / 1e6 - 1000));
  }

  [Symbol.dispose](): void {
    this.#tracer[Symbol.dispose]();
  }
}

interface Quiet {
  readonly latenciesMs: readonly number[];
  readonly idlePercent: readonly number[];
  readonly countingPercent: readonly number[];
  readonly printedJitterMs: readonly number[];
  readonly kernelJitterMs: readonly number[];
}

async function watch(bench: Bench): Promise<Both<Quiet>> {
  const { load, subject, peer, isQuick, runs } = bench;
  using all = new DisposableStack();
  let number = FIRST_NUMBER;
  const silent = (tool: Tool, count: number, body: string): SilentTracer[] =>
    Array.from({ length: count }, () => all.use(new SilentTracer(tool, number++, body)));
  const ours = silent(subject, SILENT.subject, PRINT);
  const theirs = silent(peer, SILENT.peer, PRINT);
  const counting = {
    subject: silent(subject, COUNTING.subject, COUNT),
    peer: silent(peer, COUNTING.peer, COUNT),
  };
  const everyone = [...ours, ...theirs, ...counting.subject, ...counting.peer];
  const intervals = { subject: all.use(new IntervalTracer(subject)), peer: all.use(new IntervalTracer(peer)) };
  for (const tracer of everyone) await tracer.attached();
  for (let round = 0; round < Math.min(ROUNDS, runs); round++) {
    await sleep(500); // what came before is done
    const ends = everyone.map((tracer) => tracer.watchIdle());
    await sleep(isQuick ? SILENCE_MS / 4 : SILENCE_MS);
    for (const end of ends) end();
    for (const tracer of [...ours, ...theirs]) {
      await load.run('once', tracer.number);
      await sleep(BETWEEN_EVENTS_MS);
    }
    await sleep(500);
  }
  const of = (
    tracers: readonly SilentTracer[],
    counters: readonly SilentTracer[],
    interval: IntervalTracer,
  ): Quiet => ({
    latenciesMs: tracers.flatMap(({ latenciesMs }) => latenciesMs),
    idlePercent: tracers.flatMap(({ idlePercent }) => idlePercent),
    countingPercent: counters.flatMap(({ idlePercent }) => idlePercent),
    printedJitterMs: interval.jitterMs('readNs'),
    kernelJitterMs: interval.jitterMs('kernelNs'),
  });
  return {
    subject: of(ours, counting.subject, intervals.subject),
    peer: of(theirs, counting.peer, intervals.peer),
  };
}

export const quiet: Measure = {
  names: ['quiet'],
  async run(bench) {
    const { subject, peer } = await watch(bench);
    const both = (key: keyof Quiet, make: (values: readonly number[]) => number): Both<number> => ({
      subject: make(subject[key]),
      peer: make(peer[key]),
    });
    const late = (values: readonly number[]): number => quantile(values, 0.99);
    const seconds = (bench.isQuick ? SILENCE_MS / 4 : SILENCE_MS) / 1000;
    const first = `first event after ${seconds} s, kernel to written line`;
    return [
      {
        title: 'With nothing to do',
        rows: [
          {
            what: 'a processor’s time, idle: of a script that prints',
            unit: '%',
            bound: '<= 0.3',
            ...both('idlePercent', median),
          },
          { what: '… that counts', unit: '%', bound: '<= 0.3', ...both('countingPercent', median) },
          { what: `${first}, p99`, unit: 'ms', bound: '<= 100', ...both('latenciesMs', late) },
          { what: '… median', unit: 'ms', bound: '', ...both('latenciesMs', median) },
          {
            what: '… events told',
            unit: 'events',
            bound: `>= ${bench.isQuick ? 1 : Math.min(ROUNDS, bench.runs) * SILENT.subject}`,
            ...both('latenciesMs', ({ length }) => length),
          },
          { what: '`interval:s:1`, lines, jitter p99', unit: 'ms', bound: '<= 20', ...both('printedJitterMs', late) },
          { what: '… in the kernel', unit: 'ms', bound: '', ...both('kernelJitterMs', late) },
        ],
      },
    ];
  },
};
