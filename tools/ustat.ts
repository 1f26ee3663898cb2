// programs: what language runtimes do: calls, garbage collections, objects, threads, refreshed
//
// After each INTERVAL a line for each process of Java, Node, Perl, PHP, Python, Ruby or Tcl that did something, per second.
// The runtimes must have USDT probes; Java tells of calls and objects only with -XX:+ExtendedDTraceProbes.

import {
  findAllRuntimes,
  findRuntime,
  type FoundRuntime,
  points,
  type RuntimeEvent,
} from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("interval", 1, "i,$1: seconds between reports");
  getopt("count", 0, "$2: end after so many reports");
  getopt("language", "", "l: only processes of java, node, perl, php, python, ruby or tcl");
  getopt("pid", 0, "p: only this process");
`;

const columns = ['method', 'gc', 'objnew', 'cload', 'exc', 'thr'] as const;

function eventsOf({
  runtime,
}: FoundRuntime): readonly (readonly [(typeof columns)[number], readonly RuntimeEvent[]])[] {
  return [
    ['method', (runtime.calls ?? []).map((call) => call[call.counted])],
    ['gc', (runtime.collections ?? []).map(({ begin }) => begin)],
    ['objnew', runtime.objects ?? []],
    ['cload', runtime.loads ?? []],
    ['exc', runtime.exceptions ?? []],
    ['thr', (runtime.threads ?? []).slice(0, 1)],
  ];
}

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = Number(given.get('pid') ?? 0);
  const language = given.get('language') ?? '';
  const found = pid > 0 ? [findRuntime(pid, language)] : findAllRuntimes(language);
  if (found.length === 0) throw new RangeError('no process here has a runtime with USDT probes');
  const probes = found.flatMap((each) =>
    eventsOf(each)
      .filter(([, events]) => events.length > 0)
      .map(
        ([column, events]) => `
${points(each, events)}
/wanted(getopt("pid", 0), pid)/
{
  @seen[pid] = leader_comm();
  @${column}[pid] = count();
}
`,
      ),
  );
  const used = columns.filter((column) => probes.some((probe) => probe.includes(`@${column}[`)));
  const value = (column: (typeof columns)[number]): string =>
    used.includes(column) ? `(uint64)@${column}[$kv.0] / getopt("interval", 1)` : '0';
  return `
config = { missing_probes = ignore }

begin
{
  printf("%-8s %-7s %-16s %9s %6s %9s %8s %6s %6s\\n", "TIME", "PID", "COMM", "METHOD/s", "GC/s", "OBJNEW/s", "CLOAD/s", "EXC/s", "THR/s");
  _ = getopt("language", "");
}
${probes.join('')}
interval:s:1
{
  @seconds++;
  if (@seconds % getopt("interval", 1) == 0) {
    for ($kv : @seen) {
      printf("%-8s %-7d %-16s %9d %6d %9d %8d %6d %6d\\n", strftime("%H:%M:%S", nsecs), $kv.0, $kv.1, ${columns.map(value).join(', ')});
    }
    clear(@seen);
    ${used.map((column) => `clear(@${column});`).join(' ')}
    @reports++;
    if (@reports == getopt("count", 0)) {
      exit();
    }
  }
}

end
{
  clear(@seen);
  ${used.map((column) => `clear(@${column});`).join(' ')}
  clear(@seconds);
  clear(@reports);
}
`;
}
