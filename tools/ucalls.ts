// programs: which methods of a Java, Perl, PHP, Python, Ruby or Tcl program are called most, and which system calls
//
// At the end, or after each INTERVAL, the calls of process PID by what they belong to and their names, the most frequent last.
// The runtime must have USDT probes; Java tells of calls only with -XX:+ExtendedDTraceProbes;
// Python 3.11 tells only of returns, so that -L has no times.

import { reports } from '../src/cli/tools/reports.ts';
import { findRuntime, pidOf, points, requireEvents } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("interval", 0, "i,$2: a report every S seconds, then from zero");
  getopt("language", "", "l: java, perl, php, python, ruby or tcl, instead of what the process shows; none: system calls only");
  getopt("top", 0, "T: only the N largest");
  getopt("latency", false, "L: their time too, with all that they call");
  getopt("syscalls", false, "S: system calls too");
  getopt("milliseconds", false, "m: milliseconds instead of microseconds");
`;

const syscalls = (pid: number, latency: boolean): string => `
tracepoint:raw_syscalls:sys_enter
/pid == ${pid}/
{
  @syscalls[syscall_name(args.id)] = count();
  ${latency ? '@entered[tid] = (nsecs, args.id);' : ''}
}
${
  latency
    ? `
tracepoint:raw_syscalls:sys_exit
/has_key(@entered, tid)/
{
  $entered = @entered[tid];
  @syscall_time[syscall_name($entered.1)] = sum((nsecs - $entered.0) / UNIT);
  delete(@entered, tid);
}
`
    : ''
}`;

const methods = (pid: number, language: string, latency: boolean): string => {
  const found = findRuntime(pid, language);
  return requireEvents(found.runtime.calls, found, 'calls')
    .map(
      (call) => `
${points(found, [call[call.counted]])}
/pid == ${pid}/
{
  @calls[${call.class}, ${call[call.counted].what}] = count();
}
${
  latency
    ? `
${points(found, [call.begin])}
/pid == ${pid}/
{
  @depth[tid] += 1;
  @start[tid, @depth[tid]] = nsecs;
}

${points(found, [call.end])}
/pid == ${pid} && @depth[tid] > 0/
{
  $level = @depth[tid];
  if (has_key(@start, (tid, $level))) {
    @time[${call.class}, ${call.end.what}] = sum((nsecs - @start[tid, $level]) / UNIT);
    delete(@start, (tid, $level));
  }
  @depth[tid] -= 1;
}
`
    : ''
}`,
    )
    .join('');
};

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  const language = given.get('language') ?? '';
  const latency = given.has('latency');
  const asks = language === 'none' || given.has('syscalls');
  const maps = [
    ...(language === 'none' ? [] : latency ? ['@calls', '@time'] : ['@calls']),
    ...(asks ? (latency ? ['@syscalls', '@syscall_time'] : ['@syscalls']) : []),
  ];
  const top = Number(given.get('top') ?? 0);
  const show = maps.map((map) => `print(${map}${top > 0 ? `, ${top}` : ''});\n  clear(${map});`).join('\n  ');
  const helpers = latency ? [...(language === 'none' ? [] : ['@start', '@depth']), ...(asks ? ['@entered'] : [])] : [];
  return `
${language === 'none' ? '' : methods(pid, language, latency)}
${asks ? syscalls(pid, latency) : ''}
${reports(show, {
  atEnd: `${show}
  ${helpers.map((map) => `clear(${map});`).join(' ')}
  _ = (getopt("pid", 0), getopt("top", 0), getopt("language", ""), getopt("latency"), getopt("syscalls"), getopt("milliseconds"));`,
})}`.replaceAll('UNIT', given.has('milliseconds') ? '1000000' : '1000');
}
