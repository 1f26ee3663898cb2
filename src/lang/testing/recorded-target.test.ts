import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTarget, sampleBtf } from '../providers/testing.ts';
import type { UserBinary } from '../../spec/index.ts';
import type { Target } from '../target.ts';
import { findTaggedType } from '../types/index.ts';
import { recordTarget, replayTarget, type RecordedTarget } from './recorded-target.ts';

/** Every kind of question. */
function ask(target: Target): unknown {
  const binaries = target.userBinaries('/bin/x', 3);
  return {
    features: [target.have('kprobe'), target.have('signed-division')],
    tracepoints: [target.tracepoints(), target.tracepoints('none')],
    formats: [target.tracepointFormat('sched', 'sched_switch'), target.tracepointFormat('a', 'b')],
    kernel: [
      target.kernelFunctions(),
      target.modules(),
      target.kernelSymbol('jiffies'),
      target.kernelSymbol('x'),
      target.pidNamespace,
    ],
    binaries:
      'error' in binaries
        ? binaries
        : binaries.map((each) => [
            each.path,
            each.functions(),
            each.resolveFunction('main', 1n),
            each.resolveAddress(9n),
            each.resolveSymbol?.('counter'),
            each.resolveSymbol?.('nosuch'),
            each.resolveAddress(10n),
          ]),
    missing: target.userBinaries('/no', undefined),
    types: typesOf(target),
  };
}

function typesOf(target: Target): unknown {
  const task = findTaggedType(target.btf!, 'struct', 'task_struct');
  const info = task?.kind === 'record' ? task.field('thread_info') : undefined;
  return [
    info?.offset,
    info?.type.kind === 'record' && info.type.fields().map(({ name, offset }) => [name, offset]),
    target.btf?.find('nosuch', 'struct'),
  ];
}

test('a replay answers what was asked, and only that', () => {
  const binary: UserBinary = {
    path: '/bin/x',
    functions: () => ['main'],
    resolveFunction: (_, offset) => ({
      fileOffset: 0x40n + offset,
      address: 0x1040n + offset,
      size: 8n,
      startsInstruction: offset === 0n ? true : undefined,
      isIndirect: false,
    }),
    resolveAddress: (address) =>
      address === 9n
        ? { fileOffset: 9n, address: 0x1009n, size: 0n, startsInstruction: false, isIndirect: true, name: undefined }
        : { error: 'nowhere' },
    resolveSymbol: (name) => (name === 'counter' ? { address: 0x2000n, size: 4n } : undefined),
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
  assert.equal(replay.have('uprobe'), true);
  assert.throws(() => replay.kernelSymbol('y'), /does not tell: address of y/);
  assert.throws(() => replay.userBinaries('/bin/x', 4), /does not tell: executables for 4 \/bin\/x/);
});
