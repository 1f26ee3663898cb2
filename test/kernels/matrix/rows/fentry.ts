import type { Row } from '../row.ts';

const base = {
  needs: ['fentry'],
  refusal: /(?:fentry|fexit) can't be attached: this kernel doesn't let programs hook into its functions/,
  actions: ['open'],
} as const;

export const rows: readonly Row[] = [
  {
    ...base,
    probe: 'fentry',
    form: 'a function and its typed arguments',
    script:
      'fentry:do_sys_openat2 /pid == cpid/ { @[probe, args.dfd, str(uptr(args.filename)), args.how->flags] = count(); }',
    expect: /^@\[fentry:vmlinux:do_sys_openat2, -100, \/nonexistent\/matrix, \d+\]: 3$/m,
  },
  {
    ...base,
    probe: 'fentry',
    form: 'the kernel stack',
    script:
      'fentry:do_sys_openat2 /pid == cpid && str(uptr(args.filename)) == "/nonexistent/matrix"/ { @[kstack(2)] = count(); }',
    expect: /^@\[\n +do_sys_openat2\+\d+\n +__x64_sys_openat\+\d+\n\]: 3$/,
  },
  {
    ...base,
    probe: 'fentry',
    form: 'several functions, told apart',
    script: 'fentry:vmlinux:__x64_sys_sched_get_priority_* /pid == cpid/ { @[probe, args.regs->di] = count(); }',
    actions: ['calls'],
    expect: '@[fentry:vmlinux:__x64_sys_sched_get_priority_max, 3]: 250',
  },
  {
    ...base,
    probe: 'fentry',
    form: 'a function of a module, and fields behind its arguments',
    script:
      'fentry:overlay:ovl_open /pid == cpid/ { @[probe, str(args.file.f_path.dentry.d_name.name), args.inode->i_size > 0] = count(); }',
    expect: /^@\[fentry:overlay:ovl_open, passwd, true\]: 1$/m,
  },
  {
    ...base,
    probe: 'fexit',
    form: 'arguments and what a function returns',
    script:
      'fexit:do_sys_openat2 /pid == cpid && (int32)retval < 0/ { @[args.dfd, str(uptr(args.filename)), (int32)retval] = count(); }',
    expect: '@[-100, /nonexistent/matrix, -2]: 3',
  },
];
