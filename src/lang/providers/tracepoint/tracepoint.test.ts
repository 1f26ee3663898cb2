import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeVariant } from '../../checked/index.ts';
import { complaints, fakeTarget, options, pointNames, resolve, sampleBtf } from '../testing.ts';

const common = ['0 2 0 unsigned short common_type', '4 4 1 int common_pid'];
const enter = (...fields: string[]) => [...common, '8 4 1 int __syscall_nr', ...fields];
const exit = [...common, '8 4 1 int __syscall_nr', '16 8 1 long ret'];
const fd = '16 8 0 unsigned int fd';
const events = {
  'raw_syscalls:sys_enter': [...common, '8 8 1 long id', '16 48 0 unsigned long[6] args'],
  'raw_syscalls:sys_exit': [...common, '8 8 1 long id', '16 8 1 long ret'],
  'sched:sched_switch': [...common, '8 16 0 char[16] prev_comm', '24 4 1 pid_t prev_pid', '32 8 1 long prev_state'],
  'sched:sched_wakeup': [...common, '8 4 1 pid_t pid'],
  'odd:all': [
    ...common,
    '8 8 0 const char * name',
    '16 4 0 __data_loc char[] cmd',
    '20 4 0 __rel_loc u32[] words',
    '24 4 0 enum nosuch which',
    '28 12 0 u8[12] bytes',
    '40 8 0 struct file * file',
    '48 0 0 unsigned long[] rest',
    '48 1 0 bool on',
    '52 12 0 cpumask_t mask',
  ],
  'syscalls:sys_enter_read': enter(fd, '24 8 0 char * buf', '32 8 0 size_t count'),
  'syscalls:sys_enter_write': enter(fd, '24 8 0 const char * buf', '32 8 0 size_t count'),
  'syscalls:sys_enter_close': enter(fd),
  'syscalls:sys_enter_fsync': enter(fd),
  'syscalls:sys_enter_lseek': enter(fd, '24 8 0 off_t offset'),
  'syscalls:sys_enter_newstat': enter('16 8 0 const char * filename'),
  'syscalls:sys_enter_mmap': enter('16 8 0 unsigned long addr', '48 8 0 unsigned long fd'),
  ...Object.fromEntries(
    ['read', 'write', 'close', 'fsync', 'newstat'].map((call) => [`syscalls:sys_exit_${call}`, exit]),
  ),
};
const target = fakeTarget({ btf: sampleBtf(), events });

function only(text: string, given = options(), machine = target): ProbeVariant {
  const { variants, diagnostics } = resolve(text, machine, given);
  assert.deepEqual(diagnostics, []);
  assert.equal(variants.length, 1);
  return variants[0]!;
}

function field(variant: ProbeVariant, name: string) {
  const { args } = variant.context;
  return Array.isArray(args) ? args.find((each) => each.name === name) : undefined;
}

const x86Register = (offset: number, size: number, signed: boolean) => ({
  kind: 'pointed',
  base: { kind: 'word', offset: 0, size: 8, signed: false },
  offset,
  size,
  signed,
  direct: true,
});

test('a body that leaves the record alone gets the raw tracepoint', () => {
  const variant = only('tracepoint:sched:sched_switch');
  assert.equal(variant.programType, 17);
  assert.deepEqual(variant.points, [
    { hook: { kind: 'rawTracepoint', event: 'sched_switch' }, name: 'tracepoint:sched:sched_switch' },
  ]);
});

test('fields of the record are read at their offsets', () => {
  const variant = only('tracepoint:sched:sched_switch', options({ args: ['prev_comm', 'prev_pid'] }));
  assert.deepEqual(variant.points[0]?.hook, { kind: 'tracepoint', category: 'sched', event: 'sched_switch' });
  assert.deepEqual(field(variant, 'prev_comm'), {
    name: 'prev_comm',
    type: { kind: 'string', size: 16, exact: true },
    access: { kind: 'address', offset: 8 },
  });
  assert.deepEqual(field(variant, 'prev_pid'), {
    name: 'prev_pid',
    type: { kind: 'integer', size: 4, signed: true },
    access: { kind: 'word', offset: 24, size: 4, signed: true },
  });
  assert.equal(field(variant, 'common_pid'), undefined);
});

