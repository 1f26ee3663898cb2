/** Database servers whose queries tools look at: by the USDT probes that both have, `query__start` and `query__done`. */
import { globSync, readFileSync, readlinkSync } from 'node:fs';

const PROVIDERS: Readonly<Record<string, { readonly provider: string; readonly usual: readonly string[] }>> = {
  mysql: { provider: 'mysql', usual: ['/usr/sbin/mysqld', '/usr/sbin/mariadbd', '/usr/libexec/mysqld'] },
  postgres: {
    provider: 'postgresql',
    usual: ['/usr/lib/postgresql/*/bin/postgres', '/usr/bin/postgres', '/usr/local/pgsql/bin/postgres'],
  },
};

/**
 * Beginnings of attach points, one for each server program; a probe's name goes behind. Throws RangeError where there is no such
 * database, no server of it, or none with USDT probes.
 */
export function databasePoints(database: string, pid: number, executable: string): readonly string[] {
  const known = Object.hasOwn(PROVIDERS, database) ? PROVIDERS[database] : undefined;
  if (known === undefined)
    throw new RangeError(`no database '${database}': there are ${Object.keys(PROVIDERS).join(', ')}`);
  const files =
    executable !== '' ? [executable] : pid > 0 ? [executableOf(pid)] : known.usual.flatMap((each) => globSync(each));
  if (files.length === 0)
    throw new RangeError(`no server of ${database} was found; --exe PATH or --pid PID says where it is`);
  const probed = files.filter((file) => hasProbes(file, known.provider));
  if (probed.length === 0)
    throw new RangeError(`${files.join(', ')} was built without USDT probes of ${known.provider}`);
  return probed.map((file) => `usdt:${file}:${known.provider}:`);
}

/** The same for what a tool's command line says: one DATABASE, and by --pid or --exe which server. Throws RangeError. */
export function pointsOf(
  [database = '', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  if (more.length > 0) throw new RangeError(`one DATABASE, not also '${more[0]}'`);
  return databasePoints(database, Number(given.get('pid') ?? 0), given.get('exe') ?? '');
}

function executableOf(pid: number): string {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return `/proc/${pid}/exe`;
  } catch {
    throw new RangeError(`there is no process ${pid}, or none that may be looked into`);
  }
}

function hasProbes(file: string, provider: string): boolean {
  try {
    const bytes = readFileSync(file);
    return bytes.includes('stapsdt\0') && bytes.includes(`\0${provider}\0`);
  } catch (error) {
    throw new RangeError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Two probes that measure each query; `atEnd` sees `$ns` and @query[tid], the text. */
export function queryProbes(points: readonly string[], atEnd: string): string {
  const all = (name: string): string => points.map((point) => point + name).join(',\n');
  return `
${all('query__start')}
/wanted(getopt("pid", 0), pid)/
{
  @start[tid] = nsecs;
  @query[tid] = str(arg0);
}

${all('query__done')}
/has_key(@start, tid)/
{
  $ns = nsecs - @start[tid];
  ${atEnd}
  delete(@start, tid);
  delete(@query, tid);
}
`;
}

/** A script with a line for each query that took at least so many milliseconds: `leastMs` and `atBegin` are of the language. */
export function slowQueries(points: readonly string[], leastMs: string, atBegin = ''): string {
  return `
begin
{
  printf("%-12s %-7s %12s %s\\n", "TIME(s)", "PID", "MS", "QUERY");
  ${atBegin}
}
${queryProbes(
  points,
  `if ($ns >= ${leastMs} * 1000000) {
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
