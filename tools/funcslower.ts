// programs: calls of functions that are slow, with their results and arguments
//
// FUNCTION is the name of a kernel function, or uprobe:PATH:FUNCTION for one of programs and libraries. One line for each call that took at
// least the time of -m or -u (1 ms if neither is given).

import { attachPoint } from '../src/cli/tools/points.ts';

export const words = 'FUNCTION...';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("min-ms", 0, "m: from so many milliseconds on");
  getopt("min-us", 0, "u: from so many microseconds on");
  getopt("arguments", 0, "a: so many arguments, up to 6");
  getopt("time", false, "T: a column with the time");
  getopt("user-stack", false, "U: the process's stack below each line");
  getopt("kernel-stack", false, "K: the kernel's stack below each line");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

export function script(points: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const count = Number(given.get('arguments') ?? 0);
  if (!(count >= 0 && count <= 6)) throw new RangeError('--arguments goes from 0 to 6');
  for (const word of points) {
    if (!/^(kprobe|uprobe|fentry):/.test(attachPoint(word)))
      throw new RangeError(`'${word}' is no function: only they take time`);
  }
  const args = Array.from({ length: count }, (_, index) => `arg${index}`);
  const kept = args.map((_, index) => `, $call.${index + 1}`).join('');
  const least = given.has('min-us')
    ? 'getopt("min-us", 0)'
    : given.has('min-ms')
      ? 'getopt("min-ms", 0) * 1000'
      : '1000';
  return `
begin
{
  printf("%s%-16s %-7s %10s %16s %s%s\\n", if_option("time", "TIME     ", ""), "COMM", "PID", "LAT(us)", "RVAL", "FUNC",
    "${count > 0 ? ' ARGS' : ''}");
  _ = (getopt("min-us", 0), getopt("min-ms", 0), getopt("arguments", 0));
}

${points.map((word) => attachPoint(word)).join(',\n')}
/wanted(getopt("pid", 0), pid) && in_cgroup(getopt("cgroup", ""))/
{
  @call[tid, func] = (nsecs, ${[...args, '0'].join(', ')});
}

${points.map((word) => attachPoint(word, true)).join(',\n')}
/has_key(@call, (tid, func))/
{
  $call = @call[tid, func];
  delete(@call, (tid, func));
  $us = (nsecs - $call.0) / 1000;
  if ($us >= ${least}) {
    printf(if_option("time", "%s ", "%s") + "%-16s %-7d %10d %16llx %s${' 0x%llx'.repeat(count)}%s%s\\n",
      if_option("time", strftime("%H:%M:%S", nsecs), ""), comm, pid, $us, retval, func${kept}, if_option("kernel-stack", kstack, ""),
      if_option("user-stack", ustack, ""));
  }
}

end
{
  clear(@call);
}
`;
}
