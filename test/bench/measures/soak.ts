/** A long watch, compressed: events as fast as they come, and memory that must not grow meanwhile. Sonde alone. */
import { type Bench, type Measure } from '../bench.ts';
import { Tracer } from '../tracer.ts';

const EVENTS_BY_CALLS = 200;
const SLICES = 100;
/** Memory is compared from here on: by then, everything has been compiled and every buffer grown. */
const SETTLED_SLICES = 20;
const SCRIPT =
  'tracepoint:syscalls:sys_enter_sched_get_priority_max ' +
  '{ @[pid] = count(); @ns = hist(nsecs & 0xffff); printf("%d %s %llu\\n", pid, comm, nsecs); }';

interface Soaked {
  readonly counted: number;
  readonly lost: number;
  readonly perSecond: number;
  readonly settledMib: number;
  /** The greatest after that. */
  readonly peakMib: number;
}

/** The number of a map's only key, in the output after the printed events. */
const countIn = (text: string): number => Number(/^@\[\d+\]: (\d+)$/m.exec(text)?.[1] ?? Number.NaN);

/** The sum of all that is told as lost. */
export function lostIn(messages: string): number {
  return [...messages.matchAll(/^Lost (\d+) events$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function soakTracer({ subject, load }: Bench, events: number): Promise<Soaked> {
  let last = '';
  using tracer = new Tracer(subject, ['-e', SCRIPT], {
    // Only the end is kept: millions of lines come before.
    onOutput: (text) => (last = (last + text).slice(-16_384)),
  });
  await tracer.announced();
  const memory: number[] = [];
  const began = performance.now();
  for (let slice = 0; slice < SLICES; slice++) {
    await load.run('call', events / SLICES);
    memory.push(tracer.residentMib());
  }
  const seconds = (performance.now() - began) / 1000;
  await tracer.end(30_000);
  return {
    counted: countIn(last),
    lost: lostIn(tracer.stderr),
    perSecond: events / seconds,
    settledMib: memory[SETTLED_SLICES]!,
    peakMib: Math.max(...memory.slice(SETTLED_SLICES)),
  };
}

export const soak: Measure = {
  names: ['soak'],
  async run(bench) {
    const events = bench.calls * EVENTS_BY_CALLS;
    const { counted, lost, perSecond, settledMib, peakMib } = await soakTracer(bench, events);
    const ours = { peer: undefined };
    return [
      {
        title: `${events.toLocaleString('en')} events in a row, counted and printed`,
        rows: [
          {
            what: 'events counted',
            unit: 'events',
            bound: `>= ${events.toLocaleString('en')}`,
            subject: counted,
            ...ours,
          },
          { what: 'lines lost', unit: 'events', bound: '<= 0', subject: lost, ...ours },
          { what: 'events a second, read by a pipe', unit: 'events/s', bound: '', subject: perSecond, ...ours },
          { what: 'resident memory after a fifth', unit: 'MiB', bound: '', subject: settledMib, ...ours },
          { what: '… its growth from there', unit: 'MiB', bound: '<= 4', subject: peakMib - settledMib, ...ours },
        ],
      },
    ];
  },
};
