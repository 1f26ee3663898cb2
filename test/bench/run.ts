/**
 * What Sonde costs beside bpftrace, both measured in this run, one after the other in turns.
 * `npm run bench` writes RESULTS.md. Another bpftrace: BPFTRACE=/path. Options: see USAGE.
 * Mounts what bpftrace needs in a mount namespace of its own, so that nothing stays mounted.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attempt, type Bench, type Measure } from './bench.ts';
import { Load } from './load.ts';
import { Workbench } from './measure.ts';
import { compile } from './measures/compile.ts';
import { ends, maps } from './measures/ends.ts';
import { calls, events } from './measures/events.ts';
import { memory } from './measures/memory.ts';
import { oneLiners } from './measures/one-liners.ts';
import { quiet } from './measures/quiet.ts';
import { soak } from './measures/soak.ts';
import { start } from './measures/start.ts';
import { formatSection, holds, type Section } from './table.ts';

const USAGE = `npm run bench -- [options]
    --only PATTERN     only measures whose name matches, such as "start" or "one-liner: hist"; writes no file
    --list             the names of the measures
    --runs N           of what is short (11); what is long has 3 of them at most
    --calls N          system calls and printed events of a run (1000000)
    --quick            one short run of each: only to see that all works; writes no file
    --soak             only this: 200 events for each of --calls, some minutes; writes no file
    --subject COMMAND  instead of bin/sonde
    --no-write         print only
`;

const root = join(import.meta.dirname, '../..');
const launcher = join(root, 'bin/sonde');
const usual: readonly Measure[] = [start, compile, memory, events, calls, ends, maps, quiet, oneLiners];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
    runs: { type: 'string' },
    calls: { type: 'string' },
    quick: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    subject: { type: 'string', default: launcher },
    'no-write': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const measures = options.soak ? [soak] : usual;

function version(command: string): string {
  return execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
}

function circumstances({ subject, peer }: Bench): string {
  const [cpu] = cpus();
  return [
    `Linux ${release()}, ${cpus().length} x ${cpu!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB;`,
    `${version(subject.command)} on Node ${process.versions.node}; ${version(peer.command)}.`,
  ].join('\n');
}

function extent({ runs, calls: count }: Bench, elapsedMs: number): string {
  return [
    `Medians of ${runs} runs in turns (${Math.min(runs, 3)} where a run is long),`,
    `${count.toLocaleString('en')} calls; ${Math.round(elapsedMs / 1000)} s in all.`,
    'Compare ratios: absolute times are this machine’s, with whatever else it ran.',
  ].join('\n');
}

/** Starts this program again where tracefs and debugfs are mounted for it alone. */
function runInOwnNamespace(): number {
  const mounts =
    'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null';
  const itself = [process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', `${mounts}; exec "$@"`, 'sh', ...itself],
    { stdio: 'inherit', env: { ...process.env, SONDE_BENCH_MOUNTED: '1', BPFTRACE_MAX_PROBES: '1024' } },
  );
  return status ?? 1;
}

async function measureAll(bench: Bench): Promise<readonly Section[]> {
  const wanted = new RegExp(options.only ?? '');
  const sections: Section[] = [];
  for (const measure of measures) {
    const names = measure.names.filter((name) => wanted.test(name));
    if (names.length === 0) continue;
    const began = performance.now();
    const made = await attempt(bench, names[0]!, () => measure.run(bench, names));
    process.stderr.write(`${names[0]}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    for (const section of made ?? []) {
      process.stdout.write(`${formatSection(section)}\n`);
      sections.push(section);
    }
  }
  return sections;
}

/** What the tables say in one line. */
function summary(sections: readonly Section[], failures: readonly string[]): string {
  const bound = sections.flatMap(({ rows }) => rows).filter(({ bound: text }) => text !== '');
  const kept = `${bound.filter(holds).length} of ${bound.length} bounds hold.`;
  return failures.length === 0 ? kept : `${kept} Not measured: ${failures.join(', ')}.`;
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(USAGE);
  if (options.list) return void process.stdout.write(`${measures.flatMap(({ names }) => names).join('\n')}\n`);
  if (process.geteuid!() !== 0) throw new Error('the benchmarks trace: run them as root');
  if (process.env['SONDE_BENCH_MOUNTED'] === undefined) {
    process.exitCode = runInOwnNamespace();
    return;
  }
  if (options.subject === launcher) {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--if-needed'], { stdio: 'inherit' });
  }
  using workbench = new Workbench();
  using load = new Load(workbench.load);
  const bench: Bench = {
    subject: { name: 'Sonde', command: options.subject },
    peer: { name: 'bpftrace', command: process.env['BPFTRACE'] ?? 'bpftrace' },
    workbench,
    load,
    runs: Number(options.runs ?? (options.quick ? 1 : 11)),
    calls: Number(options.calls ?? (options.quick ? 20_000 : 1_000_000)),
    isQuick: options.quick,
    failures: [],
  };
  const machine = circumstances(bench);
  const began = performance.now();
  const sections = await measureAll(bench);
  const head = `# What Sonde costs beside bpftrace\n\nMade by \`npm run bench\`.\n`;
  const about = `${machine}\n${extent(bench, performance.now() - began)}\n${summary(sections, bench.failures)}\n`;
  process.stdout.write(about);
  if (bench.failures.length > 0) process.exitCode = 1;
  if (options['no-write'] || options.quick || options.soak || options.only !== undefined) return;
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), `${head}${about}\n${sections.map(formatSection).join('\n')}`);
}

await main();
