import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf, BtfBuilder } from '../../../btf/index.ts';
import type { ProbeContext } from '../../checked/index.ts';
import { printType } from '../../types/index.ts';
import { complaints, fakeTarget, options, pointNames, resolve, type FakeMachine } from '../testing.ts';
import { fentry, fexit } from './fentry.ts';

function functionsBtf(): Btf {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const long = b.int('unsigned long', 8);
  const char = b.int('char', 1, { signed: true });
  const pointer = (to: number): number => b.pointer(to);
  const file = pointer(b.struct('file', 8, [['f_pos', long, 0]]));
  const range = b.struct('range', 16, [
    ['from', int, 0],
    ['to', int, 32],
    ['step', long, 64],
  ]);
  const large = b.struct('large', 24, [['x', long, 0]]);
  b.func('vfs_read', int, [
    ['file', file],
    ['buf', pointer(char)],
    ['count', long],
  ]);
  b.func('vfs_write', int, [['file', file]]);
  b.func('vfs_write.part.0', int, [['file', file]]);
  b.func('vfs_none', 0, [['names', pointer(pointer(char))]]);
  b.func('vfs_range', file, [
    ['flags', int],
    ['range', range],
    ['last', int],
  ]);
  b.func('vfs_large', int, [['large', large]]);
  b.func('vfs_made', range, []);
  b.func(
    'vfs_many',
    int,
    Array.from({ length: 13 }, (_, i) => [`a${i}`, int] as const),
  );
  const variadic = b.add({
    kind: 'funcProto',
    name: '',
    typeId: int,
    variadic: true,
    parameters: [{ name: 'format', typeId: pointer(char) }],
  });
  b.add({ kind: 'func', name: 'printk', typeId: variadic, linkage: 1 });
  b.func('both', int, []);
  return Btf.decode(b.encode());
}

function moduleBtf(names: readonly string[]): Btf {
  const b = new BtfBuilder();
  for (const name of names) b.func(name, 0, []);
  return Btf.decode(b.encode());
}

const btf = functionsBtf();
const modules = new Map([
  ['ext4', moduleBtf(['ext4_read', 'both', 'twin'])],
  ['xfs', moduleBtf(['xfs_read', 'twin'])],
]);
const traceable =
  'vfs_read vfs_write vfs_write.part.0 vfs_none vfs_range vfs_large vfs_made vfs_many printk both untyped'
    .split(' ')
    .map((name) => ({ name }));

function machine(more: FakeMachine = {}) {
  return fakeTarget({
    btf,
    features: ['fentry', 'kprobe', 'attach-cookie'],
    modules: () => [...modules.keys()],
    moduleBtf: (module) => modules.get(module),
    kernelFunctions: () => ({
      source: 'tracefs',
      functions: [
        ...traceable,
        { name: 'ext4_read', module: 'ext4' },
        { name: 'twin', module: 'ext4' },
        { name: 'xfs_read', module: 'xfs' },
      ],
    }),
    events: { 'syscalls:sys_enter_read': [], 'syscalls:sys_exit_read': [] },
    ...more,
  });
}

function argumentsOf({ args }: ProbeContext): unknown {
  return 'error' in args ? args.error : args.map(({ name, type, access }) => [name, printType(type), access]);
}

test('P-40 P-42 P-44 a function by name: what it is bound to, and its typed arguments', () => {
  const [variant] = resolve('fentry:vfs_read', machine(), options({ uses: ['func'] })).variants;
  assert.deepEqual(variant?.points, [
    { hook: { kind: 'fentry', return: false, function: 'vfs_read' }, name: 'fentry:vmlinux:vfs_read' },
  ]);
  assert.deepEqual(variant.attachTo, { kind: 'function', name: 'vfs_read' });
  assert.deepEqual(argumentsOf(variant.context), [
    ['file', 'struct file *', { kind: 'word', offset: 0, size: 8, signed: false, typed: true }],
    ['buf', 'int8 *', { kind: 'word', offset: 8, size: 8, signed: false }],
    ['count', 'uint64', { kind: 'word', offset: 16, size: 8, signed: false }],
  ]);
  assert.equal(variant.context.returnValue, undefined);
  assert.equal(variant.context.argument, undefined);
  assert.equal(variant.context.register, undefined);
  assert.equal(variant.context.contextType, undefined);
});

