/** What each script of scripts.ts costs: the traced program, the kernel, and in instructions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { enableProgramStatistics } from '../../../src/kernel/index.ts';
import { attempt, type Bench, type Both, type Measure, outputPath } from '../bench.ts';
import { readPrograms } from '../program-statistics.ts';
import { type Script, scripts, scriptText } from '../scripts.ts';
import { geometricMean, median } from '../statistics.ts';
import type { Row, Section } from '../table.ts';
import { type Tool, Tracer } from '../tracer.ts';

interface Cost {
  /** Nanoseconds that an operation takes longer. */
  readonly addedNs: number;
  /** In the programs, for an operation, or for a sample: with what the kernel's statistics cost. */
  readonly inKernelNs: number;
  readonly instructions: number;
}

interface Measured {
  readonly script: Script;
  readonly subject: Cost;
  readonly peer: Cost | undefined;
}

const RUNS = 3;
const SAMPLING_MS = 1000;

/** Time in programs and number of runs, of what `during` makes of them. */
async function counted(ids: readonly number[], during: () => Promise<unknown>) {
  using _ = enableProgramStatistics();
  const before = readPrograms(ids);
  await during();
  const after = readPrograms(ids);
  return {
    timeNs: after.runTimeNs - before.runTimeNs,
    runs: after.runCount - before.runCount,
    instructions: after.instructions,
  };
}

/** One run of one tool. Nobody counts time while the operations are timed. */
async function costOf(bench: Bench, tool: Tool, script: Script): Promise<Cost> {
  const { load } = bench;
  const operations = Math.max(Math.round((bench.calls / 5) * (script.share ?? 1)), 64);
  const run = (count: number) => load.run(script.operation, count, script);
  const before = await run(operations);
  using tracer = new Tracer(tool, ['-e', scriptText(script, load)], { outputPath: outputPath(bench) });
  const ids = await tracer.attached(() => run(20), script.probes);
  const traced = script.kind === 'profile' ? before : await run(operations);
  const fewer = Math.max(Math.round(operations / 4), 64);
  const sampling = async () => {
    const end = performance.now() + (bench.isQuick ? SAMPLING_MS / 5 : SAMPLING_MS);
    while (performance.now() < end) await run(operations);
  };
  const inside = await counted(ids, script.kind === 'profile' ? sampling : () => run(fewer));
  await tracer.end(script.isSlow === true ? 90_000 : undefined);
  const after = await run(operations);
  return {
    addedNs: traced.nsPerOperation - (before.nsPerOperation + after.nsPerOperation) / 2,
    inKernelNs: inside.timeNs / (script.kind === 'profile' ? inside.runs : fewer),
    instructions: inside.instructions,
  };
}

function middle(costs: readonly Cost[]): Cost {
  const pick = (key: keyof Cost): number => median(costs.map((cost) => cost[key]));
  // Less than a nanosecond can't be measured so, and has no ratio.
  return { addedNs: Math.max(pick('addedNs'), 1), inKernelNs: pick('inKernelNs'), instructions: pick('instructions') };
}

async function measure(bench: Bench, script: Script): Promise<Measured> {
  const costs: Both<Cost[]> = { subject: [], peer: [] };
  const peerRuns = script.isOurs === true || (script.isSlow === true && bench.isQuick) ? 0 : script.isSlow ? 1 : RUNS;
  for (let run = 0; run < Math.min(bench.runs, RUNS); run++) {
    costs.subject.push(await costOf(bench, bench.subject, script));
    if (run < peerRuns) costs.peer.push(await costOf(bench, bench.peer, script));
    await sleep(0);
  }
  return { script, subject: middle(costs.subject), peer: costs.peer.length === 0 ? undefined : middle(costs.peer) };
}

/** By kind of script. The empty script shows what a tool can't change, so it is bound by nothing. */
const ADDED_BOUNDS = { tracepoint: '<= 0.8 x', stack: '<= 1 x', uprobe: '<= 1 x', profile: '' } as const;
const IN_KERNEL_BOUNDS = { tracepoint: '', stack: '<= 0.9 x', uprobe: '<= 0.6 x', profile: '<= 0.8 x' } as const;

