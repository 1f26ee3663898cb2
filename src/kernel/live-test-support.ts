/** Programs and drivers for the live tests. Every program looks at its own test process only. */
import {
  AttachType,
  BpfFlag,
  Command,
  HelperId,
  MapType,
  ProgramType,
  syscallNumber,
  type Architecture,
  architectureOf,
} from '../abi/index.ts';
import {
  alu64,
  atomic,
  call,
  exit,
  type Instruction,
  jump,
  jumpIf,
  labelled,
  load,
  loadMap,
  loadMapValue,
  mov64,
  store,
} from '../asm/index.ts';
import type { CollectionSpec, MapSpec, ProgramSpec } from '../spec/index.ts';
import { KernelCollection } from './collection.ts';
import type { KernelProgram } from './program/index.ts';
import { Attr, closeFd, syscalls, tryBpf } from './sys/index.ts';

export const arch: Architecture = architectureOf(process.arch)!;
/** A system call that nothing else makes. */
export const driver = 'sched_get_priority_max';
export const driverNumber = syscallNumber(arch, driver)!;
export const driverTracepoint = { category: 'syscalls', event: `sys_enter_${driver}` } as const;

/** Makes the driver system call `count` times. */
export function drive(count: number): void {
  for (let i = 0; i < count; i++) syscalls().call(driver, 1);
}

export const counts: MapSpec = {
  name: 'counts',
  type: MapType.Array,
  keySizeBytes: 4,
  valueSizeBytes: 64,
  maxEntries: 1,
  flags: BpfFlag.BPF_F_MMAPABLE,
};

/** Leaves the program unless it runs in process `pid`. Keeps the context in r6. */
export function onlyProcess(pid = process.pid): Instruction[] {
  return [
    mov64('r6', 'r1'),
    call(HelperId.get_current_pid_tgid),
    alu64('rsh', 'r0', 32),
    jumpIf('ne', 'r0', pid, 'out'),
  ];
}

/** Leaves the program unless u64 `index` of the context is `value`. */
export function onlyIfArgument(index: number, value: number): Instruction[] {
  return [load(8, 'r1', 'r6', index * 8), jumpIf('ne', 'r1', value, 'out')];
}

/** Adds one to a u64 of the map `counts`. */
export function count(slot: number): Instruction[] {
  return [loadMapValue('r1', 'counts', slot * 8), mov64('r2', 1), atomic('add', 8, 'r1', 0, 'r2')];
}

/** Adds one to the u64 of `counts` that the cookie (0 … 7) says. */
export function countByCookie(): Instruction[] {
  return [
    mov64('r1', 'r6'),
    call(HelperId.get_attach_cookie),
    jumpIf('gt', 'r0', 7, 'out'),
    alu64('lsh', 'r0', 3),
    loadMapValue('r1', 'counts', 0),
    alu64('add', 'r1', 'r0'),
    mov64('r2', 1),
    atomic('add', 8, 'r1', 0, 'r2'),
  ];
}

export const leave: readonly Instruction[] = [labelled('out', mov64('r0', 0)), exit()];

export function program(
  type: number,
  instructions: readonly Instruction[],
  more: Partial<ProgramSpec> = {},
): ProgramSpec {
  return { name: 'sonde_test', type, license: 'GPL', instructions, ...more };
}

/** One program and the map `counts`. */
export class Counter implements Disposable {
  readonly collection: KernelCollection;

  constructor(spec: ProgramSpec, maps: readonly MapSpec[] = []) {
    const collection: CollectionSpec = { maps: [counts, ...maps], programs: [spec] };
    this.collection = KernelCollection.load(collection);
  }
  get program(): KernelProgram {
    return this.collection.programs.get('sonde_test')!;
  }
  /** The first `n` counters. */
  read(n = 1): number[] {
    const words = new BigUint64Array(this.collection.maps.get('counts')!.memory());
    return Array.from({ length: n }, (_, i) => Number(Atomics.load(words, i)));
  }
  [Symbol.dispose](): void {
    this.collection.close();
  }
}

/** Counts the driver system call at raw_tp sys_enter, whose second argument is the number. */
export function rawCounter(body: readonly Instruction[] = count(0)): ProgramSpec {
  return program(ProgramType.RawTracepoint, [...onlyProcess(), ...onlyIfArgument(1, driverNumber), ...body, ...leave]);
}

/** The same as a BTF-typed raw tracepoint. */
export function btfCounter(body: readonly Instruction[] = count(0)): ProgramSpec {
  const instructions = [...onlyProcess(), ...onlyIfArgument(1, driverNumber), ...body, ...leave];
  return program(ProgramType.Tracing, instructions, {
    expectedAttachType: AttachType.TraceRawTp,
    attachTo: { kind: 'typedef', name: 'btf_trace_sys_enter' },
  });
}

/** Sends a record of `words` u64 for each driver call: a running number, then copies of it. Counts in slot 0 all, in slot 1 what did not fit. */
export function ringWriter(words: number, discardEvery?: number): ProgramSpec {
  return rawCounter([
    loadMapValue('r7', 'counts', 0),
    load(8, 'r8', 'r7', 0),
    ...count(0),
    loadMap('r1', 'ring'),
    mov64('r2', words * 8),
    mov64('r3', 0),
    call(HelperId.ringbuf_reserve),
    jumpIf('eq', 'r0', 0, 'full'),
    ...Array.from({ length: words }, (_, i) => store(8, 'r0', i * 8, 'r8')),
    mov64('r1', 'r0'),
    mov64('r2', BpfFlag.BPF_RB_NO_WAKEUP),
    ...(discardEvery === undefined ? [] : [alu64('mod', 'r8', discardEvery), jumpIf('eq', 'r8', 0, 'discard')]),
    call(HelperId.ringbuf_submit),
    jump('out'),
    ...(discardEvery === undefined ? [] : [labelled('discard', call(HelperId.ringbuf_discard)), jump('out')]),
    labelled('full', mov64('r0', 0)),
    ...count(1),
  ]);
}

/** Whether a program of this kernel id is loaded; by anyone. */
export function programExists(id: number): boolean {
  return exists(Command.ProgGetFdById, id);
}

export function linkExists(id: number): boolean {
  return exists(Command.LinkGetFdById, id);
}

function exists(command: number, id: number): boolean {
  const fd = tryBpf(command, new Attr(12).u32(0, id));
  if (fd >= 0) closeFd(fd);
  return fd >= 0;
}

/** V8 flags that this process was given for WebAssembly (the stripper of types is made of it): its children need them too. */
export const nodeFlags: readonly string[] = process.execArgv.filter((flag) => flag.startsWith('--no-wasm'));
