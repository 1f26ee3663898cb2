/**
 * `npm run test:kernels`: the matrix and the suites on the kernels of guests. With `--all` everything on all of them, and the
 * matrix on this one; then docs/kernels.md is written anew.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../sonde.ts';
import { tablePath, type KernelResults } from './matrix/results.ts';
import { kernelTable } from './matrix/table.ts';

const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

function runTests(files: readonly string[], environment: NodeJS.ProcessEnv): number {
  const { status } = spawnSync('node', ['--test', '--test-concurrency=1', '--test-timeout=1800000', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}

/** What commit the results are of; changes that aren't committed are told. */
function commitName(): string {
  const changes = git('status', '--porcelain', '--', 'src', 'test', 'bin');
  return `commit ${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : ' with changes'}`;
}

function main(): number {
  const guests = globSync('test/kernels/*.test.ts', { cwd: root }).sort();
  if (!process.argv.includes('--all')) return runTests(guests, {});
  const folder = mkdtempSync(join(tmpdir(), 'sonde-kernels-'));
  try {
    const info = { date: new Date().toISOString().slice(0, 10), commit: commitName() };
    const environment = { CI: 'true', SONDE_KERNEL_RESULTS: folder };
    const status = runTests(['test/kernels/matrix/matrix.test.ts', ...guests], environment);
    const results = globSync('*.json', { cwd: folder }).map(
      (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as KernelResults,
    );
    writeFileSync(tablePath, kernelTable(results, info));
    return status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = main();
