/** The rows of the matrix on the kernel that the tests run on. `guests.test.ts` runs them on others. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot } from '../../sonde.ts';
import { committedCells, nameOf, saveCells } from './results.ts';
import { buildWorkload, loadRows, runMatrix } from './run.ts';
import type { Cell } from './row.ts';

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const skip = !isRoot ? 'needs root' : process.env['CI'] !== 'true' && !hasCompiler && 'needs gcc';

test('rows have names of their own', async () => {
  const names = (await loadRows()).map(nameOf);
  assert.deepEqual(names, [...new Set(names)]);
});

test('the matrix on this kernel', { skip, timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-matrix-'));
  try {
    const cells: Cell[] = [];
    await runMatrix(buildWorkload(folder), undefined, (cell) => cells.push(cell));
    assert.ok(cells.length > 0);
    saveCells(release(), cells);
    const committed = committedCells(release());
    for (const cell of cells) {
      await t.test(nameOf(cell), () => {
        assert.notEqual(cell.state, 'failed', cell.reason);
        assert.equal(
          cell.state,
          committed.get(nameOf(cell)) ?? cell.state,
          `docs/kernels.md says otherwise: ${cell.reason}`,
        );
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
