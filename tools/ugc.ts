// programs: garbage collections of a Java, Node, Python or Ruby program, with the time that each takes
//
// One line for each that ends in process PID. The runtime must have USDT probes.

import { findRuntime, pidOf, points, requireEvents } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("language", "", "l: java, node, python or ruby, instead of what the process shows");
  getopt("milliseconds", false, "m: milliseconds instead of microseconds");
  getopt("minimum", 0, "M: only those that take so long, in the unit shown");
  getopt("filter", "", "F: only those whose description begins so");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  const found = findRuntime(pid, given.get('language') ?? '');
  const filter = given.get('filter') ?? '';
  const skip =
    filter === '' ? '' : ` && strncmp(@what[tid], ${JSON.stringify(filter)}, ${Buffer.byteLength(filter)}) == 0`;
  const [unit, divisor, width] = given.has('milliseconds') ? ['ms', 1_000_000, 9] : ['us', 1000, 9];
  const probes = requireEvents(found.runtime.collections, found, 'garbage collections').map(
    ({ begin, end }) => `
${points(found, [begin])}
/pid == ${pid}/
{
  @start[tid] = nsecs;
  @what[tid] = ${begin.what};
}

${points(found, [end])}
/pid == ${pid} && has_key(@start, tid)/
{
  $time = (nsecs - @start[tid]) / ${divisor};
  if ($time >= getopt("minimum", 0)${skip}) {
    printf("%-12u %-7d %-${width}u %s\\n", elapsed / 1000, tid, $time, @what[tid]);
  }
  delete(@start, tid);
  delete(@what, tid);
}
`,
  );
  return `
begin
{
  printf("%-12s %-7s %-${width}s %s\\n", "START(us)", "TID", "TIME(${unit})", "DESCRIPTION");
  _ = (getopt("pid", 0), getopt("language", ""), getopt("milliseconds"), getopt("filter", ""));
}
${probes.join('')}
end
{
  clear(@start);
  clear(@what);
}
`;
}
