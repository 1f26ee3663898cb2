// programs: garbage collections of Java by the pool of memory that each cleans
//
// One line for each that ends in process PID and took at least the given time. The JVM must have USDT probes.

import { findRuntime, pidOf, points } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("time", 0, "t: only those that take so many microseconds");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  const found = findRuntime(pid, 'java');
  return `
begin
{
  printf("%-8s %-4s %-7s %-24s %-24s %s\\n", "TIME", "CPU", "PID", "GC", "POOL", "TIME(us)");
  _ = getopt("pid", 0);
}

${points(found, [{ name: 'mem__pool__gc__begin' }])}
/pid == ${pid}/
{
  @start[tid, str(arg2, arg3 + 1)] = nsecs;
}

${points(found, [{ name: 'mem__pool__gc__end' }])}
/pid == ${pid} && has_key(@start, (tid, str(arg2, arg3 + 1)))/
{
  $us = (nsecs - @start[tid, str(arg2, arg3 + 1)]) / 1000;
  delete(@start, (tid, str(arg2, arg3 + 1)));
  if ($us >= getopt("time", 0)) {
    printf("%-8s %-4d %-7d %-24s %-24s %u\\n", strftime("%H:%M:%S", nsecs), cpu, pid, str(arg0, arg1 + 1), str(arg2, arg3 + 1), $us);
  }
}

end
{
  clear(@start);
}
`;
}
