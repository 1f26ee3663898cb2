// programs: threads that a Java or C program starts, and those of Java that stop
//
// One line for each in process PID: the name of a thread of Java, or the function that a thread of C begins with.
// Java must have USDT probes.

import { findRuntime, pidOf, points, requireEvents } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("language", "", "l: java or c; without it java where the process has it, else c");
`;

function isJava(pid: number, language: string): boolean {
  if (language !== '') return language !== 'c';
  try {
    return findRuntime(pid, 'java') !== undefined;
  } catch {
    return false;
  }
}

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  const language = given.get('language') ?? '';
  const line = (id: string, kind: string, what: string): string =>
    `printf("%-15s %-7d %-8s %s\\n", strftime("%H:%M:%S.%f", nsecs), ${id}, ${kind}, ${what});`;
  const c = `
uprobe:libc:pthread_create
/pid == ${pid}/
{
  ${line('tid', '"pthread"', 'usym(arg2)')}
}
`;
  const java = (): string => {
    const found = findRuntime(pid, language);
    return requireEvents(found.runtime.threads, found, 'threads')
      .map(
        (event) => `
${points(found, [event])}
/pid == ${pid}/
{
  ${line('arg3', event.name.endsWith('start') ? '"start"' : '"stop"', event.what!)}
}
`,
      )
      .join('');
  };
  return `
begin
{
  printf("%-15s %-7s %-8s %s\\n", "TIME", "TID", "TYPE", "DESCRIPTION");
  _ = (getopt("pid", 0), getopt("language", ""));
}
${isJava(pid, language) ? java() : c}`;
}
