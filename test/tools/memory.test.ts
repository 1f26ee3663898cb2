import { existsSync } from 'node:fs';
import { loadTest, toolTest } from './support.ts';

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

const group = '/sys/fs/cgroup/memory/sonde-oomkill';

toolTest({
  tool: 'oomkill',
  title: 'a process that outgrows the memory of its group',
  skip: existsSync('/sys/fs/cgroup/memory') ? false : 'no memory controller of cgroup version 1',
  workload: `mkdir ${group}; echo 20M >${group}/memory.limit_in_bytes; echo $$ >${group}/cgroup.procs
python3 -Sc 'bytearray(100 << 20)'; echo $$ >/sys/fs/cgroup/memory/cgroup.procs; rmdir ${group}`,
  expect: [
    /^\d\d:\d\d:\d\d Triggered by PID (\d+) \("python3"\), OOM kill of PID \1 \("python3"\), \d+ KiB resident, loadavg: [\d.]+ /m,
  ],
});

toolTest({
  tool: 'oomkill',
  title: 'by the kernel function',
  needs: 'kprobes',
  setup:
    'echo +memory >/sys/fs/cgroup/cgroup.subtree_control; mkdir -p /sys/fs/cgroup/oom; echo 20M >/sys/fs/cgroup/oom/memory.max',
  workload: `echo $$ >/sys/fs/cgroup/oom/cgroup.procs; exec python3 -Sc 'bytearray(100 << 20)'`,
  expect: [
    /^\d\d:\d\d:\d\d Triggered by PID <pid> \("python3"\), OOM kill of PID <pid> \("python3"\), 5120 pages, loadavg: [\d.]+ /m,
  ],
  example: false,
});

toolTest({
  tool: 'swapin',
  title: 'a process that comes back to memory that was swapped out',
  needs: 'kprobes',
  setup:
    'mkswap /dev/vdb; swapon /dev/vdb; echo +memory >/sys/fs/cgroup/cgroup.subtree_control; mkdir -p /sys/fs/cgroup/swap; echo 20M >/sys/fs/cgroup/swap/memory.max',
  workload: `echo $$ >/sys/fs/cgroup/swap/cgroup.procs; exec python3 -Sc '
b = bytearray(40 << 20)
for round in range(3):
  for i in range(0, len(b), 4096): b[i] = round'; swapoff /dev/vdb`,
  expect: [/^\d\d:\d\d:\d\d\n(@swapins\[.*\n)*@swapins\[python3, <pid>\]: \d+$/m],
});

loadTest({ tool: 'drsnoop', reason: "it would take all of the machine's memory" });

toolTest({
  tool: 'drsnoop',
  title: 'a shell that asks for more huge pages than there are',
  needs: 'solitude',
  args: ['-p', 'PID'],
  workload: 'echo 900 >/proc/sys/vm/nr_hugepages; echo 0 >/proc/sys/vm/nr_hugepages',
  expect: [/^COMM +PID +LAT\(ms\) +PAGES$/m, /^sh +<pid> +\d+\.\d{3} +[1-9]\d*$/m],
});

toolTest({
  tool: 'cachetop',
  title: 'a file that one process reads again and again',
  needs: 'kprobes',
  args: ['-p', 'PID', '1'],
  workload: python(
    'import os, time\\nf = os.open("/etc/services", 0)\\nfor i in range(500): os.pread(f, 100, 0)\\ntime.sleep(1.2)',
  ),
  expect: [/^@touched\[<pid>, python3\]: \d{3,}$/m],
});

toolTest({
  tool: 'numamove',
  title: 'memory that follows its process to the other node',
  needs: 'nodes',
  setup:
    'cd /sys/kernel/debug/sched/numa_balancing; echo 20 >scan_delay_ms; echo 20 >scan_period_min_ms; echo 1 >/proc/sys/kernel/numa_balancing',
  workload: `exec python3 -Sc '
import os, time
os.sched_setaffinity(0, {0}); b = bytearray(8 << 20); os.sched_setaffinity(0, {1}); end = time.time() + 15
while time.time() < end:
  for i in range(0, len(b), 4096): b[i] = 1'`,
  expect: [/^TIME +MIGRATIONS +TOTAL\(us\)$/m, /^\d\d:\d\d:\d\d +[1-9]\d* +[1-9]\d*$/m],
});

toolTest({
  tool: 'readahead',
  title: 'a process that reads a disk from its beginning',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc '
import os
f = os.open("/dev/vdb", 0); os.posix_fadvise(f, 0, 0, 4)
for i in range(200): os.read(f, 4096)'`,
  atEnd: true,
  expect: [/^Folios read ahead: [1-9]\d*, used: [1-9]\d*, unused: \d+$/m, /^@age_ms:$/m],
});