test('only the fields that are used are read, where all of them exist', () => {
  const names = (args: string[]): readonly string[] => {
    const { args: fields } = only('tracepoint:sched:sched_switch', options({ args })).context;
    return 'error' in fields ? [] : fields.map(({ name }) => name);
  };
  assert.deepEqual(names(['prev_pid']), ['prev_pid']);
  assert.deepEqual(names(['prev_pid', 'prev_pit']), names(['*']));
});

test('every shape of field has a type', () => {
  const variant = only('tracepoint:odd:all', options({ args: ['*'] }));
  const shape = (name: string) => ({ type: field(variant, name)?.type, access: field(variant, name)?.access });
  assert.deepEqual(shape('name'), {
    type: { kind: 'pointer', to: { kind: 'integer', size: 1, signed: true }, space: 'kernel' },
    access: { kind: 'word', offset: 8, size: 8, signed: false },
  });
  assert.deepEqual(shape('cmd'), {
    type: { kind: 'pointer', to: { kind: 'integer', size: 1, signed: true }, space: 'kernel' },
    access: { kind: 'dataLoc', offset: 16 },
  });
  assert.deepEqual(shape('words').access, { kind: 'dataLoc', offset: 20, plus: 24 });
  assert.deepEqual(shape('which'), {
    type: { kind: 'integer', size: 4, signed: false },
    access: { kind: 'word', offset: 24, size: 4, signed: false },
  });
  assert.deepEqual(shape('bytes'), {
    type: { kind: 'array', element: { kind: 'integer', size: 1, signed: false }, count: 12 },
    access: { kind: 'address', offset: 28 },
  });
  assert.equal(field(variant, 'file')?.type.kind, 'pointer');
  assert.deepEqual(shape('rest').access, { kind: 'address', offset: 48 });
  assert.deepEqual(shape('on'), {
    type: { kind: 'bool' },
    access: { kind: 'word', offset: 48, size: 1, signed: false },
  });
  assert.deepEqual(shape('mask'), {
    type: { kind: 'array', element: { kind: 'integer', size: 1, signed: false }, count: 12 },
    access: { kind: 'address', offset: 52 },
  });
});

test('one system call has its own tracepoint, and user pointers', () => {
  const variant = only('tracepoint:syscalls:sys_enter_write', options({ args: ['buf', 'fd'] }));
  assert.deepEqual(variant.points[0]?.hook, { kind: 'tracepoint', category: 'syscalls', event: 'sys_enter_write' });
  assert.deepEqual(field(variant, 'buf')?.type, {
    kind: 'pointer',
    to: { kind: 'integer', size: 1, signed: true },
    space: 'user',
  });
  assert.deepEqual(field(variant, 'fd')?.access, { kind: 'word', offset: 16, size: 4, signed: false });
});

test('a wildcard over system calls is one raw tracepoint with a filter', () => {
  const variant = only('tracepoint:syscalls:sys_enter_*', options({ uses: ['probe'] }));
  assert.deepEqual(variant.points, [
    { hook: { kind: 'rawTracepoint', event: 'sys_enter' }, name: 'tracepoint:syscalls:sys_enter_*' },
  ]);
  assert.equal(variant.pointCount, 7);
  const number = { kind: 'word', offset: 8, size: 8, signed: true };
  // stat has the number 4, and is called newstat.
  assert.deepEqual(variant.systemCalls, {
    number,
    numbers: [0, 1, 3, 4, 8, 9, 74],
    compat: { offsetInTask: 16, size: 4, mask: 2 },
  });
  const { probeName } = variant.context;
  assert.equal(probeName.kind === 'symbolic' && probeName.names.get(4n), 'tracepoint:syscalls:sys_enter_newstat');
});

