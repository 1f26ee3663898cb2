// programs: how long functions take, as a histogram
//
// PATTERN is the name of a kernel function such as vfs_read or vfs_*, or uprobe:PATH:FUNCTION for one of programs and libraries.

import { attachPoint } from '../src/cli/tools/points.ts';

export const words = 'PATTERN';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("interval", 0, "i: a report every S seconds, then from zero");
  getopt("timestamp", false, "T: the time above each report");
  getopt("microseconds", false, "u: microseconds instead of nanoseconds");
  getopt("milliseconds", false, "m: milliseconds instead of nanoseconds");
  getopt("function", false, "F: a histogram for each function");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

export function script(
  [word = '', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  if (more.length > 0) throw new RangeError(`one PATTERN, not also '${more[0]}'`);
  const [map, unit] = given.has('milliseconds')
    ? ['@ms', 1_000_000]
    : given.has('microseconds')
      ? ['@us', 1000]
      : ['@ns', 1];
  const point = attachPoint(word);
  if (!/^(kprobe|uprobe|fentry):/.test(point)) throw new RangeError(`'${word}' is no function: only they take time`);
  const key = given.has('function') ? '[func]' : '';
  return `
${point}
/wanted(getopt("pid", 0), pid) && in_cgroup(getopt("cgroup", ""))/
{
  @start[tid, func] = nsecs;
}

${attachPoint(word, true)}
/has_key(@start, (tid, func))/
{
  ${map}${key} = hist((nsecs - @start[tid, func]) / ${unit});
  delete(@start, (tid, func));
}

interval:s:1
/comptime (getopt("interval", 0) > 0)/
{
  @seconds++;
  if (@seconds % getopt("interval", 0) == 0) {
    if (getopt("timestamp")) { time("%H:%M:%S\\n"); }
    print(${map});
    clear(${map});
  }
}

end
{
  if (getopt("timestamp")) { time("%H:%M:%S\\n"); }
  clear(@start);
  clear(@seconds);
  _ = (getopt("microseconds"), getopt("milliseconds"), getopt("function"));
}
`;
}
