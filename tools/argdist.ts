// programs: the values that arguments and results of functions and events take, as counts or histograms
//
// POINT is an attach point or the name of a kernel function, EXPRESSION what is looked at there (arg0, retval, args.ret ...), CONDITION
// what must hold for that:
//   sonde argdist -H tracepoint:syscalls:sys_exit_read args.ret 'args.ret > 0'

import { attachPoint } from '../src/cli/tools/points.ts';

export const words = 'POINT EXPRESSION [CONDITION]';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("tid", 0, "t: only in this thread");
  getopt("histogram", false, "H: a histogram of a number instead of counts of each value");
  getopt("interval", 0, "i: a report every S seconds, then from zero");
  getopt("cumulative", false, "c: reports do not begin from zero");
  getopt("top", 0, "T: only so many values");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

export function script(
  [point = '', expression, condition = '1', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  if (expression === undefined) throw new RangeError('an EXPRESSION is missing: what is looked at');
  if (more.length > 0) throw new RangeError(`a POINT, an EXPRESSION and a CONDITION, not also '${more[0]}'`);
  const counts = given.has('histogram') ? `@ = hist(${expression})` : `@[${expression}] = count()`;
  const print = given.has('histogram') ? 'print(@)' : 'print(@, getopt("top", 0))';
  return `
${attachPoint(point)}
/wanted(getopt("pid", 0), pid) && wanted(getopt("tid", 0), tid) && in_cgroup(getopt("cgroup", "")) && (${condition})/
{
  ${counts};
}

interval:s:1
/comptime (getopt("interval", 0) > 0)/
{
  @seconds++;
  if (@seconds % getopt("interval", 0) == 0) {
    time("%H:%M:%S\\n");
    ${print};
    if (!getopt("cumulative")) { clear(@); }
  }
}

end
{
  ${print};
  clear(@);
  clear(@seconds);
  _ = (getopt("histogram"), getopt("top", 0));
}
`;
}
