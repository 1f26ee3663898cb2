/** How long it takes from Ctrl-C to the last byte of output and to the exit. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Bench, type Both, inTurns, type Measure, outputPath } from '../bench.ts';
import { median } from '../statistics.ts';
import type { Row, Section } from '../table.ts';
import { type End, type Tool, Tracer } from '../tracer.ts';

const RUNS = 3;
const MAP_RUNS = 5;
/** A large map that takes longer than this is printed once. */
const LONG_MS = 5000;
const LIMIT_MS = { Sonde: 120_000, bpftrace: 40_000 } as const;
const MANY = 300;
const CALL = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';

/** As a listing with arguments has it: a probe, or below it, indented, a type and a name. */
const ARGUMENT = /^ {4}(?:unsigned )?(?:int|long|short|char|[us](?:8|16|32|64)|size_t|pid_t|dev_t)\s+(\w+)$/;

/** Tracepoints other than system calls', each with the first of its arguments that is an integer. */
export function integerArguments(listing: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let tracepoint = '';
  for (const line of listing.split('\n')) {
    if (line.startsWith('tracepoint:')) tracepoint = line;
    const argument = ARGUMENT.exec(line)?.[1];
    if (argument === undefined || found.has(tracepoint) || /^tracepoint:(raw_)?(syscalls|ftrace):/.test(tracepoint))
      continue;
    found.set(tracepoint, argument);
  }
  return found;
}

async function endOf(tool: Tool, script: string): Promise<End> {
  using tracer = new Tracer(tool, ['-e', script]);
  await tracer.announced();
  return await tracer.end(); // before it is disposed of
}

/** Sonde alone: bpftrace 0.17 takes half a minute to leave so many tracepoints. */
async function endRows({ subject, runs }: Bench, what: string, script: string, exitBound: string): Promise<Row[]> {
  const ends: End[] = [];
  for (let run = 0; run < Math.min(runs, RUNS); run++) ends.push(await endOf(subject, script));
  const row = (name: string, bound: string, key: keyof End): Row => ({
    what: name,
    unit: 'ms',
    bound,
    subject: median(ends.map((end) => end[key])),
    peer: undefined,
  });
  return [row(`${what}: output complete`, '<= 300', 'outputMs'), row('… exit', exitBound, 'exitMs')];
}

export const ends: Measure = {
  names: ['ends'],
  async run(bench) {
    const listing = execFileSync(bench.subject.command, ['-lv', 'tracepoint:*'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const many = [...integerArguments(listing)].slice(0, MANY);
    const names = many.map(([tracepoint]) => tracepoint);
    const reading = many.map(([tracepoint, argument]) => `${tracepoint} { @ = max(args.${argument}); }`);
    const rows = [
      ...(await endRows(
        bench,
        '`tracepoint:syscalls:sys_enter_*`',
        'tracepoint:syscalls:sys_enter_* { @ = count(); }',
        '<= 300',
      )),
      ...(await endRows(
        bench,
        `${names.length} tracepoints, no arguments`,
        `${names.join(',')} { @ = count(); }`,
        '<= 300',
      )),
      ...(await endRows(bench, `${names.length} tracepoints, with arguments`, reading.join(' '), '<= 1,000')),
    ];
    return [{ title: 'From Ctrl-C to the end, of many probes', rows }];
  },
};

/** The same for one probe and its map. */
async function oneProbe(bench: Bench): Promise<Record<keyof End, Both<number>>> {
  return inTurns(bench, Math.min(bench.runs, MAP_RUNS), async (tool) => {
    for (let attempts = 1; ; attempts++) {
      using tracer = new Tracer(tool, ['-e', `${CALL} { @[pid] = count(); }`]);
      await tracer.attached(() => bench.load.run('call', 10));
      const { outputMs, exitMs } = await tracer.end();
      // Where it had to be killed, nothing was printed.
      if (!Number.isNaN(outputMs) || attempts === MAP_RUNS) return { outputMs, exitMs };
    }
  });
}

interface LargeMap {
  readonly exitMs: number;
  readonly keys: number;
}

/** As many keys as there are calls, at the end printed in order of their values. */
async function largeMap(bench: Bench, tool: Tool): Promise<LargeMap> {
  const size = String(bench.calls + 1000);
  const environment = { BPFTRACE_MAX_MAP_KEYS: size, BPFTRACE_MAP_KEYS_MAX: size };
  using tracer = new Tracer(tool, ['-e', `${CALL} { @[args->policy] = count(); }`], {
    outputPath: outputPath(bench),
    environment,
  });
  await tracer.attached(() => bench.load.run('call', 10));
  await bench.load.run('key', bench.calls);
  const { exitMs } = await tracer.end(LIMIT_MS[tool.name]);
  const keys = readFileSync(outputPath(bench), 'latin1').match(/^@\[/gm)?.length ?? 0;
  return { exitMs, keys };
}

async function largeMapRows(bench: Bench): Promise<Row[]> {
  const maps: LargeMap[] = [];
  do maps.push(await largeMap(bench, bench.subject));
  while (maps.length < Math.min(bench.runs, RUNS) && maps[0]!.exitMs < LONG_MS);
  const theirs = await largeMap(bench, bench.peer);
  const count = bench.calls.toLocaleString('en');
  const pick = (key: keyof LargeMap): Both<number> => ({
    subject: median(maps.map((map) => map[key])),
    peer: theirs[key],
  });
  return [
    {
      what: `a map of ${count} keys, printed and sorted, to the exit`,
      unit: 'ms',
      bound: '<= 2,000',
      ...pick('exitMs'),
    },
    { what: '… keys printed', unit: 'events', bound: `>= ${count}`, ...pick('keys') },
  ];
}

export const maps: Measure = {
  names: ['end of a count', 'large map'],
  async run(bench, names): Promise<readonly Section[]> {
    const rows: Row[] = [];
    if (names.includes('end of a count')) {
      const { outputMs, exitMs } = await oneProbe(bench);
      rows.push({ what: '`@[pid] = count()`: map printed', unit: 'ms', bound: '<= 100', ...outputMs });
      rows.push({ what: '… exit', unit: 'ms', bound: '', ...exitMs });
    }
    if (names.includes('large map')) rows.push(...(await largeMapRows(bench)));
    return [{ title: 'From Ctrl-C to the maps', rows }];
  },
};