test('on exit the number is where the entry left it', () => {
  const variant = only('tracepoint:syscalls:sys_exit_*', options({ args: ['ret'] }));
  assert.deepEqual(variant.attachTo, { kind: 'typedef', name: 'btf_trace_sys_exit' });
  assert.deepEqual(variant.systemCalls?.number, x86Register(120, 8, true));
  assert.deepEqual(field(variant, 'ret')?.access, { kind: 'word', offset: 8, size: 8, signed: true });
});

test('entry and exit together are two programs', () => {
  const { variants } = resolve('tracepoint:syscalls:sys_*', target);
  assert.deepEqual(
    variants.map((variant) => [variant.points[0]?.hook, variant.pointCount]),
    [
      [{ kind: 'rawTracepoint', event: 'sys_enter' }, 7],
      [{ kind: 'btfTracepoint', event: 'sys_exit' }, 5],
    ],
  );
});

test('arguments that all calls have in one place are read from registers', () => {
  const { variants } = resolve('tracepoint:syscalls:sys_enter_*', target, options({ args: ['fd'] }));
  const [shared, ...others] = variants;
  assert.equal(shared?.pointCount, 5);
  assert.equal(shared?.programType, 26);
  assert.deepEqual(field(shared!, 'fd')?.access, x86Register(112, 4, false));
  // mmap has its fd elsewhere, stat has none: each alone, with its own record.
  assert.deepEqual(
    others.map((variant) => variant.points[0]?.name),
    ['tracepoint:syscalls:sys_enter_mmap', 'tracepoint:syscalls:sys_enter_newstat'],
  );
  assert.deepEqual(field(others[0]!, 'fd')?.access, { kind: 'word', offset: 48, size: 8, signed: false });
  assert.equal(field(others[1]!, 'fd'), undefined);
});

test('without typed tracepoints registers are read as memory', () => {
  const old = fakeTarget({ btf: sampleBtf(), events, features: [] });
  const [shared] = resolve('tracepoint:syscalls:sys_enter_*', old, options({ args: ['fd'] })).variants;
  assert.equal(shared?.programType, 17);
  assert.deepEqual(field(shared!, 'fd')?.access, { ...x86Register(112, 4, false), direct: false });
});

test('without BTF a wildcard over system calls says what it can not tell apart', () => {
  const { variants, diagnostics } = resolve('tracepoint:syscalls:sys_enter_*', fakeTarget({ events }));
  assert.equal(variants.length, 1);
  assert.match(diagnostics[0]?.message ?? '', /^System calls of 32-bit programs may be counted/);
});

test('raw_syscalls is the raw tracepoint itself, unless the record is asked for', () => {
  const raw = only('t:raw_syscalls:sys_enter', options({ args: ['id'] }));
  assert.equal(raw.systemCalls, undefined);
  assert.deepEqual(raw.points[0]?.hook, { kind: 'rawTracepoint', event: 'sys_enter' });
  assert.deepEqual(field(raw, 'id')?.access, { kind: 'word', offset: 8, size: 8, signed: true });
  const left = only('t:raw_syscalls:sys_exit', options({ args: ['id', 'ret'] }));
  assert.deepEqual(left.points[0]?.hook, { kind: 'btfTracepoint', event: 'sys_exit' });
  assert.deepEqual(field(left, 'id')?.access, x86Register(120, 8, true));
  const record = only('t:raw_syscalls:sys_enter', options({ args: ['args'] }));
  assert.deepEqual(record.points[0]?.hook, { kind: 'tracepoint', category: 'raw_syscalls', event: 'sys_enter' });
  assert.deepEqual(field(record, 'args')?.type, {
    kind: 'array',
    element: { kind: 'integer', size: 8, signed: false },
    count: 6,
  });
});

test('-p filters in the program', () => {
  assert.equal(only('tracepoint:sched:sched_switch', options({ pid: 1 })).filterByPid, true);
  assert.equal(only('tracepoint:sched:sched_switch').filterByPid, false);
});

