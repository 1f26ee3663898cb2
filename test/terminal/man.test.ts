/** The manual page: rendered as a reader sees it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcher, root, run } from '../sonde.ts';

const page = join(root, 'man/sonde.1');
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function render(command: string, args: readonly string[]): { readonly text: string; readonly stderr: string } {
  const { stdout, stderr, status } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MANWIDTH: '100', MANROFFSEQ: '' },
  });
  assert.equal(status, 0, stderr);
  // Bold and underlined letters.
  // oxlint-disable-next-line no-control-regex
  return { text: stdout.replaceAll(/.\x08|\x1b\[[\d;]*m/g, ''), stderr };
}

function look(text: string): void {
  for (const section of [
    'NAME',
    'SYNOPSIS',
    'DESCRIPTION',
    'OPTIONS',
    'FINDING FUNCTIONS AND SYMBOLS',
    'TOOLS',
    'EXAMPLES',
  ])
    assert.match(text, new RegExp(`^${section}$`, 'm'));
  assert.match(text, /^ +sonde \[options\] -e 'PROGRAM' \[ARGS\]$/m);
  assert.match(text, /^ +-p, --pid PID\n +trace this process only; end when it ends$/m);
  assert.match(text, /^ +opensnoop\n +which files processes open, and with what result$/m);
  assert.match(text, /^ +sonde -e 'profile:hz:99 \{ @\[kstack\] = count\(\); \}'$/m);
}

test('groff has nothing to complain of', { skip: has('groff') ? false : 'no groff' }, () => {
  const { text, stderr } = render('groff', ['-man', '-Tutf8', '-ww', '-rLL=100n', page]);
  assert.equal(stderr, '');
  look(text);
});

test('man shows it', { skip: has('man') ? false : 'no man' }, () =>
  look(render('man', ['-P', 'cat', '-l', page]).text),
);

test('sonde man prints the page of the package, which is what help and tools say now', async () => {
  const { stdout, status } = await run(launcher, ['man'], { environment: { SONDE_RUN: '' } });
  assert.equal(status, 0);
  assert.equal(stdout, readFileSync(page, 'utf8'), 'stale: node gen/man.ts');
  const { man, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    man: string;
    files: string[];
  };
  assert.equal(man, 'man/sonde.1');
  assert.ok(files.includes(man));
});
