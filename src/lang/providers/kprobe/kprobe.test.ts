import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, fakeTarget, options, pointNames, resolve, sampleBtf, type FakeMachine } from '../testing.ts';
import { kprobe, kretprobe } from './kprobe.ts';
import { liveRelatives } from './relatives.ts';

const functions = [
  { name: 'vfs_read' },
  { name: 'vfs_write' },
  { name: 'do_sys_openat2' },
  { name: 'do_sys_open' },
  { name: 'vfs_read.part.0' },
  { name: 'twice' },
  { name: 'twice' },
  { name: 'nft_do_chain', module: 'nf_tables' },
];
const events = {
  'syscalls:sys_enter_read': [],
  'syscalls:sys_exit_read': [],
  'syscalls:sys_enter_openat': [],
  'sched:sched_switch': [],
  'tcp:tcp_probe': [],
};

function machine(more: FakeMachine = {}) {
  return fakeTarget({
    btf: sampleBtf(),
    events,
    kernelFunctions: () => ({ source: 'tracefs', functions }),
    modules: () => ['nf_tables'],
    ...more,
  });
}

test('P-30 a function by name, in a module, at an offset', () => {
  const hooks = ['kprobe:vfs_read', 'kretprobe:vfs_read', 'k:nf_tables:nft_do_chain', 'kprobe:vfs_read+0x10'].map(
    (text) => resolve(text, machine()).variants[0]?.points[0],
  );
  assert.deepEqual(hooks, [
    { hook: { kind: 'kprobe', return: false, function: 'vfs_read' }, name: 'kprobe:vfs_read' },
    { hook: { kind: 'kprobe', return: true, function: 'vfs_read' }, name: 'kretprobe:vfs_read' },
    {
      hook: { kind: 'kprobe', return: false, function: 'nft_do_chain', module: 'nf_tables' },
      name: 'kprobe:nf_tables:nft_do_chain',
    },
    { hook: { kind: 'kprobe', return: false, function: 'vfs_read', offset: 16 }, name: 'kprobe:vfs_read+16' },
  ]);
});

test('P-35 arguments and return value are registers', () => {
  const { context } = resolve('kprobe:vfs_read', machine(), options({ uses: ['func'] })).variants[0]!;
  assert.deepEqual(context.argument?.(1), { kind: 'word', offset: 104, size: 8, signed: false });
  assert.deepEqual(context.argument?.(6), {
    error: "x86_64 doesn't support arg6: it passes 6 arguments in registers (arg0 to arg5)",
  });
  assert.equal(context.returnValue, undefined);
  assert.deepEqual(context.func, { kind: 'ksym', access: { kind: 'functionAddress' } });
  assert.equal(context.contextType?.kind === 'record' && context.contextType.name, 'pt_regs');
  const returning = resolve('kretprobe:vfs_read', machine()).variants[0]!.context;
  assert.deepEqual(returning.returnValue, {
    type: { kind: 'integer', size: 8, signed: false },
    access: { kind: 'word', offset: 80, size: 8, signed: false },
  });
  assert.equal(returning.argument, undefined);
  for (const each of [context, returning]) {
    assert.match('error' in each.args ? each.args.error : '', /^The args builtin can only be used with/);
    assert.deepEqual([each.space, each.kernelStack, each.userStack], ['kernel', true, true]);
  }
});

test('before Linux 5.15 the address comes from the program counter', () => {
  const old = machine({ features: ['kprobe'] });
  assert.deepEqual(resolve('kprobe:vfs_read', old, options({ uses: ['func'] })).variants[0]?.context.func?.access, {
    kind: 'word',
    offset: 128,
    size: 8,
    signed: false,
  });
});

test('P-30 an address needs --unsafe', () => {
  assert.equal(
    complaints(resolve('kprobe:0xffffffff81000000', machine())),
    'error: A kprobe at an address may be in the middle of an instruction\nhint: Use --unsafe to attach it anyway.',
  );
  const { variants } = resolve('kprobe:0xffffffff81000000', machine(), options({ unsafe: true }));
  assert.deepEqual(variants[0]?.points, [
    { hook: { kind: 'kprobe', return: false, address: 0xffffffff81000000n }, name: 'kprobe:18446744071578845184' },
  ]);
});

test('P-33 wildcards leave out split-off parts and names that several functions share', () => {
  assert.deepEqual(pointNames(resolve('kprobe:vfs_*', machine())), ['kprobe:vfs_read', 'kprobe:vfs_write']);
  assert.deepEqual(pointNames(resolve('kprobe:t*', machine({ features: ['kprobe'] }))), []);
  assert.deepEqual(pointNames(resolve('kprobe:nf_*:*', machine())), ['kprobe:nf_tables:nft_do_chain']);
  assert.equal(complaints(resolve('kprobe:zz*', machine())), 'error: No matches for kprobe zz*.');
});

test('P-10 A-182 many functions are one program, by one link where the kernel has it', () => {
  const features = ['kprobe', 'attach-cookie'];
  const multi = resolve('kprobe:vfs_*', machine({ features: [...features, 'kprobe-multi'] })).variants;
  assert.deepEqual(
    multi.map((variant) => [variant.expectedAttachType, variant.points.length]),
    [[42, 2]],
  );
  const single = resolve('kprobe:vfs_*', machine({ features })).variants;
  assert.deepEqual(
    single.map((variant) => [variant.expectedAttachType, variant.points.length]),
    [[undefined, 2]],
  );
  const named = resolve('kprobe:vfs_*', machine({ features }), options({ uses: ['probe'] })).variants;
  assert.deepEqual(
    named.map((variant) => variant.points.map((point) => point.cookie)),
    [[0n, 1n]],
  );
  assert.equal(
    resolve('kprobe:vfs_*', machine({ features: ['kprobe'] }), options({ uses: ['probe'] })).variants.length,
    2,
  );
});

