/**
 * Boots other kernels and runs there, all in one boot per kernel, the rows of the matrix and the suites of this folder.
 * Each of their tests is a test here. `npm run test:kernels -- --all` runs the suites on every kernel.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { haveFeature } from '../runtime/features.ts';
import { root } from '../sonde.ts';
import { runInGuest } from './guest.ts';
import { committedCells, nameOf, saveCells } from './matrix/results.ts';
import type { Cell, MatrixLine } from './matrix/row.ts';
import { buildWorkload } from './matrix/run.ts';
import type { Finished } from './report.ts';
import { buildIfNeeded, writeStripped } from './stripped.ts';

const isAll = process.env['SONDE_KERNEL_RESULTS'] !== undefined;
/** The one with links for many probes, and the one without. */
const kernels = [
  { package: 'linux-image-6.12-amd64', runsSuites: true },
  { package: 'linux-image-amd64', runsSuites: isAll },
];
// This folder's own, and what skips on the host for want of a feature that a guest's kernel may have.
const suites = [
  'test/kernels/suites/*.test.ts',
  'src/kernel/**/*.live.test.ts',
  'test/runtime/{suites,readme}.test.ts',
];
const missing = ['qemu-system-x86_64', 'busybox', 'apt-get', 'xz', 'gcc'].filter(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
);
const skip = process.env['CI'] !== 'true' && missing.length > 0 && `needs ${missing.join(', ')}`;

for (const kernel of kernels) {
  test(`on ${kernel.package}`, { skip, timeout: 1_700_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sonde-matrix-'));
    try {
      const { cells, tests, release, output } = await runThere(kernel, folder);
      assert.ok(release !== undefined, `the matrix did not run to its end\n${output}`);
      assert.ok(tests.length > 0 || !kernel.runsSuites, `no test ran\n${output}`);
      saveCells(release, cells, tests);
      const committed = committedCells(release);
      for (const cell of cells) {
        await t.test(nameOf(cell), () => {
          assert.notEqual(cell.state, 'failed', cell.reason);
          const said = committed.get(nameOf(cell)) ?? cell.state;
          assert.equal(cell.state, said, `docs/kernels.md says otherwise: ${cell.reason}`);
        });
      }
      for (const { name, failure, skipped } of tests)
        await t.test(name, { skip: skipped }, () => assert.equal(failure, undefined, failure));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** What cases of suites ask for that this machine's kernel can't give. */
function lackedHere(): string[] {
  const asked = globSync('test/runtime/**/*.rt', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^REQUIRES_FEATURE (\S+)$/gm)].map(([, name]) => name!),
  );
  return [...new Set(asked)].filter((name) => !haveFeature(name));
}

/** The release is told when the matrix has run to its end. */
async function runThere(
  kernel: (typeof kernels)[number],
  folder: string,
): Promise<{ cells: Cell[]; tests: Finished[]; release: string | undefined; output: string }> {
  buildIfNeeded();
  // Guests relax what hides the kernel from users without rights: the tests of those rights are the host's.
  const files = globSync(suites, { cwd: root, exclude: ['src/kernel/rights.live.test.ts'] }).sort();
  const report = join(import.meta.dirname, 'report.ts');
  const runSuites = `node --test --test-isolation=none --test-reporter=${report} ${files.join(' ')}`;
  const runMatrix = `node ${join(import.meta.dirname, 'matrix/run.ts')} ${buildWorkload(folder)}`;
  const { stdout, stderr } = await runInGuest(
    ['sh', '-c', kernel.runsSuites ? `${runMatrix}; ${runSuites}` : runMatrix],
    {
      kernel: kernel.package,
      cwd: root,
      disks: [64 * 2 ** 20],
      timeoutMs: 1_600_000,
      environment: {
        SONDE_GUEST: kernel.package,
        PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
        // Between full runs only what this machine's kernel lacks: the rest runs here.
        ...(isAll ? {} : { SONDE_HOST_LACKS: lackedHere().join(',') }),
        ...writeStripped(folder),
      },
    },
  );
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as MatrixLine | Finished);
  const matrix = lines.filter((line) => 'matrix' in line);
  return {
    cells: matrix.flatMap((line) => (line.matrix === 'cell' ? [line.cell] : [])),
    tests: lines.filter((line): line is Finished => !('matrix' in line)),
    release: matrix.find((line) => line.matrix === 'done')?.release,
    output: `${stdout}${stderr}`,
  };
}
