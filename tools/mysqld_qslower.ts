// programs: queries of a MySQL server that are slow
//
// One line for each query of server process PID that took at least MIN_MS milliseconds (1). The server must have USDT probes; dbslower
// has more options.

import { databasePoints, queryProbes } from '../src/cli/tools/databases.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the server process");
  getopt("min-ms", 1, "$2: from so many milliseconds on");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = Number(given.get('pid') ?? 0);
  if (!(pid > 0)) throw new RangeError('which process? PID is missing');
  return `
begin
{
  printf("%-12s %-7s %12s %s\\n", "TIME(s)", "PID", "MS", "QUERY");
}
${queryProbes(
  databasePoints('mysql', pid, ''),
  `if ($ns >= getopt("min-ms", 1) * 1000000) {
    printf("%-5d.%06d %-7d %8d.%03d %s\\n", elapsed / 1000000000, elapsed / 1000 % 1000000, pid, $ns / 1000000, $ns / 1000 % 1000, @query[tid]);
  }`,
)}
end
{
  clear(@start);
  clear(@query);
}
`;
}
