import type { Row } from '../row.ts';

const base = { needs: ['kprobe'], refusal: /This kernel can't run kret?probes|This kernel can't run kprobes/ } as const;

export const rows: readonly Row[] = [
  {
    ...base,
    probe: 'kprobe',
    form: 'a function and its arguments',
    script: 'kprobe:do_sys_openat2 /pid == cpid/ { @[(int32)arg0, str(arg1)] = count(); }',
    actions: ['open'],
    expect: /^@\[-100, \/nonexistent\/matrix\]: 3$/m,
  },
  {
    ...base,
    probe: 'kprobe',
    form: 'the kernel stack and the function',
    script:
      'kprobe:do_sys_openat2 /pid == cpid && str(arg1) == "/nonexistent/matrix"/ { @[func, kstack(2)] = count(); }',
    actions: ['open'],
    expect: /^@\[do_sys_openat2, \n +do_sys_openat2\+\d+\n +__x64_sys_openat\+\d+\n\]: 3$/,
  },
  {
    ...base,
    probe: 'kprobe',
    form: 'a function and its name as keys',
    script: 'kprobe:__x64_sys_sched_get_priority_max { @[func, comm] = count(); }',
    actions: ['calls'],
    expect: '@[__x64_sys_sched_get_priority_max, workload]: 250',
  },
  {
    ...base,
    probe: 'kprobe',
    form: 'a function on a kernel that tells no types',
    script: 'kprobe:do_sys_openat2 /pid == cpid/ { @[str(arg1)] = count(); }',
    options: ['--no-feature', 'btf'],
    actions: ['open'],
    expect: /^@\[\/nonexistent\/matrix\]: 3$/m,
  },
  {
    ...base,
    probe: 'kprobe',
    form: 'many functions, told apart',
    script: 'kprobe:__x64_sys_sched_get_priority_* /pid == cpid/ { @[probe] = count(); }',
    actions: ['calls'],
    expect: '@[kprobe:__x64_sys_sched_get_priority_max]: 250',
  },
  {
    ...base,
    probe: 'kprobe',
    form: 'a function of a module',
    script: 'kprobe:overlay:ovl_open /pid == cpid/ { @ = count(); }',
    actions: ['open'],
    expect: /^@: [1-9]\d*$/,
  },
  {
    ...base,
    probe: 'kretprobe',
    form: 'what a function returns',
    script: 'kretprobe:do_sys_openat2 /pid == cpid && (int32)retval < 0/ { @[(int32)retval] = count(); }',
    actions: ['open'],
    expect: '@[-2]: 3',
  },
  {
    ...base,
    probe: 'kretprobe',
    form: 'many functions, told apart',
    script: 'kretprobe:__x64_sys_sched_get_priority_* /pid == cpid/ { @[probe, (int32)retval] = count(); }',
    actions: ['calls'],
    expect: '@[kretprobe:__x64_sys_sched_get_priority_max, 0]: 250',
  },
];
