// programs: which types of objects a Java, Ruby, Tcl or C program makes most
//
// At the end, or after each INTERVAL, the objects that process PID made, by type, the most frequent last. Of C programs: sizes that
// malloc of the C library was asked for. Runtimes must have USDT probes; Java tells of objects only with -XX:+ExtendedDTraceProbes.

import { reports } from '../src/cli/tools/reports.ts';
import { findRuntime, pidOf, points, requireEvents } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("interval", 0, "i,$2: a report every S seconds, then from zero");
  getopt("language", "", "l: java, ruby, tcl or c, instead of what the process shows");
  getopt("top-count", 0, "C: only the N most frequent");
  getopt("top-size", 0, "S: only the N largest, by bytes (c)");
`;

function probes(pid: number, language: string, bySize: boolean): string {
  if (language === 'c') {
    return `
uprobe:libc:malloc
/pid == ${pid}/
{
  @objects[arg0] = count();
  ${bySize ? '@bytes[arg0] = sum(arg0);' : ''}
}
`;
  }
  const found = findRuntime(pid, language);
  if (bySize) throw new RangeError(`the runtime of ${found.runtime.language} does not tell sizes; --language c does`);
  return requireEvents(found.runtime.objects, found, 'objects that are made')
    .map(
      (event) => `
${points(found, [event])}
/pid == ${pid}/
{
  @objects[${event.what}] = count();
}
`,
    )
    .join('');
}

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  const topSize = Number(given.get('top-size') ?? 0);
  const top = Number(given.get('top-count') ?? 0);
  const parts = [`print(@objects${top > 0 ? `, ${top}` : ''});`, 'clear(@objects);'];
  if (topSize > 0) parts.push(`print(@bytes, ${topSize});`, 'clear(@bytes);');
  const show = parts.join('\n  ');
  return `
${probes(pid, given.get('language') ?? '', topSize > 0)}
${reports(show, {
  atEnd: `${show}
  _ = (getopt("pid", 0), getopt("top-count", 0), getopt("top-size", 0), getopt("language", ""));`,
})}`;
}
