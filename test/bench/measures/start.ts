/** From the start of a one-liner to its exit: time, processor time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, inTurns, type Measure } from '../bench.ts';
import { median } from '../statistics.ts';
import type { Row } from '../table.ts';

export const shortScripts = {
  nothing: ['-e', 'BEGIN { exit(); }'],
  count: ['-e', 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[comm] = count(); }', '-c', '/bin/true'],
  print: ['-e', 'BEGIN { printf("%d\\n", 1); exit(); }'],
} as const;

/** How long a Node with nothing to do takes, measured between the runs of a tool. */
class EmptyNode {
  readonly #bench: Bench;
  readonly #file: string;
  readonly #seen: number[] = [];

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#file = join(bench.workbench.folder, 'empty.cjs');
    writeFileSync(this.#file, '');
  }

  measure(): void {
    this.#seen.push(this.#bench.workbench.run([process.execPath, this.#file]).wallMs);
  }

  get medianMs(): number {
    return median(this.#seen);
  }
}

async function rowsOf(bench: Bench, what: string, script: readonly string[]): Promise<Row[]> {
  const node = new EmptyNode(bench);
  const { wall, cpu } = await inTurns(bench, bench.runs, (tool) => {
    if (tool === bench.subject) node.measure();
    const { wallMs, cpuMs } = bench.workbench.run([tool.command, ...script]);
    return { wall: wallMs, cpu: cpuMs };
  });
  const bound = '<= 0.18 x; <= node + 20';
  return [
    { what, unit: 'ms', bound, ...wall, named: { node: node.medianMs } },
    { what: '… CPU time', unit: 'ms', bound: '', ...cpu },
  ];
}

export const start: Measure = {
  names: ['start'],
  async run(bench) {
    const count = '`raw_syscalls:sys_enter /pid == cpid/ { @[comm] = count(); }` with `-c /bin/true`';
    const rows = [
      ...(await rowsOf(bench, '`begin { exit(); }`, start to exit', shortScripts.nothing)),
      ...(await rowsOf(bench, count, shortScripts.count)),
    ];
    return [{ title: 'Start to exit; node: an empty program', rows }];
  },
};
