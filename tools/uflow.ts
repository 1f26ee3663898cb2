// programs: the flow of calls in a Java, Perl, PHP, Python, Ruby or Tcl program, as they come
//
// A line for each call (->) and return (<-) of process PID, indented by how deep it is. The runtime must have USDT probes;
// Java tells of calls only with -XX:+ExtendedDTraceProbes, and Python 3.11 only of returns.

import { findRuntime, pidOf, points, requireEvents } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("language", "", "l: java, perl, php, python, ruby or tcl, instead of what the process shows");
  getopt("method", "", "M: only methods whose names begin so");
  getopt("class", "", "C: only of classes, packages or files whose names begin so");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  const found = findRuntime(pid, given.get('language') ?? '');
  const begins = (name: string, value: string): string => {
    const wanted = given.get(name) ?? '';
    return wanted === '' ? '' : ` && strncmp(${value}, ${JSON.stringify(wanted)}, ${Buffer.byteLength(wanted)}) == 0`;
  };
  const probes = requireEvents(found.runtime.calls, found, 'calls').map((call) => {
    const what = (side: 'begin' | 'end'): string =>
      `/pid == ${pid}${begins('class', call.class)}${begins('method', call[side].what!)}/`;
    const line = (arrow: string, side: 'begin' | 'end'): string =>
      `printf("%-3d %-7d %-7d %-12u %s${arrow} %s.%s\\n", cpu, pid, tid, elapsed / 1000, str("${' '.repeat(60)}", @depth[tid] * 2 + 1), ${call.class}, ${call[side].what});`;
    return `
${points(found, [call.begin])}
${what('begin')}
{
  ${line('->', 'begin')}
  @depth[tid] += 1;
}

${points(found, [call.end])}
${what('end')}
{
  if (@depth[tid] > 0) { @depth[tid] -= 1; }
  ${line('<-', 'end')}
}
`;
  });
  return `
begin
{
  printf("%-3s %-7s %-7s %-12s %s\\n", "CPU", "PID", "TID", "TIME(us)", "METHOD");
  _ = (getopt("pid", 0), getopt("language", ""), getopt("method", ""), getopt("class", ""));
}
${probes.join('')}
end
{
  clear(@depth);
}
`;
}
