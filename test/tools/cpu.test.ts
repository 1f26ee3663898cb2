import { loadTest, toolTest, workloadSource } from './support.ts';

const spin = "exec python3 -Sc 'import time\nend = time.time() + 0.6\nwhile time.time() < end: pass'";
const rows = /(\[\S+(, \S+\))?\]? +\d+ \|[@ ]+\|\n)+/.source;

toolTest({
  tool: 'runqlat',
  title: 'waits of all threads while one spins',
  workload: spin,
  atEnd: true,
  expect: [new RegExp(`^@usecs:\\n${rows}`, 'm')],
});

toolTest({
  tool: 'runqlat',
  title: 'by name, every second',
  args: ['-N', '1'],
  workload: 'sleep 0.1; sleep 1.5',
  expect: [new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\n[\\s\\S]*^@name\\[sleep\\]:\\n${rows}`, 'm')],
  example: false,
});

toolTest({
  tool: 'runqslower',
  title: 'waits of more than a microsecond',
  args: ['-P', '-t', 'PID', '1'],
  workload: "exec python3 -Sc 'import time\nfor i in range(50): time.sleep(0.01)'",
  expect: [/^\d\d:\d\d:\d\d python3 +<pid> +\d+ \S.* \d+ *$/m],
});

toolTest({
  tool: 'runqlen',
  title: 'threads that wait, sampled while three spin on one CPU',
  args: ['-C'],
  workload:
    "exec taskset 1 python3 -Sc 'import os, time\nos.fork(); os.fork()\nend = time.time() + 0.8\nwhile time.time() < end: pass'",
  atEnd: true,
  expect: [/^@cpu\[0\]:\n[\s\S]*^\[[2-9]\] +\d+ \|/m],
});

toolTest({
  tool: 'cpudist',
  title: 'how long one thread runs at a time',
  args: ['-t', 'PID'],
  workload: spin,
  atEnd: true,
  expect: [new RegExp(`^@dist:\\n${rows}`, 'm')],
});

toolTest({
  tool: 'cpudist',
  title: 'how long one thread sleeps',
  args: ['-Omt', 'PID'],
  workload: "exec python3 -Sc 'import time\nfor i in range(3): time.sleep(0.3)'",
  atEnd: true,
  expect: [/^@dist:\n[\s\S]*^\[256, 512\) +[1-3] \|@* *\|$/m],
  example: false,
});

toolTest({
  tool: 'offcputime',
  title: 'where a process blocks that sleeps',
  args: ['-K', '-p', 'PID'],
  workload: 'exec sleep 0.3',
  atEnd: true,
  expect: [/^@us\[sleep, \n( +\S+\+\d+\n)* +(do_|common_|hrtimer_)nanosleep\S*\+\d+\n( +\S+\+\d+\n)+\]: 3\d{5}$/m],
});

toolTest({
  tool: 'wakeuptime',
  title: 'who wakes a thread that sleeps',
  args: ['-t', 'PID'],
  workload: 'exec sleep 0.3',
  atEnd: true,
  expect: [/^@us\[\S+, \n( +\S+\+\d+\n)* +hrtimer_wakeup\+\d+\n( +\S+\+\d+\n)+, sleep\]: 3\d{5}$/m],
});

toolTest({
  tool: 'profile',
  title: 'where a process spends its time',
  args: ['-U', '-p', 'PID'],
  workload: spin,
  atEnd: true,
  expect: [/^@\[python3, \n( +\S.*\n)+\]: \d+$/m],
});

toolTest({
  tool: 'cpuwalk',
  title: 'a process that may run on one CPU only',
  args: ['-p', 'PID'],
  workload: `taskset -p 2 $$ >/dev/null; ${spin}`,
  atEnd: true,
  expect: [/^@cpu:\n\[1\] +\d+ \|@+\|$/m],
});

toolTest({
  tool: 'hardirqs',
  title: 'interrupts while a file is written',
  workload: 'dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20 conv=fsync; rm /var/tmp/sonde-tools-$$',
  atEnd: true,
  expect: [/^@ns\[virtio\S+\]: \d+$/m],
});

toolTest({
  tool: 'softirqs',
  title: 'half a second',
  workload: 'sleep 0.5',
  atEnd: true,
  expect: [/^@ns\[timer\]: \d+$/m, /^@ns\[rcu\]: \d+$/m],
});

toolTest({
  tool: 'softirqs',
  title: 'how often they come, as text of an interval',
  args: ['-C', '1', '1'],
  workload: 'sleep 1.3',
  atEnd: true,
  expect: [/^\d\d:\d\d:\d\d\n(@count\[\w+\]: \d+\n)*@count\[sched\]: \d+\n/m],
  example: false,
});

toolTest({
  tool: 'softirqslower',
  title: 'those that take a microsecond or more',
  args: ['1'],
  workload: 'sleep 0.5',
  expect: [/^\d\d:\d\d:\d\d \d +\w+ +(waiting|running) +\d+$/m],
});

toolTest({
  tool: 'offwaketime',
  title: 'where a process sleeps, and who wakes it',
  args: ['-p', 'PID'],
  workload: 'exec sleep 0.3',
  atEnd: true,
  expect: [/^@us\[\S+, \n[^@]* +hrtimer_wakeup\+\d+\n[^@]*, sleep, \n[^[]*nanosleep\S*\+\d+\S*\n[^[]*\]: 3\d{5}$/m],
});

toolTest({
  tool: 'wqlat',
  title: 'a second of the work queues, by function',
  args: ['-F'],
  workload: 'sleep 1',
  atEnd: true,
  expect: [new RegExp(`^@function\\[\\w+\\]:\\n${rows}`, 'm')],
});

loadTest({ tool: 'cpufreq', reason: 'the frequency of virtual CPUs never changes' });

loadTest({ tool: 'kvmexit', reason: 'no virtual machine runs on this kernel itself' });

toolTest({
  tool: 'kvmexit',
  title: 'a small virtual machine that writes 100 times to a port',
  needs: 'kvm',
  setup: `modprobe kvm_amd nested=0 || modprobe kvm_intel; gcc -O1 -o machine ${workloadSource('machine.c')}`,
  args: ['-p', 'PID'],
  workload: 'exec ./machine',
  atEnd: true,
  // SVM_EXIT_IOIO or EXIT_REASON_IO_INSTRUCTION
  expect: [/^@exits\[<pid>, machine, (?:123|30)\]: 100$/m],
});

loadTest({ tool: 'numasched', reason: 'there is one NUMA node' });

toolTest({
  tool: 'numasched',
  title: 'a process that is moved to a CPU of the other node',
  needs: 'nodes',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc '
import os, time
for cpu in (0, 1): os.sched_setaffinity(0, {cpu}); time.sleep(0.2)'`,
  expect: [/^TIME +PID +TID +SRC_NID +DST_NID +COMM$/m, /^\d\d:\d\d:\d\d <pid> +<pid> +0 +1 +python3$/m],
});

loadTest({
  tool: 'llcstat',
  reason: 'a virtual machine without counters of its cache',
  ends: { status: 0, stderr: /^(WARNING: .*cache-.*\nHINT: .*\n|WARNING: perf_event_open .*\n)*$/ },
});

toolTest({
  tool: 'cpuunclaimed',
  title: 'three busy processes that are bound to one CPU',
  args: ['1'],
  workload: `exec python3 -Sc '
import os, time
os.sched_setaffinity(0, {0}); os.fork(); os.fork()
end = time.time() + 2.5
while time.time() < end: pass'`,
  expect: [/^TIME +CPU% +UNCLAIMED%$/m, /^\d\d:\d\d:\d\d +[1-9]\d+\.\d\d +\d+\.\d\d$/m],
});
