// programs: queries of a MySQL server that are slow
//
// One line for each query of server process PID that took at least MIN_MS milliseconds (1). The server must have USDT probes; dbslower
// has more options.

import { databasePoints, slowQueries } from '../src/cli/tools/databases.ts';
import { pidOf } from '../src/cli/tools/runtimes.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the server process");
  getopt("min-ms", 1, "$2: from so many milliseconds on");
`;

export function script(_: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const pid = pidOf(given);
  return slowQueries(databasePoints('mysql', pid, ''), 'getopt("min-ms", 1)');
}
