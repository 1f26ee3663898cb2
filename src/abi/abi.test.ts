import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import {
  AttachType,
  BpfFlag,
  Command,
  Errno,
  HelperId,
  LinkType,
  MapType,
  ProgramType,
  allSyscalls,
  architectureOf,
  architectures,
  attachTypeName,
  commandName,
  errnoName,
  findPerfEvent,
  hardwareEvents,
  helperCount,
  helperId,
  helperName,
  linkTypeName,
  mapTypeName,
  programTypeName,
  registerLayout,
  registerOffset,
  signalDescription,
  signalName,
  signalNumber,
  softwareEvents,
  strerror,
  syscallName,
  syscallNumber,
  syscallNumberOfTracepoint,
  tracepointOfSyscall,
} from './index.ts';

test('helpers are known by id and by name, with and without bpf_', () => {
  assert.equal(HelperId.map_lookup_elem, 1);
  assert.equal(helperName(131), 'ringbuf_reserve');
  assert.equal(helperId('bpf_get_current_pid_tgid'), 14);
  assert.equal(helperId('ktime_get_ns'), 5);
  assert.equal(helperId('toString'), undefined);
  assert.equal(helperName(0), undefined);
  for (let id = 1; id <= helperCount; id++) assert.ok(helperName(id), `helper ${id} has a name`);
});

test('types of maps, programs, attachments, links and commands carry the numbers of bpf.h', () => {
  assert.deepEqual(
    [MapType.Hash, MapType.PercpuArray, MapType.Ringbuf, MapType.TaskStorage, MapType.CgroupStorage],
    [1, 6, 27, 29, 19],
  );
  assert.deepEqual(
    [ProgramType.Kprobe, ProgramType.RawTracepoint, ProgramType.Tracing, ProgramType.Syscall],
    [2, 17, 26, 31],
  );
  assert.deepEqual([AttachType.TraceRawTp, AttachType.PerfEvent, AttachType.TraceUprobeMulti], [23, 41, 48]);
  assert.deepEqual([LinkType.RawTracepoint, LinkType.PerfEvent], [1, 7]);
  assert.deepEqual([Command.MapCreate, Command.ProgLoad, Command.LinkCreate, Command.IterCreate], [0, 5, 28, 33]);
  assert.deepEqual(
    [BpfFlag.BPF_F_MMAPABLE, BpfFlag.BPF_F_CURRENT_CPU, BpfFlag.BPF_F_SLEEPABLE],
    [1024, 0xffffffff, 16],
  );
  assert.equal(BpfFlag.BPF_RINGBUF_BUSY_BIT, 2 ** 31);
});

test('numbers print as bpftool prints them', () => {
  assert.equal(mapTypeName(MapType.LruPercpuHash), 'lru_percpu_hash');
  assert.equal(programTypeName(ProgramType.CgroupSockAddr), 'cgroup_sock_addr');
  assert.equal(attachTypeName(AttachType.CgroupInetIngress), 'cgroup_inet_ingress');
  assert.equal(linkTypeName(LinkType.KprobeMulti), 'kprobe_multi');
  assert.equal(commandName(Command.MapCreate), 'MAP_CREATE');
  assert.equal(mapTypeName(9999), undefined);
});

test('errno texts are those of the C library', () => {
  assert.equal(strerror(2), 'No such file or directory');
  assert.equal(strerror(-2), 'No such file or directory');
  assert.equal(strerror(0), 'Success');
  assert.equal(strerror(41), 'Unknown error 41');
  assert.equal(strerror(133), 'Memory page has hardware error');
  assert.equal(errnoName(11), 'EAGAIN');
  assert.equal(errnoName(-95), 'EOPNOTSUPP');
  assert.equal(errnoName(524), 'ENOTSUPP');
  assert.equal(Errno.EPERM, 1);
});

