// programs: queries of MySQL and PostgreSQL that are slow
//
// One line for each query of DATABASE (mysql or postgres) that took at least the threshold. The server must have USDT probes.

import { pointsOf, slowQueries } from '../src/cli/tools/databases.ts';

export const words = 'DATABASE';

export const options = `
  getopt("pid", 0, "p: only this server process");
  getopt("exe", "", "x: the server's program, where it is not in its usual place");
  getopt("threshold", 1, "m: only queries that take so many milliseconds");
`;

export function script(databases: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  return slowQueries(pointsOf(databases, given), 'getopt("threshold", 1)', '_ = getopt("exe", "");');
}
