// programs: how long queries of MySQL and PostgreSQL take, as a histogram
//
// Of the queries of DATABASE (mysql or postgres), at the end or after each interval. The server must have USDT probes.

import { pointsOf, queryProbes } from '../src/cli/tools/databases.ts';
import { reports } from '../src/cli/tools/reports.ts';

export const words = 'DATABASE';

export const options = `
  getopt("pid", 0, "p: only this server process");
  getopt("exe", "", "x: the server's program, where it is not in its usual place");
  getopt("threshold", 0, "m: only queries that take so many milliseconds");
  getopt("microseconds", false, "u: microseconds instead of milliseconds");
  getopt("interval", 0, "i: a report every S seconds, then from zero");
`;

export function script(databases: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const points = pointsOf(databases, given);
  const [map, unit] = given.has('microseconds') ? ['@us', 1000] : ['@ms', 1_000_000];
  return `
${queryProbes(
  points,
  `if ($ns >= getopt("threshold", 0) * 1000000) {
    ${map} = hist($ns / ${unit});
  }`,
)}
${reports(`print(${map});\n    clear(${map});`, {
  atEnd: `clear(@start);
  clear(@query);
  _ = (getopt("exe", ""), getopt("microseconds"));`,
})}`;
}
