/** A small machine that is nothing but data: what compiles in tests ask about the kernel. */
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { fakeTarget } from '../providers/testing.ts';
import type { FakeMachine } from '../providers/testing.ts';
import type { Target } from '../target.ts';

/** A few kernel types: task_struct, sock, file, and `odd` with what is rare (bit-fields, unions, enums, flexible arrays). */
export function sampleKernelBtf(): Btf {
  const b = new BtfBuilder();
  const basics = addBasics(b);
  addTask(b, basics);
  addSocketAndFile(b, basics);
  addOdd(b, basics);
  return Btf.decode(b.encode());
}

type Basics = ReturnType<typeof addBasics>;

function addBasics(b: BtfBuilder) {
  const int = b.int('int', 4, { signed: true });
  const uint = b.int('unsigned int', 4);
  const char = b.int('char', 1, { signed: true });
  const short = b.int('unsigned short', 2);
  const long = b.int('unsigned long', 8);
  const byte = b.int('unsigned char', 1);
  b.typedef('size_t', long);
  return { int, uint, char, short, long, byte, u32: b.typedef('u32', uint), pid: b.typedef('pid_t', int) };
}

function addTask(b: BtfBuilder, { char, uint, pid }: Basics): void {
  const comm = b.array(char, 16, uint);
  const jobs = b.array(uint, 4, uint);
  const userTag = b.add({ kind: 'typeTag', name: 'user', typeId: char, componentIndex: -1, attribute: false });
  const userText = b.pointer(userTag);
  // The pointer comes just before the struct that it points to.
  const task = b.pointer(b.nextId + 1);
  b.struct('task_struct', 64, [
    ['pid', pid, 0],
    ['tgid', pid, 32],
    ['comm', comm, 64],
    ['real_parent', task, 192],
    ['arg', userText, 256],
    ['jobs', jobs, 320],
  ]);
}

function addSocketAndFile(b: BtfBuilder, { char, int, uint, short, long, u32 }: Basics): void {
  const common = b.struct('sock_common', 16, [
    ['skc_daddr', u32, 0],
    ['skc_family', short, 64],
  ]);
  b.struct('sock', 24, [
    ['__sk_common', common, 0],
    ['sk_protocol', short, 128],
  ]);
  const text = b.pointer(b.add({ kind: 'const', name: '', typeId: char }));
  const name = b.struct('qstr', 16, [
    ['len', uint, 32],
    ['name', text, 64],
  ]);
  const dentry = b.struct('dentry', 24, [
    ['flags', int, 0],
    ['d_name', name, 64],
  ]);
  const path = b.struct('path', 16, [
    ['mnt', long, 0],
    ['dentry', b.pointer(dentry), 64],
  ]);
  b.struct('file', 32, [
    ['f_pos', long, 0],
    ['f_path', path, 64],
  ]);
}

function addOdd(b: BtfBuilder, { int, uint, long, byte }: Basics): void {
  const values = [
    { name: 'RED', value: 3n },
    { name: 'GREEN', value: 4n },
  ];
  const color = b.add({ kind: 'enum', name: 'color', size: 4, signed: false, values });
  const members = [
    { name: 'whole', typeId: long, bitOffset: 0, bitSize: 0 },
    { name: 'low', typeId: uint, bitOffset: 0, bitSize: 0 },
  ];
  const halves = b.add({ kind: 'union', name: '', size: 8, members });
  const double = b.add({ kind: 'float', name: 'double', size: 8 });
  b.struct('odd', 48, [
    ['mode', uint, 0, 3],
    ['level', int, 3, 5],
    ['tint', color, 32],
    ['', halves, 64],
    ['raw', b.array(byte, 4, uint), 128],
    ['ratio', double, 192],
    ['tail', b.array(uint, 0, uint), 256],
  ]);
}

export function sampleTarget(machine: FakeMachine = {}): Target {
  return fakeTarget({
    btf: sampleKernelBtf(),
    features: ['kprobe', 'uprobe', 'btf-tracepoint', 'attach-cookie', 'current-task-btf'],
    events: {
      'sched:sched_switch': ['0 2 0 unsigned short common_type', '8 16 0 char[16] prev_comm', '24 4 1 pid_t prev_pid'],
      'syscalls:sys_enter_openat': ['8 4 1 int __syscall_nr', '16 8 0 int dfd', '24 8 0 const char * filename'],
      'raw_syscalls:sys_enter': ['8 8 1 long id', '16 48 0 unsigned long[6] args'],
    },
    kernelFunctions: () => ({ source: 'tracefs', functions: [{ name: 'vfs_read' }, { name: 'vfs_write' }] }),
    kernelSymbol: (name) => (name === 'jiffies' ? 0xffffffff81000000n : undefined),
    ...machine,
  });
}
