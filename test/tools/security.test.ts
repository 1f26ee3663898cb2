import { toolTest } from './support.ts';

toolTest({
  tool: 'capable',
  title: 'capabilities that are checked while a process changes its root directory',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc 'import os; os.chroot("/")'`,
  expect: [/^\d\d:\d\d:\d\d +0 +<pid> +python3 +18 +CAP_SYS_CHROOT +[01]$/m],
});

toolTest({
  tool: 'capable',
  title: 'by the kernel function',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc 'import os; os.chroot("/")'`,
  expect: [/^TIME +UID +PID +COMM +CAP +NAME +AUDIT$/m, /^\d\d:\d\d:\d\d +0 +<pid> +python3 +18 +CAP_SYS_CHROOT +1$/m],
  example: false,
});
