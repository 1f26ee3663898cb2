/** Tools that look at queries: of PostgreSQL itself where it is installed, and of a stand-in for MySQL. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, inGuest, toolTest } from './support.ts';

const queries = join(folder, 'queries');
if (!inGuest) execFileSync('gcc', ['-O1', '-g0', '-o', queries, join(import.meta.dirname, 'workloads/queries.c')]);

toolTest({
  tool: 'mysqld_qslower',
  title: 'a slow query of a stand-in for MySQL',
  args: ['PID', '10'],
  maps: 'queries',
  workload: `exec ${queries}`,
  expect: [/^TIME\(s\) +PID +MS +QUERY$/m, /^\d+ *\.\d{6} <pid> +(?:[2-9]\d|\d{3})\.\d{3} SELECT sleep\(0\.02\)$/m],
  never: [/SELECT 1/],
});

toolTest({
  tool: 'dbslower',
  title: 'a slow query of a stand-in for MySQL',
  args: ['-m', '10', '-x', queries, 'mysql'],
  workload: `echo | ${queries}`,
  expect: [/^\d+ *\.\d{6} \d+ +(?:[2-9]\d|\d{3})\.\d{3} SELECT sleep\(0\.02\)$/m],
  never: [/SELECT 1/],
  example: false,
});

const [server] = globSync('/usr/lib/postgresql/*/bin/postgres');
const skip = prepareServer();

/** A folder of data that the server's own user may write. */
function prepareServer(): string | false {
  if (server === undefined || !existsSync(server) || !readFileSync(server).includes('stapsdt\0'))
    return 'no PostgreSQL with USDT probes';
  if (inGuest) return 'runs on the host';
  chmodSync(folder, 0o777);
  const init = join(server, '../initdb');
  const { status } = spawnSync('runuser', ['-u', 'postgres', '--', init, '-N', '-D', join(folder, 'data')], {
    cwd: '/',
  });
  return status === 0 ? false : 'initdb of PostgreSQL fails here';
}

/** One process that takes queries from its standard input. */
const ask = (query: string): string =>
  `cd /; echo "${query}" | runuser -u postgres -- ${server} --single -D $FOLDER/data template1`;

toolTest({
  tool: 'dbslower',
  title: 'a slow query of PostgreSQL',
  args: ['-m', '40', 'postgres'],
  skip,
  workload: ask('SELECT pg_sleep(0.05);'),
  expect: [/^TIME\(s\) +PID +MS +QUERY$/m, /^\d+ *\.\d{6} \d+ +(?:[5-9]\d|\d{3})\.\d{3} SELECT pg_sleep\(0\.05\);/m],
});

toolTest({
  tool: 'dbstat',
  title: 'queries of PostgreSQL',
  args: ['-u', 'postgres'],
  skip,
  workload: ask('SELECT pg_sleep(0.04);'),
  atEnd: true,
  expect: [/^@us:\n(.*\n)*\[(?:32K, 64K|64K, 128K)\) +1 \|@+\|$/m],
});