test('several tracepoints share a program; `probe` is told by cookies where there are some', () => {
  const two = { 'odd:a': common, 'odd:b': common };
  const cookies = resolve('tracepoint:odd:*', fakeTarget({ events: two }), options({ uses: ['probe'] })).variants;
  assert.deepEqual(
    cookies.map((variant) => variant.points.map((point) => point.cookie)),
    [[0n, 1n]],
  );
  const { probeName } = cookies[0]!.context;
  assert.deepEqual(probeName.kind === 'symbolic' && [...probeName.names], [
    [0n, 'tracepoint:odd:a'],
    [1n, 'tracepoint:odd:b'],
  ]);
  const alone = resolve(
    'tracepoint:odd:*',
    fakeTarget({ events: two, features: [] }),
    options({ uses: ['probe'] }),
  ).variants;
  assert.deepEqual(
    alone.map((variant) => variant.context.probeName),
    [
      { kind: 'fixed', name: 'tracepoint:odd:a' },
      { kind: 'fixed', name: 'tracepoint:odd:b' },
    ],
  );
  assert.equal(resolve('tracepoint:odd:*', fakeTarget({ events: two, features: [] })).variants.length, 1);
});

test('wildcards: a single part is the category', () => {
  assert.deepEqual(pointNames(resolve('tracepoint:sch*', target)), [
    'tracepoint:sched:sched_switch',
    'tracepoint:sched:sched_wakeup',
  ]);
  assert.deepEqual(pointNames(resolve('tracepoint:*:sched_[sw]*', target)), [
    'tracepoint:sched:sched_switch',
    'tracepoint:sched:sched_wakeup',
  ]);
});

test('no match: an error, a warning or nothing', () => {
  const text = 'tracepoint:sched:sched_swich';
  assert.equal(
    complaints(resolve(text, target)),
    'error: No matches for tracepoint sched:sched_swich.\nhint: Did you mean tracepoint:sched:sched_switch?',
  );
  const warned = resolve(text, target, options({ config: { missingProbes: 'warn' } }));
  assert.equal(
    complaints(warned),
    'warning: No matches for tracepoint sched:sched_swich. Skipping.\nhint: Did you mean tracepoint:sched:sched_switch?',
  );
  assert.deepEqual(resolve(text, target, options({ config: { missingProbes: 'ignore' } })), {
    variants: [],
    diagnostics: [],
  });
  assert.equal(
    complaints(resolve('tracepoint:block:sched_switch', target)),
    'error: No matches for tracepoint block:sched_switch.\nhint: Did you mean tracepoint:sched:sched_switch?',
  );
  assert.equal(complaints(resolve('tracepoint:nosuch:*', target)), 'error: No matches for tracepoint nosuch:*.');
});

test('component counts', () => {
  const hint = 'hint: Write it as tracepoint:sched:sched_switch.';
  assert.equal(
    complaints(resolve('tracepoint:x', target)),
    `error: tracepoint probe type requires 2 arguments, found 1\n${hint}`,
  );
  assert.equal(
    complaints(resolve('tracepoint:a:b:c', target)),
    `error: tracepoint probe type requires 2 arguments, found 3\n${hint}`,
  );
});

test('without tracefs raw tracepoints still work, and records are refused with the reason', () => {
  const blind = fakeTarget({ btf: sampleBtf(), tracefsError: 'it is locked' });
  assert.deepEqual(only('tracepoint:sched:sched_switch', options(), blind).points[0]?.hook, {
    kind: 'rawTracepoint',
    event: 'sched_switch',
  });
  const one = only('tracepoint:syscalls:sys_enter_openat', options(), blind);
  assert.deepEqual(one.systemCalls?.numbers, [257]);
  assert.deepEqual(one.context.probeName, { kind: 'fixed', name: 'tracepoint:syscalls:sys_enter_openat' });
  assert.ok(only('tracepoint:syscalls:sys_enter_*', options(), blind).pointCount > 300);
  assert.match(
    complaints(resolve('tracepoint:sched:sched_switch', blind, options({ args: ['prev_pid'] }))),
    /^error: .* can only be had from tracefs: it is locked\.\nhint: .* rawtracepoint:sched_switch, /,
  );
  assert.match(complaints(resolve('tracepoint:nosuch:x', blind)), /it is locked/);
});