test('P-42 structs by value take two words, the result comes behind them, odd pointers are read as memory', () => {
  const { context } = resolve('kretfunc:vmlinux:vfs_range', machine()).variants[0]!;
  assert.deepEqual(argumentsOf(context), [
    ['flags', 'int32', { kind: 'word', offset: 0, size: 4, signed: true }],
    ['range', 'struct range', { kind: 'words', offset: 8, sizeBytes: 16 }],
    ['last', 'int32', { kind: 'word', offset: 24, size: 4, signed: true }],
  ]);
  assert.deepEqual(context.returnValue?.access, { kind: 'word', offset: 32, size: 8, signed: false, typed: true });
  const none = resolve('fexit:vfs_none', machine()).variants[0]!.context;
  assert.equal(none.returnValue, undefined);
  assert.deepEqual(argumentsOf(none), [
    [
      'names',
      'int8 **',
      { kind: 'pointed', base: { kind: 'address', offset: 0 }, offset: 0, size: 8, signed: false, direct: false },
    ],
  ]);
});

test('P-40 wildcards pass over what the kernel cannot hand over, and go through modules', () => {
  assert.deepEqual(pointNames(resolve('fentry:vfs_*', machine())), [
    'fentry:vmlinux:vfs_none',
    'fentry:vmlinux:vfs_range',
    'fentry:vmlinux:vfs_read',
    'fentry:vmlinux:vfs_write',
  ]);
  const everywhere = resolve('fexit:*:*_read', machine());
  assert.deepEqual(pointNames(everywhere), ['fexit:ext4:ext4_read', 'fexit:vmlinux:vfs_read', 'fexit:xfs:xfs_read']);
  assert.deepEqual(everywhere.variants[0]?.attachTo, { kind: 'function', name: 'ext4_read', module: 'ext4' });
  assert.deepEqual(pointNames(resolve('fentry:*_read', machine())).length, 3);
  assert.equal(complaints(resolve('fentry:vfs_l*', machine())), 'error: No matches for fentry vfs_l*.');
});

test('E-53 P-41 a function that is in several modules asks for one of them', () => {
  assert.equal(
    complaints(resolve('fentry:twin', machine())),
    'error: There is a function twin in each of ext4, xfs.\nhint: Name the one that is meant: fentry:ext4:twin.',
  );
  assert.equal(
    complaints(resolve('fexit:both', machine())),
    'error: There is a function both in each of vmlinux, ext4.\nhint: Name the one that is meant: fexit:vmlinux:both.',
  );
});

test('E-53 P-41 with its module, or by a wildcard, such a function is no error', () => {
  assert.deepEqual(pointNames(resolve('fentry:xfs:twin', machine())), ['fentry:xfs:twin']);
  assert.deepEqual(pointNames(resolve('fentry:*:twin', machine())), ['fentry:ext4:twin']);
});

test('P-42 what the kernel cannot hand over is refused with the reason', () => {
  const reasons = ['printk', 'vfs_large', 'vfs_made', 'vfs_many'].map(
    (name) => complaints(resolve(`fentry:${name}`, machine())).split('\n')[0],
  );
  assert.deepEqual(reasons, [
    "error: fentry can't be attached to printk: it takes a variable number of arguments.",
    "error: fentry can't be attached to vfs_large: it takes a struct of 24 bytes by value.",
    "error: fentry can't be attached to vfs_made: it returns a struct by value.",
    "error: fentry can't be attached to vfs_many: it takes more than 12 arguments.",
  ]);
  assert.match(complaints(resolve('fexit:printk', machine())), /hint: kretprobe:printk sees the same function/);
});

test('P-40 E-51 functions that are not there, or have no types', () => {
  assert.equal(
    complaints(resolve('fentry:vfs_raed', machine())),
    'error: No matches for fentry vfs_raed.\nhint: Did you mean fentry:vfs_read?',
  );
  assert.equal(
    complaints(resolve('fentry:untyped', machine())),
    "error: The kernel's types (BTF) don't describe untyped, so fentry can't be attached to it.\n" +
      'hint: kprobe:untyped sees the same function, without types.',
  );
  assert.equal(
    complaints(resolve('fentry:ext5:twin', machine())),
    "error: Kernel module 'ext5' is not loaded.\nhint: Did you mean ext4?",
  );
  assert.equal(complaints(resolve('fentry:ext4:vfs_read', machine())), 'error: No matches for fentry ext4:vfs_read.');
});

