import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanAttachPoint } from '../syntax/index.ts';
import { checkLimits, findProvider, providers, resolvePoints } from './index.ts';
import { complaints, fakeTarget, options, pointNames, pointOf, resolve, sampleBtf } from './testing.ts';

test('providers are found by long and short names, without regard to letter case', () => {
  const names = ['BEGIN', 'Tracepoint', 't', 'U', 'u', 'K', 'KR', 'rt', 'i', 'H', 'kfunc'].map(
    (name) => findProvider(name)?.name,
  );
  assert.deepEqual(names, [
    'begin',
    'tracepoint',
    'tracepoint',
    'usdt',
    'uprobe',
    'kprobe',
    'kretprobe',
    'rawtracepoint',
    'interval',
    'hardware',
    'fentry',
  ]);
  assert.equal(findProvider('nosuch'), undefined);
});

test('an unknown provider is named, with a similar one', () => {
  assert.equal(complaints(resolve('nosuch:x')), 'error: Invalid probe type: nosuch');
  assert.equal(
    complaints(resolve('kprobes:vfs_read')),
    'error: Invalid probe type: kprobes\nhint: Did you mean kprobe?',
  );
  const target = fakeTarget({ events: { 'sched:sched_switch': [] } });
  assert.equal(
    complaints(resolve('sched:sched_switch', target)),
    'error: Invalid probe type: sched\nhint: Did you mean tracepoint:sched:sched_switch?',
  );
});

test('a wildcard for the provider takes what matches', () => {
  assert.deepEqual(pointNames(resolve('*:cpu-clock')), ['software:cpu-clock:1000000']);
  assert.equal(complaints(resolve('*:nothing')), 'error: No matches for *:nothing.');
});

test('limits name both numbers and the setting', () => {
  const config = options({ config: { maxProbes: 3 } });
  const message = "Can't attach to 11 probes because it exceeds the current limit of 3 probes.";
  const [diagnostic] = resolve('software:*', fakeTarget(), config).diagnostics;
  assert.equal(diagnostic?.message, message);
  assert.match(diagnostic?.hints?.[0] ?? '', /BPFTRACE_MAX_PROBES/);
  const { variants } = resolve('software:*');
  assert.equal(checkLimits(variants, config.config)[0]?.message, message);
  assert.deepEqual(checkLimits(variants, options().config), []);
});

test('a list of system calls is one raw tracepoint, as a wildcard is', () => {
  const calls = ['read', 'write', 'openat', 'close', 'fsync', 'lseek'];
  const events = Object.fromEntries(
    [...calls.map((call) => `syscalls:sys_enter_${call}`), 'sched:sched_switch'].map((name) => [name, []]),
  );
  const target = fakeTarget({ btf: sampleBtf(), events });
  const points = (names: readonly string[]) => names.map((name) => pointOf(`tracepoint:${name}`));
  const list = resolvePoints([...points(Object.keys(events)), pointOf('interval:s:1')], target, options());
  assert.deepEqual(
    list.variants.map((variant) => [variant.provider, variant.points[0]?.hook.kind, variant.pointCount]),
    [
      ['tracepoint', 'rawTracepoint', 6],
      ['tracepoint', 'rawTracepoint', 1],
      ['interval', 'perfEvent', 1],
    ],
  );
  assert.deepEqual(list.variants[0]?.systemCalls?.numbers, [0, 1, 3, 8, 74, 257]);
  const few = resolvePoints(
    points(['syscalls:sys_enter_read', 'syscalls:sys_enter_read', 'syscalls:sys_enter_nosuch']),
    target,
    options(),
  );
  assert.deepEqual(pointNames(few), ['tracepoint:syscalls:sys_enter_read', 'tracepoint:syscalls:sys_enter_read']);
  assert.match(complaints(few), /^error: No matches for tracepoint syscalls:sys_enter_nosuch/);
});

test('a slash begins a predicate where the targets of a probe type hold none', () => {
  const withPaths = providers.filter(({ aliases }) =>
    aliases.every((alias) => scanAttachPoint(`${alias}:a/b`, 0, []).point.components[1]?.text === 'a/b'),
  );
  const others = providers.filter(({ aliases }) =>
    aliases.every((alias) => scanAttachPoint(`${alias}:a/b`, 0, []).point.components[1]?.text === 'a'),
  );
  const names = (of: typeof providers): string => of.map(({ name }) => name).join(' ');
  assert.equal(names(withPaths), 'begin end uprobe uretprobe usdt iter cgroup_skb asyncwatchpoint test bench');
  assert.equal(withPaths.length + others.length, providers.length);
});
