import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileOptions, fixtureScripts } from '../../../test/fixtures/scripts.ts';
import { compile } from '../index.ts';
import { fakeTarget, sampleBtf } from '../providers/testing.ts';
import type { Target, UserBinary } from '../target.ts';
import { findTaggedType } from '../types/index.ts';
import { recordTarget, replayTarget, withFeatures, type RecordedTarget } from './recorded-target.ts';

const root = join(import.meta.dirname, '../../..');
const recorded = JSON.parse(readFileSync(join(root, 'test/fixtures/recorded-kernel.json'), 'utf8')) as RecordedTarget;

test('the compiler needs nothing of the kernel but the recording', () => {
  const readable = ['base', 'abi', 'asm', 'btf', 'spec', 'lang'].map((module) => join(root, 'src', module));
  const allowed = [...readable, join(root, 'test/fixtures'), join(root, 'package.json')].map(
    (path) => `--allow-fs-read=${path}`,
  );
  const child = spawnSync(
    process.execPath,
    ['--permission', ...allowed, join(root, 'test/fixtures/compile-recorded.ts')],
    { encoding: 'utf8' },
  );
  assert.equal(child.status, 0, child.stderr);
  const { kernelIsReadable, sizes } = JSON.parse(child.stdout) as {
    kernelIsReadable: boolean;
    sizes: { name: string; programs: number[]; errors: string[] }[];
  };
  assert.equal(kernelIsReadable, false);
  assert.deepEqual(
    sizes.map(({ name }) => name),
    fixtureScripts.map(({ name }) => name),
  );
  for (const { name, programs, errors } of sizes) {
    assert.deepEqual(errors, [], name);
    assert.ok(programs.length > 0 && programs.every((count) => count > 2), `${name}: ${programs.join()}`);
  }
});

test('a recorded kernel without kprobes refuses them as the real one does', () => {
  const target = withFeatures(replayTarget(recorded), { kprobe: false });
  for (const { name, text } of fixtureScripts.filter(({ usesKprobes }) => usesKprobes)) {
    const { compiled, diagnostics } = compile({ name, text }, target, compileOptions);
    assert.equal(compiled, undefined);
    assert.match(diagnostics[0]?.message ?? '', /CONFIG_KPROBES/);
    assert.match(diagnostics[0]?.hints?.[0] ?? '', /tracepoint:syscalls:sys_enter_(openat|read)\./);
  }
});

/** Every kind of question. */
function ask(target: Target): unknown {
  const binaries = target.userBinaries('/bin/x', 3);
  return {
    features: [target.have('kprobe'), target.have('signed-division')],
    tracepoints: [target.tracepoints(), target.tracepoints('none')],
    formats: [target.tracepointFormat('sched', 'sched_switch'), target.tracepointFormat('a', 'b')],
    kernel: [target.kernelFunctions(), target.modules(), target.kernelSymbol('jiffies'), target.kernelSymbol('x'), target.pidNamespace],
    binaries: 'error' in binaries ? binaries : binaries.map((each) => [each.path, each.functions(), each.resolveFunction('main', 1n), each.resolveAddress(9n)]),
    missing: target.userBinaries('/no', undefined),
    types: typesOf(target),
  };
}

function typesOf(target: Target): unknown {
  const task = findTaggedType(target.btf!, 'struct', 'task_struct');
  const info = task?.kind === 'record' ? task.field('thread_info') : undefined;
  return [info?.offset, info?.type.kind === 'record' && info.type.fields().map(({ name, offset }) => [name, offset]), target.btf?.find('nosuch', 'struct')];
}

test('a replay answers what was asked, and only that', () => {
  const binary: UserBinary = {
    path: '/bin/x',
    functions: () => ['main'],
    resolveFunction: (_, offset) => ({ fileOffset: 0x40n + offset, size: 8n }),
    resolveAddress: () => ({ error: 'nowhere' }),
  };
  const real = fakeTarget({
    btf: sampleBtf(),
    events: { 'sched:sched_switch': ['8 4 1 int pid'] },
    modules: () => ['m'],
    userBinaries: (path) => (path === '/bin/x' ? [binary] : { error: 'missing' }),
    kernelSymbol: (name) => (name === 'jiffies' ? 5n : undefined),
    pidNamespace: { device: 4n, inode: 1n << 40n },
    kernelFunctions: () => ({ source: 'tracefs', functions: [{ name: 'f', module: 'm' }] }),
  });
  const recording = recordTarget(real);
  const answers = ask(recording.target);
  assert.deepEqual(answers, ask(real));
  const replay = replayTarget(JSON.parse(JSON.stringify(recording.toJSON())) as RecordedTarget);
  assert.deepEqual(ask(replay), answers);
  assert.throws(() => replay.have('uprobe'), /does not tell: feature uprobe/);
  assert.throws(() => replay.userBinaries('/bin/x', 4), /does not tell: executables for 4 \/bin\/x/);
});