test('P-43 kernels without types, and kernels that forbid it', () => {
  assert.match(complaints(resolve('fentry:vfs_read', machine({ btf: undefined }))), /need the kernel's types \(BTF\)/);
  assert.equal(
    complaints(resolve('fexit:vfs_read', machine({ features: ['kprobe'] }))),
    "error: fexit can't be attached: this kernel doesn't let programs hook into its functions.\n" +
      'hint: kretprobe:vfs_read sees the same function, without types.\n' +
      'hint: The nearest tracepoint is tracepoint:syscalls:sys_exit_read.',
  );
});

test('E-52 P-05 a wildcard that matches more than may be attached says how many, and how to narrow it', () => {
  const few = options({ config: { maxProbes: 3 } });
  assert.match(
    complaints(resolve('fentry:*', machine(), few)),
    /^error: Can't attach to \d+ probes because it exceeds the current limit of 3 probes\.\nhint: fentry \* matches \d+: write more of the name/,
  );
});

test('P-40 BPF programs by id, name and wildcard', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const context = b.pointer(b.struct('xdp_md', 4, [['data', int, 0]]));
  b.func('count_packets', int, [['ctx', context]]);
  b.func('drop_packets', int, [['ctx', context]]);
  const own = Btf.decode(b.encode());
  const target = machine({
    bpfPrograms: () => [
      { id: 7, name: 'count_packets', btf: own },
      { id: 9, name: 'drop_packets', btf: own },
    ],
  });
  const [variant] = resolve('fentry:bpf:9:drop_packets', target).variants;
  assert.equal(variant?.points[0]?.name, 'fentry:bpf:9:drop_packets');
  assert.deepEqual(variant.attachTo, { kind: 'program', id: 9, name: 'drop_packets' });
  assert.deepEqual(argumentsOf(variant.context), [
    ['ctx', 'struct xdp_md *', { kind: 'word', offset: 0, size: 8, signed: false, typed: true }],
  ]);
  assert.deepEqual(pointNames(resolve('fexit:bpf:*_packets', target)), [
    'fexit:bpf:7:count_packets',
    'fexit:bpf:9:drop_packets',
  ]);
  assert.deepEqual(pointNames(resolve('fentry:bpf:*:c*', target)), ['fentry:bpf:7:count_packets']);
  assert.deepEqual(pointNames(resolve('fentry:bpf:9:*', target)), ['fentry:bpf:9:drop_packets']);
  assert.equal(
    complaints(resolve('fentry:bpf:count_packet', target)),
    'error: No matches for fentry bpf:count_packet.\nhint: Did you mean fentry:bpf:count_packets?',
  );
  assert.match(complaints(resolve('fentry:bpf:x', machine())), /No BPF program with types \(BTF\) is loaded\.$/);
  assert.deepEqual(fentry.list(['bpf', '*'], target, { verbose: true, pid: undefined }).lines, [
    'fentry:bpf:7:count_packets',
    '    struct xdp_md * ctx',
    'fentry:bpf:9:drop_packets',
    '    struct xdp_md * ctx',
  ]);
});

test('P-96 P-97 listings have the module, the arguments and the result', () => {
  const list = (provider: typeof fentry, components: string[]) =>
    provider.list(components, machine(), { verbose: true, pid: undefined }).lines;
  assert.deepEqual(list(fexit, ['vfs_r*']), [
    'fexit:vmlinux:vfs_range',
    '    int flags',
    '    struct range range',
    '    int last',
    '    struct file * retval',
    'fexit:vmlinux:vfs_read',
    '    struct file * file',
    '    char * buf',
    '    unsigned long count',
    '    int retval',
  ]);
  assert.deepEqual(list(fentry, ['ext4', '*']), ['fentry:ext4:ext4_read', 'fentry:ext4:twin']);
  assert.deepEqual(list(fexit, ['vfs_none']), ['fexit:vmlinux:vfs_none', '    char ** names']);
});

test('E-62 a function that is no lock, however it is called, has no warning', () => {
  assert.equal(complaints(resolve('fentry:vfs_read', machine())), '');
  assert.equal(complaints(resolve('fexit:vfs_r*', machine())), '');
});

test('P-12 E-62 lock functions are attached with a warning', () => {
  const b = new BtfBuilder();
  b.func('_raw_spin_lock', 0, []);
  const locks = machine({
    btf: Btf.decode(b.encode()),
    kernelFunctions: () => ({ source: 'tracefs', functions: [{ name: '_raw_spin_lock' }] }),
    modules: () => [],
  });
  for (const probe of ['fentry:_raw_spin_lock', 'kprobe:_raw_spin_lock', 'kprobe:_raw_spin_l*']) {
    const resolution = resolve(probe, locks);
    assert.equal(resolution.variants.length, 1);
    assert.match(complaints(resolution), /^warning: _raw_spin_lock: a function that programs themselves run into\./);
  }
});
