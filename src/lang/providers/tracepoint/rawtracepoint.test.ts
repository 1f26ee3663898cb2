import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, fakeTarget, options, pointNames, resolve, sampleBtf } from '../testing.ts';
import { rawtracepoint } from './rawtracepoint.ts';

const target = fakeTarget({ btf: sampleBtf() });

test('arguments have the names and types of the kernel, and stand in words', () => {
  const [variant] = resolve('rawtracepoint:sched_switch', target, options({ args: ['prev'] })).variants;
  assert.deepEqual(variant?.attachTo, { kind: 'typedef', name: 'btf_trace_sched_switch' });
  assert.deepEqual(variant?.points, [
    { hook: { kind: 'btfTracepoint', event: 'sched_switch' }, name: 'rawtracepoint:vmlinux:sched_switch' },
  ]);
  const args = variant?.context.args;
  assert.ok(Array.isArray(args));
  assert.deepEqual(
    args.map(({ name, type, access }) => [name, type.kind, access]),
    [
      ['preempt', 'bool', { kind: 'word', offset: 0, size: 1, signed: false }],
      ['prev', 'pointer', { kind: 'word', offset: 8, size: 8, signed: false, typed: true, trusted: true }],
      ['next', 'pointer', { kind: 'word', offset: 16, size: 8, signed: false, typed: true, trusted: true }],
      ['prev_state', 'integer', { kind: 'word', offset: 24, size: 4, signed: false }],
    ],
  );
});

test('argN is the N-th word; the tracepoint tells how many there are', () => {
  const [variant] = resolve('rt:sched_switch', target, options({ uses: ['arg1'] })).variants;
  assert.equal(variant?.programType, 17);
  assert.deepEqual(variant?.context.argument?.(3), { kind: 'word', offset: 24, size: 8, signed: false });
  assert.deepEqual(variant?.context.argument?.(4), {
    error: 'arg4 is out of range: raw tracepoint sched_switch has 4 arguments',
  });
});

test('modules, wildcards and misses', () => {
  assert.deepEqual(pointNames(resolve('rawtracepoint:vmlinux:sys_*', target)), [
    'rawtracepoint:vmlinux:sys_enter',
    'rawtracepoint:vmlinux:sys_exit',
  ]);
  assert.equal(resolve('rt:sys_*', target).variants.length, 1);
  assert.equal(resolve('rt:sys_*', target, options({ args: ['regs'] })).variants.length, 2);
  assert.equal(
    complaints(resolve('rt:sched_swich', target)),
    'error: No matches for rawtracepoint sched_swich.\nhint: Did you mean rawtracepoint:sched_switch?',
  );
  assert.equal(
    complaints(resolve('rt:nosuch:sched_switch', target)),
    'error: No matches for rawtracepoint nosuch:sched_switch.',
  );
  assert.equal(
    complaints(resolve('rt', target)),
    'error: rawtracepoint probe type requires 1 to 2 arguments, found 0\nhint: Write it as rawtracepoint:sched_switch.',
  );
});

test('without BTF the kernel is asked when attaching, and has no names for the arguments', () => {
  const [variant] = resolve('rt:anything', fakeTarget(), options({ args: ['x'] })).variants;
  assert.deepEqual(variant?.points[0]?.hook, { kind: 'rawTracepoint', event: 'anything' });
  const args = variant?.context.args ?? [];
  assert.match('error' in args ? args.error : '', /no BTF/);
});

test('listing', () => {
  const { lines } = rawtracepoint.list(['sched_*'], target, { verbose: true, pid: undefined });
  assert.deepEqual(lines, [
    'rawtracepoint:vmlinux:sched_switch',
    '    bool preempt',
    '    struct task_struct * prev',
    '    struct task_struct * next',
    '    unsigned int prev_state',
  ]);
});