function mean(what: string, bound: string, ratios: readonly number[]): readonly Row[] {
  if (ratios.length < 2) return [];
  return [
    { what: `**${what}**, ${ratios.length} ratios`, unit: 'x', bound, subject: geometricMean(ratios), peer: undefined },
  ];
}

const ratiosOf = (rows: readonly Row[]): number[] =>
  rows.filter(({ peer }) => peer !== undefined).map(({ subject, peer }) => subject / peer!);

function rowsOf(
  measured: readonly Measured[],
  key: keyof Cost,
  bounds: Readonly<Record<Script['kind'], string>>,
): Row[] {
  return measured.map(({ script, subject, peer }) => ({
    what: `${script.name}: \`${script.text.replaceAll('tracepoint:syscalls:', 't:s:')}\``,
    unit: key === 'instructions' ? 'instructions' : 'ns',
    bound: script.name === 'empty' || peer === undefined ? '' : bounds[script.kind],
    subject: subject[key],
    peer: peer?.[key],
  }));
}

function addedSection(measured: readonly Measured[]): Section {
  const timed = measured.filter(({ script }) => script.kind !== 'profile');
  const chosen = (keep: (script: Script) => boolean): number[] => {
    const kept = timed.filter(({ script }) => script.kind === 'tracepoint' && script.name !== 'empty' && keep(script));
    return ratiosOf(rowsOf(kept, 'addedNs', ADDED_BOUNDS));
  };
  return {
    title: 'What a script adds to an operation of the traced program, end to end',
    rows: [
      ...rowsOf(timed, 'addedNs', ADDED_BOUNDS),
      ...mean(
        'Geometric mean of tracepoints',
        '<= 0.5',
        chosen(() => true),
      ),
      ...mean(
        '… of those that print nothing',
        '',
        chosen(({ printsEvents }) => printsEvents !== true),
      ),
    ],
  };
}

function inKernelSection(measured: readonly Measured[]): Section {
  const rows = (kind?: Script['kind']): Row[] =>
    rowsOf(
      measured.filter(({ script }) => kind === undefined || (script.kind === kind && script.name !== 'empty')),
      'inKernelNs',
      IN_KERNEL_BOUNDS,
    );
  const kinds = ['tracepoint', 'stack', 'uprobe', 'profile'] as const;
  return {
    title: 'Time in the programs, for an operation (profile: for a sample), with some 50 ns that counting it costs',
    rows: [...rows(), ...kinds.flatMap((kind) => mean(`Geometric mean: ${kind}`, '', ratiosOf(rows(kind))))],
  };
}

function instructionSection(measured: readonly Measured[]): Section {
  const none = { tracepoint: '', stack: '', uprobe: '', profile: '' };
  const rows = rowsOf(measured, 'instructions', none).map((row, i) => {
    const newest = measured[i]!.script.newestInstructions;
    return newest === undefined ? row : { ...row, named: { newest } };
  });
  const againstNewest = rows.flatMap(({ subject, named }) => (named === undefined ? [] : [subject / named['newest']!]));
  return {
    title: 'Instructions as loaded',
    rows: [
      ...rows,
      ...mean('Geometric mean', '', ratiosOf(rows)),
      ...mean('… against the newest bpftrace', '<= 0.6', againstNewest),
    ],
  };
}

export const oneLiners: Measure = {
  names: scripts.map(({ name }) => `one-liner: ${name}`),
  async run(bench, names) {
    const measured: Measured[] = [];
    for (const script of scripts) {
      const name = `one-liner: ${script.name}`;
      if (!names.includes(name)) continue;
      const result = await attempt(bench, name, () => measure(bench, script));
      if (result !== undefined) measured.push(result);
    }
    return [addedSection(measured), inKernelSection(measured), instructionSection(measured)].filter(
      ({ rows }) => rows.length > 0,
    );
  },
};
