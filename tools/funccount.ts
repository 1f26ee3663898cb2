// programs: how often functions, tracepoints and other events that match a pattern come
//
// PATTERN is an attach point such as tracepoint:sched:* or uprobe:libc:mall*, or the name of a kernel function: vfs_*.
// At the end, or after each interval, the counts, the largest last.

import { attachPoint, isFunction } from '../src/cli/tools/points.ts';

export const words = 'PATTERN';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("cpu", -1, "c: only on this CPU");
  getopt("interval", 0, "i: a report every S seconds, then from zero");
  getopt("timestamp", false, "T: the time above each report");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

export function script([word = '', ...more]: readonly string[]): string {
  if (more.length > 0) throw new RangeError(`one PATTERN, not also '${more[0]}'`);
  const point = attachPoint(word);
  return `
${point}
/(getopt("pid", 0) == 0 || pid == getopt("pid", 0)) && (getopt("cpu", -1) < 0 || cpu == getopt("cpu", -1)) && in_cgroup(getopt("cgroup", ""))/
{
  @[${isFunction(point) ? 'func' : 'probe'}] = count();
}

interval:s:1
/comptime (getopt("interval", 0) > 0)/
{
  @seconds++;
  if (@seconds % getopt("interval", 0) == 0) {
    if (getopt("timestamp")) { time("%H:%M:%S\\n"); }
    print(@);
    clear(@);
  }
}

end
{
  if (getopt("timestamp")) { time("%H:%M:%S\\n"); }
  print(@);
  clear(@);
  clear(@seconds);
}
`;
}
