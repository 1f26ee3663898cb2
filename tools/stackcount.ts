// programs: which stacks lead to a function, tracepoint or other event
//
// PATTERN is an attach point such as tracepoint:block:block_io_start, or the name of a kernel function. At the end the number of
// times that it came, for each stack.

import { attachPoint } from '../src/cli/tools/points.ts';

export const words = 'PATTERN';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("cpu", -1, "c: only on this CPU");
  getopt("perpid", false, "P: by process too");
  getopt("kernel-stacks-only", false, "K: only the kernel's stacks");
  getopt("user-stacks-only", false, "U: only the processes' stacks");
  getopt("top", 0, "T: only so many stacks");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

export function script(
  [word = '', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  if (more.length > 0) throw new RangeError(`one PATTERN, not also '${more[0]}'`);
  const stacks = given.has('kernel-stacks-only')
    ? ['kstack']
    : given.has('user-stacks-only')
      ? ['ustack']
      : ['kstack', 'ustack'];
  const key = [...(given.has('perpid') ? ['pid', 'comm'] : []), ...stacks].join(', ');
  return `
${attachPoint(word)}
/wanted(getopt("pid", 0), pid) && (getopt("cpu", -1) < 0 || cpu == getopt("cpu", -1)) && in_cgroup(getopt("cgroup", ""))/
{
  @[${key}] = count();
}

end
{
  print(@, getopt("top", 0));
  clear(@);
  _ = (getopt("perpid"), getopt("kernel-stacks-only"), getopt("user-stacks-only"));
}
`;
}
