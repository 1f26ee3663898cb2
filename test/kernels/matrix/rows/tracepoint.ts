import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  {
    probe: 'tracepoint',
    form: 'a system call and its arguments',
    script: 'tracepoint:syscalls:sys_enter_openat /pid == cpid/ { @[(int32)args.dfd, str(args.filename)] = count(); }',
    actions: ['open'],
    expect: /^@\[-100, \/nonexistent\/matrix\]: 3$/m,
  },
  {
    probe: 'tracepoint',
    form: 'what a system call returns',
    script: 'tracepoint:syscalls:sys_exit_openat /pid == cpid && args.ret < 0/ { @[args.ret] = count(); }',
    actions: ['open'],
    expect: '@[-2]: 3',
  },
  {
    probe: 'tracepoint',
    form: 'many system calls, told apart',
    script: 'tracepoint:syscalls:sys_enter_sched_* /pid == cpid/ { @[probe, args.__syscall_nr] = count(); }',
    actions: ['calls'],
    expect: /^@\[tracepoint:syscalls:sys_enter_sched_get_priority_max, \d+\]: 250$/,
  },
  {
    probe: 'tracepoint',
    form: 'all system calls',
    script: 'tracepoint:raw_syscalls:sys_enter /pid == cpid && args.id == 146/ { @ = count(); }',
    actions: ['calls'],
    expect: '@: 250',
  },
  {
    probe: 'tracepoint',
    form: 'a name as key, which is one key however long names before it were',
    script: 'tracepoint:syscalls:sys_enter_sched_get_priority_max /pid == cpid/ { @[comm, args.policy] = count(); }',
    actions: ['calls'],
    expect: '@[workload, 3]: 250',
  },
  {
    probe: 'tracepoint',
    form: 'a record on a kernel that tells no types',
    script: 'tracepoint:sched:sched_process_fork /args.parent_pid == cpid/ { @[str(args.parent_comm)] = count(); }',
    options: ['--no-feature', 'btf'],
    actions: ['fork'],
    expect: '@[workload]: 2',
  },
  {
    probe: 'tracepoint',
    form: 'a field of a record',
    script:
      'tracepoint:sched:sched_process_fork /args.parent_pid == cpid/ { @[args.child_pid > args.parent_pid] = count(); }',
    actions: ['fork'],
    expect: '@[true]: 2',
  },
  {
    probe: 'tracepoint',
    form: 'several events, told apart',
    script: 'tracepoint:sched:sched_process_e* /pid == cpid/ { @[probe] = count(); }',
    actions: ['fork'],
    expect: /^@\[tracepoint:sched:sched_process_exec\]: 1$/m,
  },
  {
    probe: 'tracepoint',
    form: 'the kernel and the user stack',
    script: `tracepoint:sched:sched_process_fork /pid == cpid/ { @k[kstack(64)] = count(); @u[ustack(8)] = count(); }`,
    actions: ['fork'],
    expect: [
      /^ +(?:__do_sys_|__x64_sys_|__se_sys_)fork\+\d+$/m,
      /^@u\[\n +own_fork\+\d+@\S+\/basics\.c:\d+\n +action_fork\+\d+@\S+\/basics\.c:\d+\n +main\+\d+@\S+\/main\.c:\d+\n/m,
    ],
  },
  {
    probe: 'rawtracepoint',
    form: 'arguments by number',
    script: 'rawtracepoint:sys_enter /pid == cpid && arg1 == 146/ { @[((struct pt_regs *)arg0).di] = count(); }',
    actions: ['calls'],
    expect: '@[3]: 250',
  },
  {
    probe: 'rawtracepoint',
    form: 'arguments by name, with their types',
    script:
      'rawtracepoint:sched_process_fork /pid == cpid/ { @[args.parent.tgid == cpid, args.child.tgid == cpid] = count(); }',
    actions: ['fork'],
    expect: '@[true, false]: 2',
  },
  {
    probe: 'rawtracepoint',
    form: 'several events, told apart',
    script: 'rawtracepoint:sched_process_e* /pid == cpid/ { @[probe] = count(); }',
    actions: ['fork'],
    expect: /^@\[rawtracepoint:vmlinux:sched_process_exec\]: 1$/m,
  },
];
