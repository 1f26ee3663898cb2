// programs: the time between one call of a function, or one event, and the next, as a histogram
//
// PATTERN is an attach point such as tracepoint:block:block_rq_issue, or the name of a kernel function.

import { attachPoint } from '../src/cli/tools/points.ts';

export const words = 'PATTERN';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("milliseconds", false, "m: milliseconds instead of microseconds");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

export function script([word = '', ...more]: readonly string[]): string {
  if (more.length > 0) throw new RangeError(`one PATTERN, not also '${more[0]}'`);
  return `
${attachPoint(word)}
/wanted(getopt("pid", 0), pid) && in_cgroup(getopt("cgroup", ""))/
{
  if (@last != 0) {
    @interval = hist((nsecs - @last) / (getopt("milliseconds") ? 1000000 : 1000));
  }
  @last = nsecs;
}

end
{
  clear(@last);
}
`;
}
