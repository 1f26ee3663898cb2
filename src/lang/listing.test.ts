import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listProbes } from './listing.ts';
import { fakeTarget, sampleBtf } from './providers/testing.ts';

const target = fakeTarget({
  btf: sampleBtf(),
  events: {
    'sched:sched_switch': [
      '0 2 0 unsigned short common_type',
      '8 16 0 char[16] prev_comm',
      '24 4 0 __data_loc char[] name',
    ],
    'sched:sched_wakeup': ['8 4 1 pid_t pid'],
    'kvm:kvm_entry': [],
  },
  kernelFunctions: () => ({
    source: 'tracefs',
    functions: [{ name: 'vfs_read' }, { name: 'arm_kprobe' }, { name: 'arm_kprobe' }],
  }),
});
const lines = (patterns: string, verbose = false) => listProbes(patterns, target, { verbose, pid: undefined }).lines;

test('P-95 a pattern without a colon looks through all kernel probes', () => {
  assert.deepEqual(lines('*kprobe*'), ['kprobe:arm_kprobe']);
  assert.deepEqual(lines('*sched*'), [
    'rawtracepoint:vmlinux:sched_switch',
    'tracepoint:sched:sched_switch',
    'tracepoint:sched:sched_wakeup',
  ]);
  assert.deepEqual(lines('kvm_entry'), ['tracepoint:kvm:kvm_entry']);
});

test('P-95 P-96 nothing lists everything, sorted by bytes', () => {
  const all = lines('');
  assert.deepEqual(all, [...all].sort());
  for (const line of [
    'kprobe:vfs_read',
    'tracepoint:sched:sched_switch',
    'software:cpu:',
    'hardware:cycles:',
    'rawtracepoint:vmlinux:sys_enter',
  ])
    assert.ok(all.includes(line), line);
});

test('P-95 patterns name a provider, short or long, and lists keep their order', () => {
  assert.deepEqual(lines('t:sched:*'), ['tracepoint:sched:sched_switch', 'tracepoint:sched:sched_wakeup']);
  assert.deepEqual(lines('tracepoint:sched_w*'), ['tracepoint:sched:sched_wakeup']);
  assert.deepEqual(lines('software:cpu,interval:hz,kprobe:vfs_read'), [
    'software:cpu:',
    'interval:hz:',
    'kprobe:vfs_read',
  ]);
  assert.deepEqual(lines('kprobe:no_such'), []);
  assert.deepEqual(listProbes('nosuch:x', target, { verbose: false, pid: undefined }), {
    lines: [],
    notes: ['Invalid probe type: nosuch'],
  });
});

test('P-97 -v adds the arguments', () => {
  assert.deepEqual(lines('tracepoint:sched:*', true), [
    'tracepoint:sched:sched_switch',
    '    char prev_comm[16]',
    '    __data_loc char[] name',
    'tracepoint:sched:sched_wakeup',
    '    pid_t pid',
  ]);
  assert.deepEqual(lines('fexit:vfs_read', true), [
    'fexit:vmlinux:vfs_read',
    '    struct file * file',
    '    void * buf',
    '    unsigned long count',
    '    long retval',
  ]);
});

test('types of the kernel', () => {
  assert.deepEqual(lines('struct t*'), ['struct task_struct', 'struct thread_info']);
  assert.deepEqual(lines('struct thread_info', true), [
    'vmlinux: struct thread_info {',
    '\tunsigned long flags;',
    '\tunsigned int status;',
    '};',
    '',
  ]);
  assert.deepEqual(lines('struct nosuch', true), []);
});

test('what can not be listed is said once', () => {
  const blind = fakeTarget({ tracefsError: 'it is locked' });
  assert.deepEqual(listProbes('tracepoint:a:b,tracepoint:c:d', blind, { verbose: false, pid: undefined }), {
    lines: [],
    notes: ["Tracepoints can't be listed: it is locked"],
  });
});
