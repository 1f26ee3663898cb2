import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { SondeError } from '../../base/index.ts';
import { compile, listProbes } from '../../lang/index.ts';
import type { UserBinary } from '../../spec/index.ts';
import { openTarget } from './index.ts';

const target = openTarget();
const skip = process.geteuid!() === 0 ? false : 'needs root';

test(
  'types of the running kernel',
  { skip: existsSync('/sys/kernel/btf/vmlinux') ? false : 'this kernel has no BTF' },
  () => {
    assert.equal(target.btf?.find('task_struct', 'struct')?.name, 'task_struct');
  },
);

test('tracepoints: of one category as in the list of all', { skip }, () => {
  const all = target.tracepoints();
  const scheduler = target.tracepoints('sched');
  assert.ok(!('error' in all) && !('error' in scheduler));
  assert.ok(scheduler.includes('sched:sched_switch'));
  assert.deepEqual(
    scheduler,
    all.filter((name) => name.startsWith('sched:')),
  );
  assert.deepEqual(all, [...all].sort());
  assert.deepEqual(target.tracepoints('nosuch'), []);
});

test('the format of a tracepoint', { skip }, () => {
  const fields = target.tracepointFormat('syscalls', 'sys_enter_openat')?.fields ?? [];
  const filename = fields.find((field) => field.name === 'filename');
  assert.equal(filename?.type, 'const char *');
  assert.equal(filename?.size, 8);
  assert.equal(target.tracepointFormat('sched', 'nosuch'), undefined);
  assert.equal(target.tracepointFormat('..', 'sched'), undefined);
});

test('kernel functions and their addresses', { skip }, () => {
  const { functions } = target.kernelFunctions();
  assert.ok(functions.length > 10_000);
  assert.ok(functions.some(({ name }) => name === 'vfs_read'));
  const [, address] = /^([0-9a-f]{16}) \S vfs_read$/m.exec(readFileSync('/proc/kallsyms', 'latin1'))!;
  assert.equal(target.kernelSymbol('vfs_read'), BigInt(`0x${address}`));
  assert.equal(target.kernelSymbol('no_such_symbol_here'), undefined);
  const size = target.kernelFunctionSize?.('vfs_read') ?? 0n;
  assert.ok(size > 16n && size < 10_000n, String(size));
  assert.equal(target.kernelFunctionSize?.('no_such_symbol_here'), undefined);
});

test('the pid namespace, where it is not the first one', () => {
  const [, inode] = /\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/pid'))!;
  assert.equal(target.pidNamespace?.inode ?? 0xeffffffcn, BigInt(inode!));
});

test('functions of an executable, and of all that a process has mapped', () => {
  const [node, ...others] = target.userBinaries(process.execPath, process.pid) as readonly UserBinary[];
  assert.deepEqual(others, []);
  assert.equal(node!.path, process.execPath);
  assert.ok(node!.functions().includes('SSL_read'));
  const start = node!.resolveFunction('SSL_read', 0n);
  assert.ok('size' in start && start.size > 4n && start.startsInstruction === true);
  const mapped = target.userBinaries('*', process.pid);
  assert.ok(!('error' in mapped));
  assert.ok(mapped.some(({ path }) => path === `/proc/${process.pid}/root${process.execPath}`));
  assert.deepEqual(target.userBinaries('/no/such', undefined), {
    error: "uprobe target file '/no/such' does not exist or is not executable",
  });
});

test('no breakpoint in the middle of an instruction of this very Node', { skip }, () => {
  const refusal = (place: string, unsafe: boolean) => {
    const text = `uprobe:${process.execPath}:${place} { @ = count() }`;
    const result = compile({ name: 'test', text }, target, { positional: [], unsafe, environment: {}, bootTimeNs: 0n });
    return result.diagnostics.map(({ message }) => message).join('\n');
  };
  const [node] = target.userBinaries(process.execPath, undefined) as readonly UserBinary[];
  const inside = [1n, 2n, 3n].find((offset) => {
    const place = node!.resolveFunction('SSL_read', offset);
    return 'size' in place && place.startsInstruction === false;
  });
  assert.equal(
    refusal(`SSL_read+${inside}`, false),
    `Could not add uprobe into the middle of an instruction: ${process.execPath}:SSL_read+${inside}`,
  );
  assert.equal(refusal(`SSL_read+${inside}`, true), '');
  assert.equal(refusal('SSL_read', false), '');
});

test('features can be taken away, by either spelling', { skip }, () => {
  assert.equal(target.have('btf-tracepoint'), true);
  assert.equal(openTarget({ without: ['btf_tracepoint', 'uprobe-multi'] }).have('btf-tracepoint'), false);
  assert.throws(
    () => openTarget({ without: ['nosuch'] }),
    (error) => error instanceof SondeError && error.message === "unknown feature 'nosuch'",
  );
});

test('listings of the running kernel', { skip }, () => {
  const lines = (patterns: string) => listProbes(patterns, target, { verbose: false, pid: undefined }).lines;
  assert.ok(lines('tracepoint:syscalls:sys_enter_*').length > 250);
  assert.ok(lines('*kprobe*').some((line) => line.startsWith('kprobe:') && line.includes('kprobe', 7)));
  assert.deepEqual(lines('tracepoint:sched:sched_switch,software:cpu'), [
    'tracepoint:sched:sched_switch',
    'software:cpu:',
  ]);
  assert.deepEqual(lines('struct list_head'), ['struct list_head']);
  const everything = lines('');
  assert.deepEqual(everything, [...everything].sort());
});
