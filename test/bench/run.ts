/**
 * What Sonde costs beside Debian's bpftrace, both measured in this run, one after the other in turns.
 * `npm run bench` writes RESULTS.md; options: --runs N, --calls N, --subject COMMAND (default bin/sonde), --no-write.
 * Mounts what bpftrace needs in a mount namespace of its own, so that nothing stays mounted.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BundledCompiler } from './bundled-compiler.ts';
import { median, Workbench, type Measured } from './measure.ts';

const root = join(import.meta.dirname, '../..');
const launcher = join(root, 'bin/sonde');
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '11' },
    calls: { type: 'string', default: '1000000' },
    subject: { type: 'string', default: launcher },
    'no-write': { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
const calls = Number(options.calls);

/** One number of one tool in one run, and which way it should go. */
interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'MiB' | 'events/s' | 'events' | 'ns';
  readonly bound: string;
  readonly subject: number;
  /** Undefined: the other tool has no such number. */
  readonly peer: number | undefined;
}

interface Tool {
  readonly name: string;
  readonly command: string;
}

const subject: Tool = { name: 'Sonde', command: options.subject };
const peer: Tool = { name: 'bpftrace', command: 'bpftrace' };

/** A number per tool: the median over runs in turns, after one run of each that does not count. */
function inTurns(count: number, measure: (tool: Tool) => number): { subject: number; peer: number } {
  const seen = { subject: [] as number[], peer: [] as number[] };
  for (let run = 0; run <= count; run++) {
    const [ours, theirs] = [measure(subject), measure(peer)];
    if (run === 0 && count > 1) continue;
    seen.subject.push(ours);
    seen.peer.push(theirs);
  }
  return { subject: median(seen.subject), peer: median(seen.peer) };
}

const scripts = {
  nothing: ['-e', 'BEGIN { exit(); }'],
  count: ['-e', 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[comm] = count(); }', '-c', '/bin/true'],
  print: ['-e', 'BEGIN { printf("%d\\n", 1); exit(); }'],
} as const;

function startRows(bench: Workbench): Row[] {
  const wall = (script: readonly string[]) => inTurns(runs, (tool) => bench.run([tool.command, ...script]).wallMs);
  const cpu = (script: readonly string[]) => inTurns(runs, (tool) => bench.run([tool.command, ...script]).cpuMs);
  const bound = '<= 0.25 x, <= 60';
  return [
    { what: '`begin { exit(); }`, start to exit', unit: 'ms', bound, ...wall(scripts.nothing) },
    { what: '… CPU time', unit: 'ms', bound: '', ...cpu(scripts.nothing) },
    {
      what: '`raw_syscalls:sys_enter /pid == cpid/ { @[comm] = count(); }` with `-c /bin/true`',
      unit: 'ms',
      bound,
      ...wall(scripts.count),
    },
    { what: '… CPU time', unit: 'ms', bound: '', ...cpu(scripts.count) },
  ];
}

/** Checking and generating code, in fresh processes: what no other tool tells by itself. */
async function compileRows(bench: Workbench): Promise<Row[]> {
  const compiler = await BundledCompiler.make(join(bench.folder, 'compiler'));
  const medianMs = (script: string): number =>
    median(Array.from({ length: runs }, () => compiler.compileMs(join(import.meta.dirname, script))));
  const row = (what: string, bound: string, script: string): Row => ({
    what: `compile: ${what}`,
    unit: 'ms',
    bound,
    subject: medianMs(script),
    peer: undefined,
  });
  return [row('one-liner', '<= 5', 'one-liner.bt'), row('300 lines, 30 probes', '<= 30', 'large.bt')];
}

function memoryRows(bench: Workbench): Row[] {
  const peak = (script: readonly string[]) =>
    inTurns(Math.min(runs, 5), (tool) => bench.run([tool.command, ...script], { sampleMemory: true }).peakKib / 1024);
  return [
    { what: 'peak memory of `begin { exit(); }`', unit: 'MiB', bound: '<= 62', ...peak(scripts.nothing) },
    { what: 'peak memory of the count', unit: 'MiB', bound: '<= 62', ...peak(scripts.count) },
    {
      what: 'peak memory of `begin { printf("%d\\n", 1); exit(); }`, with the default ring',
      unit: 'MiB',
      bound: '<= 80',
      ...peak(scripts.print),
    },
  ];
}

interface Burst {
  readonly perSecond: number;
  readonly lost: number;
  readonly peakMib: number;
}

/** As many events as there are calls, printed to a file: from the first call to the last write. */
function burst(bench: Workbench, tool: Tool): Burst {
  const times = join(bench.folder, 'times');
  const script = 'tracepoint:syscalls:sys_enter_sched_get_priority_max { printf("%d %s %llu\\n", pid, comm, nsecs); }';
  const measured = bench.run([tool.command, '-e', script, '-c', `${bench.workload} ${calls} 1 ${times}`], {
    sampleMemory: true,
  });
  const [began] = readFileSync(times, 'utf8').split(' ').map(Number) as [number];
  const elapsedSeconds = statSync(measured.outputPath).mtimeMs / 1e3 - began / 1e9;
  const printed = eventLines(measured);
  return { perSecond: printed / elapsedSeconds, lost: calls - printed, peakMib: measured.peakKib / 1024 };
}

function eventLines({ outputPath }: Measured): number {
  return readFileSync(outputPath, 'latin1').match(/^\d+ workload \d+$/gm)?.length ?? 0;
}

