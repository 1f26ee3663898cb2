import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLimits, findProvider } from './index.ts';
import { complaints, fakeTarget, options, pointNames, resolve } from './testing.ts';

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

test('probe types of a later version are refused by name', () => {
  assert.equal(complaints(resolve('usdt:/bin/x:p')), 'error: usdt probes are not supported in this version of Sonde');
  assert.equal(complaints(resolve('iter:task')), 'error: iter probes are not supported in this version of Sonde');
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