test('P-30 P-31 P-32 what is wrong with a kprobe', () => {
  assert.equal(
    complaints(resolve('kprobe:vfs_raed', machine())),
    'error: No matches for kprobe vfs_raed.\nhint: Did you mean kprobe:vfs_read?',
  );
  assert.equal(
    complaints(resolve('kprobe:nftables:x', machine())),
    "error: Kernel module 'nftables' is not loaded.\nhint: Did you mean nf_tables?",
  );
  assert.equal(complaints(resolve('kretprobe:vfs_read+4', machine())), 'error: Offset is not allowed in a kretprobe');
  assert.equal(complaints(resolve('kprobe:vfs_read+x', machine())), "error: Invalid offset 'x'");
  assert.equal(
    complaints(resolve('kprobe', machine())),
    'error: kprobe probe type requires 1 to 2 arguments, found 0\nhint: Write it as kprobe:vfs_read.',
  );
  const sized = machine({ kernelFunctionSize: () => 64n });
  assert.equal(
    complaints(resolve('kprobe:vfs_read+64', sized)),
    "error: Offset outside the function bounds ('vfs_read' size is 64)",
  );
  assert.equal(resolve('kprobe:vfs_read+63', sized).variants.length, 1);
  const unchecked = resolve('kprobe:vfs_read+0x40', sized, options({ unsafe: true }));
  assert.deepEqual(pointNames(unchecked), ['kprobe:vfs_read+64']);
});

const hidden = machine({ kernelSymbol: (name) => (name === 'inlined' ? 1n : undefined) });

test('P-32 E-55 a function that can not be traced is warned of, and tried', () => {
  assert.equal(
    complaints(resolve('kprobe:inlined', hidden)),
    'warning: inlined is not traceable (it is inlined, or marked notrace): attaching to it will likely fail',
  );
  assert.equal(resolve('kprobe:inlined', hidden).variants.length, 1);
});

test('E-55 on return and at an offset too', () => {
  for (const point of ['kretprobe:inlined', 'kprobe:inlined+4'])
    assert.match(complaints(resolve(point, hidden)), /^warning: inlined is not traceable/, point);
});

test('a kernel without kprobes says so, names the option and offers the nearest tracepoint', () => {
  const without = machine({ features: [] });
  const sentence = (probes: string) =>
    `This kernel can't run ${probes}: it was built without CONFIG_KPROBES or CONFIG_KPROBE_EVENTS.`;
  assert.equal(
    complaints(resolve('kprobe:vfs_read', without)),
    `error: ${sentence('kprobes')}\nhint: The nearest tracepoint is tracepoint:syscalls:sys_enter_read.`,
  );
  assert.equal(
    complaints(resolve('kretprobe:vfs_read', without)),
    `error: ${sentence('kretprobes')}\nhint: The nearest tracepoint is tracepoint:syscalls:sys_exit_read.`,
  );
  const nearest = ['do_sys_open', '__x64_sys_read', 'ksys_read', 'schedule', 'tcp_probe', 'ext4_unheard_of'].map(
    (name) => complaints(resolve(`kprobe:${name}`, without)).split(' is ')[1],
  );
  assert.deepEqual(nearest, [
    'tracepoint:syscalls:sys_enter_openat.',
    'tracepoint:syscalls:sys_enter_read.',
    'tracepoint:syscalls:sys_enter_read.',
    'tracepoint:sched:sched_switch.',
    'tracepoint:tcp:tcp_probe.',
    undefined,
  ]);
  assert.equal(
    complaints(resolve('kprobe:vfs_*', without, options({ config: { missingProbes: 'warn' } }))),
    `warning: ${sentence('kprobes')} Skipping.`,
  );
});

test('the nearest system call is known without tracefs', () => {
  const blind = machine({ features: [], tracefsError: 'it is locked' });
  assert.match(complaints(resolve('kprobe:vfs_read', blind)), /is tracepoint:syscalls:sys_enter_read\.$/);
});

test('P-36 relatives of a function that is never called', () => {
  assert.deepEqual(liveRelatives('do_sys_open', machine()), {
    functions: ['do_sys_openat2'],
    tracepoint: 'tracepoint:syscalls:sys_enter_openat',
  });
});

test('P-97 listing names modules only where the pattern does, and says when nothing can be attached', () => {
  const list = (components: string[], target = machine()) =>
    kprobe.list(components, target, { verbose: false, pid: undefined });
  assert.deepEqual(list(['*chain*']).lines, ['kprobe:nft_do_chain']);
  assert.deepEqual(list(['nf*', '*']).lines, ['kprobe:nf_tables:nft_do_chain']);
  assert.deepEqual(list(['twice']), { lines: ['kprobe:twice'], notes: [] });
  assert.match(list(['vfs_read'], machine({ features: [] })).notes[0] ?? '', /CONFIG_KPROBES/);
  assert.deepEqual(list(['nothing'], machine({ features: [] })), { lines: [], notes: [] });
  assert.deepEqual(kprobe.list(['vfs_read'], machine(), { verbose: true, pid: undefined }).lines, [
    'kprobe:vfs_read',
    '    struct file * arg0',
    '    void * arg1',
    '    unsigned long arg2',
  ]);
  assert.deepEqual(kretprobe.list(['vfs_read'], machine(), { verbose: true, pid: undefined }).lines, [
    'kretprobe:vfs_read',
  ]);
});