function eventRows(bench: Workbench): Row[] {
  const bursts = new Map([subject, peer].map((tool) => [tool, [] as Burst[]]));
  for (let run = 0; run < Math.min(runs, 3); run++) {
    for (const tool of [subject, peer]) bursts.get(tool)!.push(burst(bench, tool));
  }
  const both = (pick: (burst: Burst) => number) => ({
    subject: median(bursts.get(subject)!.map(pick)),
    peer: median(bursts.get(peer)!.map(pick)),
  });
  const million = `${calls.toLocaleString('en')} \`printf("%d %s %llu\\n", pid, comm, nsecs)\` into a file`;
  return [
    { what: million, unit: 'events/s', bound: '>= 10 x, >= 1,000,000', ...both(({ perSecond }) => perSecond) },
    { what: '… events lost', unit: 'events', bound: '0', ...both(({ lost }) => lost) },
    { what: '… peak memory, with the traced program', unit: 'MiB', bound: '<= 80', ...both(({ peakMib }) => peakMib) },
  ];
}

function callRows(bench: Workbench): Row[] {
  const times = join(bench.folder, 'times');
  const perCall = (script: string) =>
    inTurns(Math.min(runs, 3), (tool) => {
      bench.run([tool.command, '-e', script, '-c', `${bench.workload} ${calls} 1 ${times}`]);
      const [began, ended] = readFileSync(times, 'utf8').split(' ').map(Number) as [number, number];
      return (ended - began) / calls;
    });
  const probe = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';
  return [
    { what: 'a system call counted by `@ = count()`', unit: 'ns', bound: '', ...perCall(`${probe} { @ = count(); }`) },
    {
      what: 'a system call counted by `@[pid] = count()`',
      unit: 'ns',
      bound: '',
      ...perCall(`${probe} { @[pid] = count(); }`),
    },
  ];
}

/** Whether a row keeps its bound: each part of it is a limit, absolute or (with an x) relative to the peer. */
function holds({ bound, subject: ours, peer: theirs }: Row): boolean {
  return bound.split(', ').every((part) => {
    const [, sign, number, relative] = /^([<>]=)? ?([\d,.]*\d)?( x)?$/.exec(part.replace(/(\d),(\d)/g, '$1$2')) ?? [];
    if (number === undefined) return true;
    const limit = Number(number.replaceAll(',', '')) * (relative === undefined ? 1 : (theirs ?? Number.NaN));
    return sign === '>=' ? ours >= limit : ours <= limit;
  });
}

function table(rows: readonly Row[]): string {
  const number = (value: number | undefined, unit: Row['unit']): string =>
    value === undefined ? '-' : print(value, unit);
  const print = (value: number, unit: Row['unit']): string =>
    unit === 'events/s' || unit === 'events' || unit === 'ns'
      ? Math.round(value).toLocaleString('en')
      : value.toFixed(1);
  const lines = rows.map((row) => {
    const ratio = row.peer === 0 || row.peer === undefined ? '' : (row.subject / row.peer).toPrecision(2);
    const verdict = row.bound === '' ? '' : holds(row) ? 'yes' : '**no**';
    const cells = [
      row.what,
      row.unit,
      number(row.subject, row.unit),
      number(row.peer, row.unit),
      ratio,
      row.bound,
      verdict,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `| measure | unit | ${subject.name} | ${peer.name} | ratio | bound | holds |`,
    '|---|---|--:|--:|--:|---|---|',
    ...lines,
  ].join('\n');
}

function version(command: string): string {
  return execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
}

function circumstances(): string {
  const [cpu] = cpus();
  return [
    `Linux ${release()}, ${cpus().length} x ${cpu!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB;`,
    `${version(subject.command)} on Node ${process.versions.node}; ${version(peer.command)}.`,
    `Medians of ${runs} runs in turns (${Math.min(runs, 5)} for memory, ${Math.min(runs, 3)} for events and calls).`,
    'Compare ratios: absolute times are this machine’s, with whatever else it ran.',
  ].join('\n');
}

/** Starts this program again where tracefs and debugfs are mounted for it alone. */
function runInOwnNamespace(): number {
  const mounts =
    'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null';
  const { status } = spawnSync(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `${mounts}; exec "$@"`,
      'sh',
      process.execPath,
      ...process.argv.slice(1),
    ],
    { stdio: 'inherit', env: { ...process.env, SONDE_BENCH_MOUNTED: '1', BPFTRACE_MAX_PROBES: '1024' } },
  );
  return status ?? 1;
}

async function main(): Promise<void> {
  if (process.geteuid!() !== 0) throw new Error('the benchmarks trace: run them as root');
  if (process.env['SONDE_BENCH_MOUNTED'] === undefined) {
    process.exitCode = runInOwnNamespace();
    return;
  }
  if (subject.command === launcher) {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--if-needed'], { stdio: 'inherit' });
  }
  using bench = new Workbench();
  const rows = [
    ...startRows(bench),
    ...(await compileRows(bench)),
    ...memoryRows(bench),
    ...eventRows(bench),
    ...callRows(bench),
  ];
  const text = `# What Sonde costs beside bpftrace\n\nMade by \`npm run bench\`.\n${circumstances()}\n\n${table(rows)}\n`;
  process.stdout.write(text);
  if (!options['no-write']) writeFileSync(join(import.meta.dirname, 'RESULTS.md'), text);
}

await main();
