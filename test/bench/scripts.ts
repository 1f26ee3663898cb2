/**
 * The one-liners that are measured, each legal in bpftrace 0.17 and in Sonde unless it says so. They look at operations of
 * load.c only: by system calls that nothing else makes, or by its process id. In texts, {pid} and {load} are that process
 * and its program.
 */

/** What is probed: it decides which bounds a script has. */
export type Kind = 'tracepoint' | 'stack' | 'uprobe' | 'profile';

export interface Script {
  readonly name: string;
  readonly kind: Kind;
  readonly text: string;
  /** An operation of load.c. */
  readonly operation: 'call' | 'key' | 'path' | 'open' | 'function' | 'pingpong';
  /** How many operations for each that a cheap script is given. 1 where nothing is said. */
  readonly share?: number;
  readonly workers?: readonly [count: number, kind: 'threads' | 'processes'];
  readonly printsEvents?: boolean;
  /** That its operation runs. 1 where nothing is said. */
  readonly probes?: number;
  /** bpftrace 0.17 has no such form. */
  readonly isOurs?: boolean;
  /** Starts and ends so slowly with bpftrace that it gets one run. */
  readonly isSlow?: boolean;
  /** As loaded by bpftrace's head of August 2026 (0.26, LLVM 19, release build) on kernel 6.18: measured elsewhere. */
  readonly newestInstructions?: number;
}

const CALL = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';
const CALL_EXIT = 'tracepoint:syscalls:sys_exit_sched_get_priority_max';
const PATH = 'tracepoint:syscalls:sys_enter_umount';
const OPEN = 'tracepoint:syscalls:sys_enter_openat';

const onCall = (name: string, text: string, more: Partial<Script> = {}): Script => ({
  name,
  kind: 'tracepoint',
  operation: 'call',
  text: `${CALL} ${text}`,
  ...more,
});

const counts: readonly Script[] = [
  onCall('empty', '{ }', { newestInstructions: 2 }),
  onCall('count', '{ @ = count(); }', { newestInstructions: 60 }),
  onCall('count by pid', '{ @[pid] = count(); }', { newestInstructions: 61 }),
  onCall('count by comm', '{ @[comm] = count(); }', { newestInstructions: 96 }),
  onCall('count by pid and comm', '{ @[pid, comm] = count(); }'),
  onCall('count by argument', '{ @[args->policy & 63] = count(); }', { operation: 'key' }),
  onCall('count per CPU', '{ @[cpu] = count(); }'),
  onCall('count of four threads', '{ @[tid] = count(); }', { workers: [4, 'threads'] }),
  onCall('count of four processes', '{ @[pid] = count(); }', { workers: [4, 'processes'] }),
  onCall('increment', '{ @++; }'),
];

const aggregations: readonly Script[] = [
  onCall('sum by pid and comm', '{ @[pid, comm] = sum(nsecs & 0xff); }', { newestInstructions: 111 }),
  onCall('average by pid', '{ @[pid] = avg(nsecs & 0xff); }'),
  onCall('minimum and maximum', '{ @least = min(nsecs & 0xffff); @most = max(nsecs & 0xffff); }'),
  onCall('stats by comm', '{ @[comm] = stats(nsecs & 0xffff); }'),
  onCall('hist', '{ @us = hist(nsecs & 0xffff); }', { newestInstructions: 86 }),
  onCall('hist by comm', '{ @us[comm] = hist(nsecs & 0xffff); }'),
  onCall('lhist', '{ @us = lhist(nsecs & 0xffff, 0, 65536, 4096); }', { newestInstructions: 65 }),
  onCall('last time by thread', '{ @[tid] = nsecs; }', { newestInstructions: 47 }),
  onCall('tuple', '{ @[tid] = (pid, nsecs, cpu); }'),
  onCall(
    'latency',
    `{ @start[tid] = nsecs; } ${CALL_EXIT} /@start[tid]/ { @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }`,
    { newestInstructions: 182, probes: 2 },
  ),
];

const predicates: readonly Script[] = [
  onCall('predicate on pid, true', '/pid == {pid}/ { @ = count(); }'),
  onCall('predicate on pid, false', '/pid == 1/ { @ = count(); }', { newestInstructions: 67 }),
  onCall('predicate on comm', '/comm == "load"/ { @ = count(); }'),
  onCall('predicate on an argument', '/args->policy < 1000/ { @ = count(); }', { operation: 'key' }),
  {
    name: 'predicate on a string argument',
    kind: 'tracepoint',
    operation: 'path',
    text: `${PATH} /str(args->name) == "/sonde-bench-not-there"/ { @ = count(); }`,
  },
];