test('signals by name, number and description', () => {
  for (const name of ['KILL', 'SIGKILL', 'sigkill']) assert.equal(signalNumber(name), 9);
  assert.equal(signalNumber('NOPE'), undefined);
  assert.equal(signalName(15), 'SIGTERM');
  assert.deepEqual([9, 35, 0, 32, 33, 34, 64].map(signalDescription), [
    'Killed',
    'Real-time signal 1',
    'Unknown signal 0',
    'Unknown signal 32',
    'Unknown signal 33',
    'Real-time signal 0',
    'Real-time signal 30',
  ]);
});

test('system call names and numbers agree both ways on every architecture', () => {
  for (const arch of architectures) {
    for (const [number, name] of allSyscalls(arch)) {
      assert.equal(syscallNumber(arch, name), number, `${arch} ${name}`);
      assert.equal(syscallNumberOfTracepoint(arch, tracepointOfSyscall(arch, number)!), number, `${arch} ${name}`);
    }
  }
  assert.equal(syscallName('x86_64', 59), 'execve');
  assert.equal(syscallName('arm64', 221), 'execve');
  assert.equal(syscallName('x86_64', 9999), undefined);
});

test('tracepoints of system calls whose kernel function is named otherwise', () => {
  assert.equal(syscallNumberOfTracepoint('x86_64', 'newstat'), 4);
  assert.equal(syscallNumberOfTracepoint('x86_64', 'stat'), undefined);
  assert.equal(syscallNumberOfTracepoint('x86_64', 'newfstatat'), 262);
  assert.equal(syscallNumberOfTracepoint('x86_64', 'sendfile64'), 40);
  assert.equal(syscallNumberOfTracepoint('x86_64', 'umount'), 166);
  assert.equal(syscallNumberOfTracepoint('arm64', 'newfstat'), 80);
  assert.equal(syscallNumberOfTracepoint('arm64', 'fadvise64_64'), 223);
  assert.equal(tracepointOfSyscall('arm64', 160), 'newuname');
});

test('every system call tracepoint of this kernel has a number', (t) => {
  const arch = architectureOf(process.arch);
  if (arch === undefined) return t.skip(`no table for ${process.arch}`);
  if (process.getuid?.() !== 0) return t.skip('needs root to mount tracefs privately');
  const script =
    '[ -d /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing; ls /sys/kernel/tracing/events/syscalls';
  const names = execFileSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => (line.startsWith('sys_enter_') ? [line.slice('sys_enter_'.length)] : []));
  assert.ok(names.length > 250);
  assert.deepEqual(
    names.filter((name) => syscallNumberOfTracepoint(arch, name) === undefined),
    [],
  );
});

test('registers: arguments, return value and pointers have offsets', () => {
  for (const arch of architectures) {
    const layout = registerLayout(arch);
    const used = [
      ...layout.functionArguments,
      ...layout.syscallArguments,
      layout.returnValue,
      layout.instructionPointer,
      layout.stackPointer,
      layout.framePointer,
      layout.syscallNumber,
    ];
    for (const name of used) assert.ok(registerOffset(arch, name)! < layout.sizeBytes, `${arch} ${name}`);
  }
  assert.equal(registerOffset('x86_64', 'di'), 112);
  assert.equal(registerOffset('x86_64', 'pc'), registerOffset('x86_64', 'ip'));
  assert.equal(registerOffset('arm64', 'r30'), 240);
  assert.equal(registerOffset('arm64', 'di'), undefined);
});

test('perf events by name and alias', () => {
  assert.equal(findPerfEvent(softwareEvents, 'faults')?.config, 2n);
  assert.equal(findPerfEvent(softwareEvents, 'cpu')?.defaultPeriod, 1_000_000n);
  assert.equal(findPerfEvent(hardwareEvents, 'cycles')?.name, 'cpu-cycles');
  assert.equal(findPerfEvent(hardwareEvents, 'faults'), undefined);
});

test('the generated tables are what the generator writes', () => {
  execFileSync(process.execPath, [new URL('../../gen/abi.ts', import.meta.url).pathname, '--check']);
});
