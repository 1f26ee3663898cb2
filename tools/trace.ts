// programs: a line for each time that functions, tracepoints or other events come, with values of your choice
//
// A SPEC is an attach point, then a condition in parentheses, then a format and its values, each if you want:
//   sonde trace 't:syscalls:sys_enter_openat (args.flags & 64) "%s", str(args.filename)'
// The attach point may be the name of a kernel function, p:LIB:FUNCTION, r::FUNCTION for its return, t:GROUP:EVENT, or one of Sonde's.

import { attachPoint } from '../src/cli/tools/points.ts';

export const words = 'SPEC...';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("tid", 0, "L: only in this thread");
  getopt("uid", -1, "only by this user, by number");
  getopt("name", "", "n: only in processes of this name");
  getopt("max-events", 0, "M: end after so many lines");
  getopt("time", false, "T: a column with the time of day");
  getopt("timestamp", false, "t: a column with the seconds since the start");
  getopt("print-cpu", false, "C: a column with the CPU");
  getopt("kernel-stack", false, "K: the kernel's stack below each line");
  getopt("user-stack", false, "U: the process's stack below each line");
  getopt("cgroup", "", "c: only this cgroup and those below it");
`;

interface Spec {
  readonly point: string;
  readonly condition: string;
  readonly format: string;
  readonly values: string;
}

/** The parentheses of a condition may hold others; the format begins at the first quote behind them. */
function readSpec(text: string): Spec {
  const [, word = '', rest = ''] = /^\s*([^\s(]+)\s*([^]*)$/.exec(text) ?? [];
  let condition = '1';
  let behind = rest;
  if (rest.startsWith('(')) {
    let depth = 0;
    let end = -1;
    for (let at = 0; at < rest.length && end < 0; at++) {
      if (rest[at] === '(') depth++;
      if (rest[at] === ')' && --depth === 0) end = at;
    }
    if (end < 0) throw new RangeError(`the condition of '${text}' has no end`);
    condition = rest.slice(1, end);
    behind = rest.slice(end + 1).trim();
  }
  const [, format, values = ''] = /^"((?:[^"\\\\]|\\\\.)*)"\s*(,[^]*)?$/.exec(behind) ?? [];
  if (format === undefined && behind !== '') throw new RangeError(`'${behind}' is no format in quotes with its values`);
  return { point: attachPoint(word), condition, format: format ?? '', values };
}

export function script(specs: readonly string[]): string {
  const probes = specs.map(readSpec).map(
    ({ point, condition, format, values }) => `
${point}
/wanted(getopt("pid", 0), pid) && wanted(getopt("tid", 0), tid) && wanted(getopt("name", ""), comm) &&
  (getopt("uid", -1) < 0 || uid == getopt("uid", -1)) && in_cgroup(getopt("cgroup", "")) && (${condition})/
{
  printf(if_option("time", "%s ", "%s") + if_option("timestamp", "%5d.%06d ", "%s%s") + if_option("print-cpu", "%-3d ", "%s") +
      "%-7d %-7d %-16s %s ${format}%s%s\\n",
    if_option("time", strftime("%H:%M:%S", nsecs), ""), if_option("timestamp", elapsed / 1000000000, ""),
    if_option("timestamp", elapsed / 1000 % 1000000, ""), if_option("print-cpu", cpu, ""), pid, tid, comm, probe${values},
    if_option("kernel-stack", kstack, ""), if_option("user-stack", ustack, ""));
  if comptime (getopt("max-events", 0) > 0) {
    @lines++;
    if (@lines >= getopt("max-events", 0)) {
      exit();
    }
  }
}
`,
  );
  return `
begin
{
  printf("%s%s%s%-7s %-7s %-16s %s\\n", if_option("time", "TIME     ", ""), if_option("timestamp", "SECONDS      ", ""),
    if_option("print-cpu", "CPU ", ""), "PID", "TID", "COMM", "PROBE");
}
${probes.join('')}
end
{
  clear(@lines);
}
`.replace('  clear(@lines);', '  if comptime (getopt("max-events", 0) > 0) { clear(@lines); }');
}
