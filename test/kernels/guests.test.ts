/**
 * Boots other kernels and runs the suites of this folder there, all in one boot per kernel. Each of their tests is
 * a test here.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../sonde.ts';
import { defaultKernel, runInGuest } from './guest.ts';
import type { Finished } from './report.ts';

const kernels = [defaultKernel];
// This folder's own, and what skips on the host for want of a feature that a guest's kernel may have.
const suites = [
  'test/kernels/suites/*.test.ts',
  'src/kernel/**/*.live.test.ts',
  'test/runtime/{suites,readme}.test.ts',
];
const missing = ['qemu-system-x86_64', 'busybox', 'apt-get', 'xz'].filter(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
);
const skip = process.env['CI'] !== 'true' && missing.length > 0 && `needs ${missing.join(', ')}`;

for (const kernel of kernels) {
  test(`on ${kernel}`, { skip, timeout: 600_000 }, async (t) => {
    // Guests relax what hides the kernel from users without rights: the tests of those rights are the host's.
    const files = globSync(suites, { cwd: root, exclude: ['src/kernel/rights.live.test.ts'] }).sort();
    const node = [
      'node',
      // V8's tiers of WebAssembly, which strips the types, crash now and then in an emulated processor.
      '--no-wasm-tier-up',
      '--no-wasm-dynamic-tiering',
      '--test',
      '--test-isolation=none',
      `--test-reporter=${join(import.meta.dirname, 'report.ts')}`,
    ];
    const { status, stdout, stderr } = await runInGuest([...node, ...files], {
      kernel,
      cwd: root,
      disks: [64 * 2 ** 20],
      timeoutMs: 300_000,
      environment: { SONDE_GUEST: kernel, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
    });
    const finished = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Finished);
    assert.ok(finished.length > 0, `no test ran\n${stdout}${stderr}`);
    for (const { name, failure, skipped } of finished) {
      await t.test(name, { skip: skipped }, () => assert.equal(failure, undefined, failure));
    }
    assert.equal(status, finished.some(({ failure }) => failure !== undefined) ? 1 : 0, stderr);
  });
}
