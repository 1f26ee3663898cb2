// programs: how long queries of MySQL and PostgreSQL take, as a histogram
//
// Of the queries of DATABASE (mysql or postgres), at the end or after each interval. The server must have USDT probes.

import { databasePoints, queryProbes } from '../src/cli/tools/databases.ts';

export const words = 'DATABASE';

export const options = `
  getopt("pid", 0, "p: only this server process");
  getopt("exe", "", "x: the server's program, where it is not in its usual place");
  getopt("threshold", 0, "m: only queries that take so many milliseconds");
  getopt("microseconds", false, "u: microseconds instead of milliseconds");
  getopt("interval", 0, "i: a report every S seconds, then from zero");
`;

export function script(
  [database = '', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  if (more.length > 0) throw new RangeError(`one DATABASE, not also '${more[0]}'`);
  const points = databasePoints(database, Number(given.get('pid') ?? 0), given.get('exe') ?? '');
  const [map, unit] = given.has('microseconds') ? ['@us', 1000] : ['@ms', 1_000_000];
  return `
${queryProbes(
  points,
  `if ($ns >= getopt("threshold", 0) * 1000000) {
    ${map} = hist($ns / ${unit});
  }`,
)}
interval:s:1
/comptime (getopt("interval", 0) > 0)/
{
  @seconds++;
  if (@seconds % getopt("interval", 0) == 0) {
    time("%H:%M:%S\\n");
    print(${map});
    clear(${map});
  }
}

end
{
  clear(@start);
  clear(@query);
  clear(@seconds);
  _ = (getopt("exe", ""), getopt("microseconds"));
}
`;
}
