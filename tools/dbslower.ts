// programs: queries of MySQL and PostgreSQL that are slow
//
// One line for each query of DATABASE (mysql or postgres) that took at least the threshold. The server must have USDT probes.

import { databasePoints, queryProbes } from '../src/cli/tools/databases.ts';

export const words = 'DATABASE';

export const options = `
  getopt("pid", 0, "p: only this server process");
  getopt("exe", "", "x: the server's program, where it is not in its usual place");
  getopt("threshold", 1, "m: only queries that take so many milliseconds");
`;

export function script(
  [database = '', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  if (more.length > 0) throw new RangeError(`one DATABASE, not also '${more[0]}'`);
  const points = databasePoints(database, Number(given.get('pid') ?? 0), given.get('exe') ?? '');
  return `
begin
{
  printf("%-12s %-7s %12s %s\\n", "TIME(s)", "PID", "MS", "QUERY");
  _ = getopt("exe", "");
}
${queryProbes(
  points,
  `if ($ns >= getopt("threshold", 1) * 1000000) {
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
