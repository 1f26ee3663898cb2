/** Tools that look at queries: of PostgreSQL itself where it is installed, and of a stand-in for MySQL. */
import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, inGuest, toolTest } from './support.ts';

/** A program with the probes of a server. Its path. */
function standFor(provider: string): string {
  const path = join(folder, `queries-${provider}`);
  const source = join(import.meta.dirname, 'workloads/queries.c');
  if (!inGuest) execFileSync('gcc', ['-O1', '-g0', `-DPROVIDER="${provider}"`, '-o', path, source]);
  return path;
}

const mysql = standFor('mysql');
const postgres = standFor('postgresql');
const slow = /^\d+ *\.\d{6} \d+ +(?:[5-9]\d|\d{3})\.\d{3} SELECT sleep\(0\.05\)$/m;

toolTest({
  tool: 'mysqld_qslower',
  title: 'a slow query of a stand-in for MySQL',
  args: ['PID', '10'],
  maps: 'queries',
  workload: `exec ${mysql}`,
  expect: [/^TIME\(s\) +PID +MS +QUERY$/m, /^\d+ *\.\d{6} <pid> +(?:[5-9]\d|\d{3})\.\d{3} SELECT sleep\(0\.05\)$/m],
  never: [/SELECT 1/],
});

toolTest({
  tool: 'dbslower',
  title: 'a slow query of a stand-in for MySQL',
  args: ['-m', '10', '-x', mysql, 'mysql'],
  workload: `echo | ${mysql}`,
  expect: [slow],
  never: [/SELECT 1/],
  example: false,
});

toolTest({
  tool: 'dbslower',
  title: 'a slow query of a stand-in for PostgreSQL',
  args: ['-m', '10', '-p', 'PID', 'postgres'],
  maps: 'queries',
  workload: `exec ${postgres}`,
  expect: [slow],
  never: [/SELECT 1/],
  example: false,
});

toolTest({
  tool: 'dbstat',
  title: 'queries of a stand-in for PostgreSQL',
  args: ['-x', postgres, '-m', '10', '-u', 'postgres'],
  workload: `echo | ${postgres}`,
  atEnd: true,
  expect: [/^@us:\n(.*\n)*\[(?:32K, 64K|64K, 128K)\) +1 \|@+\|$/m],
  never: [/\)[^|]*\|@+\|\n[^]*\|@+\|/],
  example: false,
});

const server = globSync('/usr/lib/postgresql/*/bin/postgres').find(
  (path) => !inGuest && readFileSync(path).includes('stapsdt\0'),
);
const isAbsent = server === undefined;
if (server !== undefined) prepareServer(server);

/** A folder of data that the server's own user may write. */
function prepareServer(path: string): void {
  chmodSync(folder, 0o777);
  const init = join(path, '../initdb');
  execFileSync('runuser', ['-u', 'postgres', '--', init, '-N', '-D', join(folder, 'data')], {
    cwd: '/',
    stdio: 'ignore',
  });
}

/** One process that takes queries from its standard input. */
const ask = (query: string): string =>
  `cd /; echo "${query}" | runuser -u postgres -- ${server} --single -D $FOLDER/data template1`;

toolTest({
  tool: 'dbslower',
  title: 'a slow query of PostgreSQL',
  args: ['-m', '40', 'postgres'],
  isAbsent,
  workload: ask('SELECT pg_sleep(0.05);'),
  expect: [/^TIME\(s\) +PID +MS +QUERY$/m, /^\d+ *\.\d{6} \d+ +(?:[5-9]\d|\d{3})\.\d{3} SELECT pg_sleep\(0\.05\);/m],
});

toolTest({
  tool: 'dbstat',
  title: 'queries of PostgreSQL',
  args: ['-u', 'postgres'],
  isAbsent,
  workload: ask('SELECT pg_sleep(0.04);'),
  atEnd: true,
  expect: [/^@us:\n(.*\n)*\[(?:32K, 64K|64K, 128K)\) +1 \|@+\|$/m],
});
