/** The shipped tools that need kprobes, NUMA nodes or a machine of their own, under a kernel with all of that: in one boot. Each of their tests is a test here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../sonde.ts';
import { defaultKernel, runInGuest } from './guest.ts';
import type { Finished } from './report.ts';
import { buildIfNeeded, writeStripped } from './stripped.ts';

const missing = ['qemu-system-x86_64', 'busybox', 'apt-get', 'xz'].filter(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
);
const skip = process.env['CI'] !== 'true' && missing.length > 0 && `needs ${missing.join(', ')}`;

test(`tools on ${defaultKernel}`, { skip, timeout: 1_200_000 }, async (t) => {
  const files = globSync('test/tools/*.test.ts', { cwd: root })
    .filter((file) => readFileSync(join(root, file), 'utf8').includes("needs: '"))
    .sort();
  buildIfNeeded();
  const folder = mkdtempSync(join(tmpdir(), 'sonde-tools-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { stdout, stderr } = await runInGuest(
    ['node', '--test', '--test-isolation=none', `--test-reporter=${join(import.meta.dirname, 'report.ts')}`, ...files],
    {
      cwd: root,
      // For ext4, to swap to, for other file systems (XFS takes no smaller one), for an md device.
      disks: [64, 64, 320, 64].map((mib) => mib * 2 ** 20),
      nodes: 2,
      timeoutMs: 1_100_000,
      environment: {
        SONDE_GUEST: defaultKernel,
        ...(process.env['SONDE_EXAMPLES'] === undefined ? {} : { SONDE_EXAMPLES: '1' }),
        PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
        ...writeStripped(folder),
      },
    },
  );
  for (const line of stdout.split('\n')) if (line.startsWith('EXAMPLE ')) process.stdout.write(`\n${line}\n`);
  const finished = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Finished);
  assert.ok(finished.length > 0, `no test ran\n${stdout}${stderr}`);
  for (const { name, failure, skipped } of finished)
    await t.test(name, { skip: skipped }, () => assert.equal(failure, undefined, failure));
});
