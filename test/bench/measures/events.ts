/** Events printed at full speed, and the time of a counted system call. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, inTurns, type Measure } from '../bench.ts';
import type { Measured } from '../measure.ts';
import type { Row } from '../table.ts';
import type { Tool } from '../tracer.ts';

const RUNS = 3;
/** bpftrace 0.17 takes ten seconds for a million; what is compared is a rate. */
const PEER_SHARE = 0.25;
const CALL = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';

/** The command of workload.c, and what it wrote of itself when it ended. */
function workload({ workbench }: Bench, calls: number) {
  const times = join(workbench.folder, 'times');
  return {
    command: `${workbench.workload} ${calls} 1 ${times}`,
    readTimes() {
      const [beganNs, endedNs, cpuNs] = readFileSync(times, 'utf8').split(' ').map(Number) as [number, number, number];
      return { beganNs, endedNs, cpuNs };
    },
  };
}

const eventLines = ({ outputPath }: Measured): number =>
  readFileSync(outputPath, 'latin1').match(/^\d+ workload \d+$/gm)?.length ?? 0;

/** As many events as there are calls, printed to a file: from the first call to the last write. */
function burst(bench: Bench, tool: Tool) {
  const script = ['-e', `${CALL} { printf("%d %s %llu\\n", pid, comm, nsecs); }`];
  const calls = Math.round(bench.calls * (tool === bench.peer ? PEER_SHARE : 1));
  const printing = (count: number) => {
    const { command, readTimes } = workload(bench, count);
    const measured = bench.workbench.run([tool.command, ...script, '-c', command], { sampleMemory: true });
    return { measured, ...readTimes() };
  };
  const few = printing(1);
  const { measured, beganNs, cpuNs } = printing(calls);
  const elapsedSeconds = statSync(measured.outputPath).mtimeMs / 1e3 - beganNs / 1e9;
  const printed = eventLines(measured);
  // Without what start and end cost, and without the traced program.
  const consumerMs = measured.cpuMs - few.measured.cpuMs - (cpuNs - few.cpuNs) / 1e6;
  return {
    perSecond: printed / elapsedSeconds,
    lost: calls - printed,
    peakMib: measured.peakKib / 1024,
    cpuNs: (consumerMs * 1e6) / printed,
  };
}

export const events: Measure = {
  names: ['events'],
  async run(bench) {
    const { perSecond, lost, peakMib, cpuNs } = await inTurns(bench, Math.min(bench.runs, RUNS), (tool) =>
      burst(bench, tool),
    );
    const million = `${bench.calls.toLocaleString('en')} \`printf("%d %s %llu\\n", pid, comm, nsecs)\` into a file (bpftrace: a quarter)`;
    const rows: Row[] = [
      { what: million, unit: 'events/s', bound: '>= 20 x; >= 2,000,000', ...perSecond },
      { what: '… events lost', unit: 'events', bound: '<= 0', ...lost },
      { what: '… CPU time of the tool for an event', unit: 'ns', bound: '<= 0.05 x', ...cpuNs },
      { what: '… peak memory, with the traced program', unit: 'MiB', bound: '<= 80', ...peakMib },
    ];
    return [{ title: 'Printed events', rows }];
  },
};

async function perCall(bench: Bench, body: string): Promise<Row> {
  const { ns } = await inTurns(bench, Math.min(bench.runs, RUNS), (tool) => {
    const { command, readTimes } = workload(bench, bench.calls);
    bench.workbench.run([tool.command, '-e', `${CALL} { ${body} }`, '-c', command]);
    const { beganNs, endedNs } = readTimes();
    return { ns: (endedNs - beganNs) / bench.calls };
  });
  return { what: `a system call counted by \`${body}\``, unit: 'ns', bound: '', ...ns };
}

export const calls: Measure = {
  names: ['calls'],
  async run(bench) {
    const rows = [await perCall(bench, '@ = count();'), await perCall(bench, '@[pid] = count();')];
    return [{ title: 'A system call, from one to the next', rows }];
  },
};
