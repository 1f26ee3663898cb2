/** What users install: the tarball of `npm pack`, in an empty folder, on the Node that is there. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../architecture/sources.ts';

const asRoot = process.geteuid!() === 0;
const mebibyte = 1024 * 1024;

/** Packing rewrites package.json and dist/ for a moment, so it is done on a copy of the checkout. */
function copyOfCheckout(folder: string): string {
  const copy = join(folder, 'checkout');
  for (const entry of readdirSync(root)) {
    if (['node_modules', 'dist', '.git', 'test'].includes(entry)) continue;
    cpSync(join(root, entry), join(copy, entry), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function npm(cwd: string, ...args: string[]): string {
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
  // Under `npm test` the environment says where that npm is at home.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    env: { ...Object.fromEntries(own), PATH: path },
  });
}

function sizeOf(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.blocks * 512;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), stat.blocks * 512);
}

describe('the packed tarball', () => {
  let folder: string;
  let installed: string;
  let files: string[];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-tarball-'));
    const [packed] = JSON.parse(npm(copyOfCheckout(folder), 'pack', '--json', '--pack-destination', folder)) as [
      { filename: string; files: { path: string }[] },
    ];
    files = packed.files.map(({ path }) => path).sort();
    installed = join(folder, 'installed');
    mkdirSync(installed);
    npm(installed, 'install', join(folder, packed.filename));
  });

  after(() => rmSync(folder, { recursive: true }));

  const sonde = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(join(installed, 'node_modules/.bin/sonde'), args, {
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
    });

  test('holds what runs and nothing of its making', () => {
    for (const needed of [
      'bin/sonde',
      'bin/entry.cjs',
      'dist/sonde.cjs',
      'dist/commands.cjs',
      'dist/rare.cjs',
      'dist/symbols.cjs',
      'package.json',
      'README.md',
      'LICENSE',
    ]) {
      assert.ok(files.includes(needed), needed);
    }
    assert.deepEqual(
      files.filter((file) => /^(src|test|gen|scripts)\/|^(?!tools\/).*\.ts$|stamp|code-cache/.test(file)),
      [],
    );
  });

  test('leaves package.json as it was', () => {
    assert.equal(
      readFileSync(join(folder, 'checkout/package.json'), 'utf8'),
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
  });

  test('takes 20 MiB at most, and brings no Node', () => {
    assert.ok(sizeOf(join(installed, 'node_modules')) <= 20 * mebibyte);
    assert.deepEqual(
      readdirSync(join(installed, 'node_modules')).filter((name) => name.startsWith('node')),
      [],
    );
  });

  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const { status, stdout, stderr } = sonde('--version');
    assert.equal(stderr, '');
    assert.equal(stdout, `sonde v${version}\n`);
    assert.equal(status, 0);
  });

  test('traces', { skip: !asRoot && 'needs root' }, () => {
    // Twice: the first run of a script leaves V8's code cache behind, the second uses it.
    for (const run of ['first', 'second']) {
      const { status, stdout, stderr } = sonde('-q', '-e', 'begin { printf("%s %d\\n", "traced", 6 * 7); exit(); }');
      assert.equal(stderr, '', run);
      assert.equal(stdout, 'traced 42\n\n\n', run);
      assert.equal(status, 0, run);
    }
    assert.ok(readdirSync(join(installed, 'node_modules/sonde/dist')).includes('sonde.code-cache'));
  });
});
