import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { folder, toolTest } from './support.ts';

const python = (code: string): string => `exec python3 -Sc '${code}'`;
const rows = /(\[\S+(, \S+\))?\]? +\d+ \|[@ ]+\|\n)+/.source;
const openssl = existsSync('/usr/bin/openssl') || process.env['CI'] === 'true' ? false : 'needs openssl';

toolTest({
  tool: 'funccount',
  title: 'calls of a system call',
  args: ['-p', 'PID', 't:syscalls:sys_enter_getp*'],
  workload: python('import os\nfor i in range(300): os.getppid()'),
  atEnd: true,
  expect: [/^@\[tracepoint:syscalls:sys_enter_getppid\]: 30\d$/m],
});

toolTest({
  tool: 'funccount',
  title: 'kernel functions by a wildcard',
  needs: 'kprobes',
  args: ['-p', 'PID', 'vfs_rea*'],
  workload: python('import os\nf = os.open("/dev/zero", 0)\nfor i in range(300): os.read(f, 1)'),
  atEnd: true,
  expect: [/^@\[vfs_read\]: 3\d\d$/m],
});

toolTest({
  tool: 'stackcount',
  title: 'paths to a wakeup',
  args: ['-K', '-p', 'PID', 't:sched:sched_wakeup'],
  workload: python(
    'import os, time\na, b = os.pipe()\nchild = os.fork() == 0\nfor i in range(5):\n  if child: os.read(a, 1)\n  else: time.sleep(0.1); os.write(b, b"x")\nif not child: os.wait()',
  ),
  atEnd: true,
  expect: [/^@\[\n( +\S+\+\d+\n)* +vfs_write\+\d+\n( +\S+\+\d+\n)+\]: \d+$/m],
});

toolTest({
  tool: 'funclatency',
  title: "how long a library's function takes",
  args: ['-u', '-p', 'PID', 'p:libc:usleep'],
  workload: python('import ctypes\nc = ctypes.CDLL(None)\nfor i in range(5): c.usleep(20000)'),
  atEnd: true,
  expect: [/^@us:\n\[16K, 32K\) +5 \|@+\|$/m],
});

toolTest({
  tool: 'funclatency',
  title: 'a kernel function',
  needs: 'kprobes',
  args: ['-F', '-p', 'PID', 'vfs_read'],
  workload: python('import os\nf = os.open("/dev/zero", 0)\nfor i in range(300): os.read(f, 1)'),
  atEnd: true,
  expect: [new RegExp(`^@ns\\[vfs_read\\]:\\n${rows}`, 'm')],
  example: false,
});

toolTest({
  tool: 'funcslower',
  title: "calls of a library's function of 15 ms and more",
  args: ['-m', '15', '-a', '1', '-p', 'PID', 'p:libc:usleep'],
  workload: python('import ctypes\nc = ctypes.CDLL(None)\nc.usleep(20000); c.usleep(1000)'),
  expect: [/^COMM +PID +LAT\(us\) +RVAL FUNC ARGS$/m, /^python3 +<pid> +2\d{4} +0 usleep 0x4e20$/m],
  never: [/0x3e8/],
});

toolTest({
  tool: 'trace',
  title: 'files that a process opens to write',
  args: ['-p', 'PID', 't:syscalls:sys_enter_openat (args.flags & 1) "%s %o", str(args.filename), args.flags'],
  workload: python('import os; os.open("/dev/null", 1)'),
  expect: [
    /^PID +TID +COMM +PROBE$/m,
    /^<pid> +<pid> +python3 +tracepoint:syscalls:sys_enter_openat \/dev\/null 2000001$/m,
  ],
});

toolTest({
  tool: 'trace',
  title: 'no more than three lines, with times and CPU',
  args: ['-TtC', '-M', '3', '-n', 'python3', '-p', 'PID', 't:syscalls:sys_enter_getppid'],
  workload: python('import os, time\nfor i in range(9): os.getppid(); time.sleep(0.05)'),
  expect: [
    /^(\d\d:\d\d:\d\d +\d+\.\d{6} \d +<pid> +<pid> +python3 +tracepoint:syscalls:sys_enter_getppid *\n){3}(?!\d)/m,
  ],
  example: false,
});

toolTest({
  tool: 'argdist',
  title: 'how much each write of a process writes',
  args: ['-p', 'PID', 't:syscalls:sys_enter_write', 'args.count'],
  workload: python(
    'import os\nf = os.open("/dev/null", 1)\nfor i in range(7): os.write(f, b"x" * 300)\nos.write(f, b"y")',
  ),
  atEnd: true,
  expect: [/^@\[1\]: 1$/m, /^@\[300\]: 7$/m],
});

