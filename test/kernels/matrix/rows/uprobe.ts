import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  {
    probe: 'uprobe',
    form: 'a function and its arguments',
    script: 'uprobe:WORKLOAD:add_numbers { @[func, (int32)arg0, (int32)arg1] = count(); }',
    actions: ['add'],
    expect: '@[add_numbers, 3, 4]: 5',
  },
  {
    probe: 'uprobe',
    form: 'many functions, told apart',
    script: 'uprobe:WORKLOAD:*dd*_* , uprobe:WORKLOAD:midd* { @[probe] = count(); }',
    actions: ['add'],
    expect: /^@\[uprobe:WORKLOAD:add_numbers\]: 5\n@\[uprobe:WORKLOAD:middle\]: 5$/,
  },
  {
    probe: 'uprobe',
    form: 'the user stack',
    script: 'uprobe:WORKLOAD:level_3 { @[ustack(8)] = count(); }',
    actions: ['descend'],
    expect:
      /^@\[\n +level_3\+\d+@\S+\/basics\.c:\d+\n( +level_2\+\d+@\S+\/basics\.c:\d+\n)? +level_1\+\d+@\S+\/basics\.c:\d+\n +level_0\+\d+@\S+\/basics\.c:\d+\n +action_descend\+\d+@\S+\/basics\.c:\d+\n +main\+\d+@\S+\/main\.c:\d+\n/,
  },
  {
    probe: 'uprobe',
    form: 'a function of a library by its short name',
    script: 'uprobe:libc:usleep /pid == cpid/ { @[arg0] = count(); }',
    actions: ['sleep'],
    expect: /^@\[300000\]: 1$/m,
  },
  {
    probe: 'uprobe',
    form: 'a function on a kernel that tells no types',
    script: 'uprobe:WORKLOAD:add_numbers { @[comm, (int32)arg1, reg("ip") > 0] = count(); }',
    options: ['--no-feature', 'btf'],
    actions: ['add'],
    expect: '@[workload, 4, true]: 5',
  },
  {
    probe: 'uretprobe',
    form: 'what a function returns',
    script: 'uretprobe:WORKLOAD:add_numbers { @[func, (int32)retval] = count(); }',
    actions: ['add'],
    expect: '@[add_numbers, 7]: 5',
  },
  {
    probe: 'uretprobe',
    form: 'many functions, told apart',
    script:
      'uretprobe:WORKLOAD:add_*, uretprobe:WORKLOAD:middle, uretprobe:WORKLOAD:outer { @[probe, (int32)retval] = count(); }',
    actions: ['add'],
    expect:
      '@[uretprobe:WORKLOAD:add_numbers, 7]: 5\n@[uretprobe:WORKLOAD:middle, 8]: 5\n@[uretprobe:WORKLOAD:outer, 9]: 5',
  },
];