const texts: readonly Script[] = [
  {
    name: 'count by path',
    kind: 'tracepoint',
    operation: 'path',
    text: `${PATH} { @[str(args->name)] = count(); }`,
  },
  {
    name: 'opened files',
    kind: 'tracepoint',
    operation: 'open',
    share: 0.2,
    text: `${OPEN} /pid == {pid}/ { @[str(args->filename)] = count(); }`,
  },
  onCall('print integers', '{ printf("%d %d %llu\\n", pid, tid, nsecs); }', { share: 0.1, printsEvents: true }),
  onCall('print a string', '{ printf("%d %s\\n", pid, comm); }', { share: 0.1, printsEvents: true }),
  {
    name: 'print a path',
    kind: 'tracepoint',
    operation: 'path',
    share: 0.1,
    printsEvents: true,
    text: `${PATH} { printf("%s %s\\n", comm, str(args->name)); }`,
  },
  {
    name: 'print bytes',
    kind: 'tracepoint',
    operation: 'path',
    share: 0.1,
    printsEvents: true,
    text: `${PATH} { printf("%r\\n", buf(args->name, 16)); }`,
  },
];

const kernelState: readonly Script[] = [
  onCall(
    'chain of four pointers',
    '{ @[curtask->real_parent->real_parent->real_parent->real_parent->pid] = count(); }',
  ),
  {
    name: 'context switches',
    kind: 'tracepoint',
    operation: 'pingpong',
    share: 0.05,
    text: 'tracepoint:sched:sched_switch { @[cpu] = count(); }',
  },
  {
    name: 'all system calls',
    kind: 'tracepoint',
    operation: 'call',
    isSlow: true,
    text: 'tracepoint:syscalls:sys_enter_* { @[probe] = count(); }',
  },
  {
    name: 'raw system calls by pid',
    kind: 'tracepoint',
    operation: 'call',
    text: 'tracepoint:raw_syscalls:sys_enter /pid == {pid}/ { @[args->id] = count(); }',
  },
  onCall('for over a map', '{ @[pid] = count(); for ($kv : @) { @n = count(); } }', { isOurs: true }),
];

const stacks: readonly Script[] = [
  onCall('count by kernel stack', '{ @[kstack] = count(); }', { kind: 'stack', share: 0.3, newestInstructions: 128 }),
  onCall('count by user stack', '{ @[ustack] = count(); }', { kind: 'stack', share: 0.3, newestInstructions: 139 }),
  onCall('count by three frames', '{ @[kstack(3)] = count(); }', { kind: 'stack', share: 0.3 }),
];

const onFunction = (name: string, text: string, more: Partial<Script> = {}): Script => ({
  name,
  kind: 'uprobe',
  operation: 'function',
  share: 0.3,
  text,
  ...more,
});

const functions: readonly Script[] = [
  onFunction('function count', 'uprobe:{load}:hot { @ = count(); }'),
  onFunction('function count by pid', 'uprobe:{load}:hot { @[pid] = count(); }'),
  onFunction('function arguments', 'uprobe:{load}:hot { @[arg0 & 63] = count(); }'),
  onFunction('function return', 'uretprobe:{load}:hot { @ = count(); }'),
  onFunction('function results', 'uretprobe:{load}:hot { @ = hist(retval & 0xffff); }'),
  onFunction(
    'function latency',
    'uprobe:{load}:hot { @start[tid] = nsecs; } ' +
      'uretprobe:{load}:hot /@start[tid]/ { @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }',
    { probes: 2 },
  ),
];

/** Of the whole machine: counts only. */
const profiles: readonly Script[] = [
  { name: 'profile at 99 Hz', kind: 'profile', operation: 'call', text: 'profile:hz:99 { @[cpu] = count(); }' },
  { name: 'profile at 999 Hz', kind: 'profile', operation: 'call', text: 'profile:hz:999 { @[cpu] = count(); }' },
];

export const scripts: readonly Script[] = [
  ...counts,
  ...aggregations,
  ...predicates,
  ...texts,
  ...kernelState,
  ...stacks,
  ...functions,
  ...profiles,
];

export function scriptText(script: Script, load: { readonly pid: number; readonly program: string }): string {
  return script.text.replaceAll('{pid}', String(load.pid)).replaceAll('{load}', load.program);
}
