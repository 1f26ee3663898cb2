import { toolTest } from './support.ts';

const python = (code: string): string => `exec python3 -Sc '${code}'`;

toolTest({
  tool: 'shmsnoop',
  title: 'a segment that is made, attached, left and removed',
  args: ['-p', 'PID'],
  workload: python(
    'import ctypes; c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p; i = c.shmget(0, 8192, 0o600); p = c.shmat(i, None, 0); c.shmdt(ctypes.c_void_p(p)); c.shmctl(i, 0, None)',
  ),
  expect: [
    /^<pid> +python3 +shmget +[\da-f]+ key: 0x0, size: 8192, shmflg: 0x180$/m,
    /^<pid> +python3 +shmat +7f[\da-f]+ shmid: 0x[\da-f]+, shmaddr: 0x0, shmflg: 0x0$/m,
    /^<pid> +python3 +shmdt +0 shmaddr: 0x7f[\da-f]+$/m,
    /^<pid> +python3 +shmctl +0 shmid: 0x[\da-f]+, cmd: 0, buf: 0x0$/m,
  ],
});

toolTest({
  tool: 'slabratetop',
  title: 'a second of the kernel',
  args: ['1'],
  workload: 'for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done; sleep 1.2',
  expect: [
    /^\d\d:\d\d:\d\d\n(@allocations\[.+\]: \d+\n)+(@bytes\[.+\]: \d+\n)+/m,
    /^@allocations\[task_struct\]: \d+$/m,
  ],
});

toolTest({
  tool: 'compactsnoop',
  title: 'a compaction of all memory',
  args: ['-p', 'PID'],
  workload: python('open("/proc/sys/vm/compact_memory", "w").write("1")'),
  expect: [/^python3 +<pid> +\d+ +\d+ +sync +\d+\.\d{3} \d+$/m],
});

toolTest({
  tool: 'cachestat',
  title: 'a file that is read again and again',
  needs: 'kprobes',
  args: ['1'],
  workload: python(
    'import os, time\nf = os.open("/etc/services", 0)\nfor i in range(500): os.pread(f, 100, 0)\ntime.sleep(1.2)',
  ),
  expect: [/^\d\d:\d\d:\d\d +\d{3,} +\d+ +\d+ +\d+$/m],
});