toolTest({
  tool: 'argdist',
  title: 'as a histogram, of some values only',
  args: ['-H', '-p', 'PID', 't:syscalls:sys_exit_write', 'args.ret', 'args.ret > 1'],
  workload: python(
    'import os\nf = os.open("/dev/null", 1)\nfor i in range(7): os.write(f, b"x" * 300)\nos.write(f, b"y")',
  ),
  atEnd: true,
  expect: [/^@:\n(.*\n)?\[256, 512\) +7 \|@+\|$/m],
});

toolTest({
  tool: 'bashreadline',
  title: 'a line that is typed in a bash of ours',
  workload: `exec python3 -Sc '
import os, pty, time
pid, terminal = pty.fork()
if pid == 0: os.execv("/bin/bash", ["bash", "--norc", "-i"])
time.sleep(0.6); os.write(terminal, b": hello, sonde\\n"); time.sleep(0.5); os.write(terminal, b"exit\\n"); time.sleep(0.2)'`,
  expect: [/^\d\d:\d\d:\d\d +\d+ +: hello, sonde$/m],
});

const talk = `cd $FOLDER; openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 1 -subj /CN=localhost 2>/dev/null
sleep 5 | openssl s_server -quiet -accept 15443 -key k.pem -cert c.pem -naccept 1 & sleep 0.5
(echo hello, sonde; sleep 0.3) | openssl s_client -quiet -connect 127.0.0.1:15443; kill %1; wait`;

toolTest({
  tool: 'sslsniff',
  title: 'a line that goes to a server of ours',
  args: ['-c', 'openssl'],
  skip: openssl,
  workload: talk,
  expect: [
    /^WRITE\/SEND +\d+\.\d{6} openssl +\d+ +13\n----- DATA -----\nhello, sonde\\x0a\n----- END DATA -----$/m,
    /^READ\/RECV +\d+\.\d{6} openssl +\d+ +13\n----- DATA -----\nhello, sonde\\x0a\n/m,
  ],
});

toolTest({
  tool: 'sslsnoop',
  title: 'calls of a client and a server of ours',
  skip: openssl,
  workload: talk,
  expect: [/^\d+ +\d+ +openssl +\d+ +13 SSL_write$/m, /^\d+ +\d+ +openssl +\d+ +13 SSL_read$/m],
});

toolTest({
  tool: 'ssllatency',
  title: 'latencies of a client and a server of ours',
  skip: openssl,
  workload: talk,
  atEnd: true,
  expect: [
    new RegExp(`^@us\\[SSL_write\\]:\\n${rows}`, 'm'),
    /^@stats\[SSL_write\]: \{ \.count = \d+, \.average = \d+, \.total = \d+ \}$/m,
  ],
});

const leak = join(folder, 'leak');
execFileSync('gcc', [
  '-O1',
  '-g0',
  '-fno-omit-frame-pointer',
  '-o',
  leak,
  join(import.meta.dirname, 'workloads/leak.c'),
]);

toolTest({
  tool: 'memleak',
  title: 'ten blocks that a program keeps',
  args: ['-p', 'PID', '-z', '400'],
  workload: `exec ${leak}`,
  endAfterMs: 1200,
  atEnd: true,
  expect: [/^@leaked_bytes\[\n( +\S.*\n)* +sonde_leaks\+\d+\n( +\S.*\n)*\]: 10000$/m],
});

toolTest({
  tool: 'funcinterval',
  title: 'the time between calls of a process',
  args: ['-m', '-p', 'PID', 't:syscalls:sys_enter_getppid'],
  workload: python('import os, time\nfor i in range(6): os.getppid(); time.sleep(0.02)'),
  atEnd: true,
  expect: [/^@interval:\n\[16, 32\) +5 \|@+\|$/m],
});

toolTest({
  tool: 'bpflist',
  title: 'a tracer that runs meanwhile',
  workload: () => {},
  atEnd: true,
  endAfterMs: 100,
  expect: [/^PID +COMM +TYPE +COUNT$/m, /^\d+ +sonde +prog +[1-9]\d*$/m, /^\d+ +sonde +map +[1-9]\d*$/m],
  example: false,
});

toolTest({
  tool: 'ksnoop',
  title: 'a read, with what the function gets and returns',
  needs: 'kprobes',
  args: ['-p', 'PID', 'vfs_read'],
  workload: python('import os; f = os.open("/dev/zero", 0); os.read(f, 77)'),
  expect: [
    /^TIME\(us\) +CPU +PID +COMM +FUNCTION$/m,
    /^\d+ +\d+ +<pid> +python3 +-> vfs_read \{.*\.count = 77,.*\}$/m,
    /^\d+ +\d+ +<pid> +python3 +<- vfs_read 77$/m,
  ],
});
