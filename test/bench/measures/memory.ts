/** The peak of what a tool and all that it starts have resident. */
import { type Bench, inTurns, type Measure } from '../bench.ts';
import type { Row } from '../table.ts';
import { shortScripts } from './start.ts';

const RUNS = 3;
const STACKS = 'tracepoint:syscalls:sys_enter_sched_get_priority_max /pid == cpid/ { @[kstack, ustack] = count(); }';

async function peak(bench: Bench, what: string, bound: string, script: readonly string[]): Promise<Row> {
  const { mib } = await inTurns(bench, Math.min(bench.runs, RUNS), (tool) => ({
    mib: bench.workbench.run([tool.command, ...script], { sampleMemory: true }).peakKib / 1024,
  }));
  return { what: `peak memory of ${what}`, unit: 'MiB', bound, ...mib };
}

export const memory: Measure = {
  names: ['memory'],
  async run(bench) {
    const symbols = 'stacks, with kernel and user symbols';
    const rows = [
      await peak(bench, '`begin { exit(); }`', '<= 62', shortScripts.nothing),
      await peak(bench, 'the count', '<= 62', shortScripts.count),
      await peak(bench, '`begin { printf("%d\\n", 1); exit(); }`, with the default ring', '<= 80', shortScripts.print),
      await peak(bench, symbols, '<= 150', ['-e', STACKS, '-c', `${bench.workbench.workload} 1000`]),
    ];
    return [{ title: 'Memory of the process tree', rows }];
  },
};
