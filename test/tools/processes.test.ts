import { toolTest } from './support.ts';

toolTest({
  tool: 'execsnoop',
  title: 'programs that one shell starts',
  args: ['-P', 'PID'],
  workload: '/bin/echo one "two three" >/dev/null; /bin/true -x; :',
  expect: [
    /^PCOMM +PID +PPID +RET ARGS$/m,
    /^echo +\d+ +<pid> +0 \/bin\/echo one two three *$/m,
    /^true +\d+ +<pid> +0 \/bin\/true -x *$/m,
  ],
});

toolTest({
  tool: 'execsnoop',
  title: 'calls that failed too, with the time and the user',
  args: ['-TUx', '-P', 'PID'],
  workload: '(exec /sonde/no-such-program first); /bin/true; :',
  expect: [/^\d\d:\d\d:\d\d 0 +sh +\d+ +<pid> +-2 \/sonde\/no-such-program first *$/m],
  example: false,
});

toolTest({
  tool: 'exitsnoop',
  title: 'how processes end',
  args: ['-n', 'sleep'],
  workload: 'sleep 0.3 & sleep 9 & P=$!; sleep 0.4; kill -TERM $P; wait; sleep x; :',
  expect: [
    /^PCOMM +PID +PPID +TID +AGE\(s\) +EXIT_CODE$/m,
    /^sleep +(\d+) +<pid> +\1 +0\.[3-9]\d\d code 0$/m,
    /^sleep +(\d+) +<pid> +\1 +\d+\.\d{3} signal 15$/m,
    /^sleep +(\d+) +<pid> +\1 +\d+\.\d{3} code 1$/m,
  ],
});

toolTest({
  tool: 'killsnoop',
  title: 'signals that a shell sends',
  args: ['-p', 'PID'],
  workload: 'sleep 9 & kill -USR1 $!; kill -0 999999; :',
  expect: [/^\d\d:\d\d:\d\d +<pid> +sh +10 +\d+ +0$/m, /^\d\d:\d\d:\d\d +<pid> +sh +0 +999999 +-3$/m],
});

toolTest({
  tool: 'sigsnoop',
  title: 'signals from a shell, and one that the kernel sends when it ends',
  args: ['-p', 'PID'],
  workload: 'sleep 9 & kill -USR1 $!; :',
  expect: [/^\d\d:\d\d:\d\d +<pid> +sh +10 +\d+ +\S+ +delivered$/m, /^\d\d:\d\d:\d\d +<pid> +sh +17 +\d+ +\S+ +\w+/m],
});

toolTest({
  tool: 'pidpersec',
  title: 'processes made each second',
  workload: 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done; sleep 2.2',
  expect: [/^TIME +PIDs\/s$/m, /^\d\d:\d\d:\d\d \d+$/m],
  check: (output) => {
    const made = [...output.matchAll(/^\d\d:\d\d:\d\d (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
    if (made < 10) throw new Error(`ten processes were made, ${made} counted\n${output}`);
  },
});

toolTest({
  tool: 'naptime',
  title: 'how long a process sleeps',
  args: ['-n', 'sleep'],
  workload: 'sleep 0.25; :',
  expect: [/^\d\d:\d\d:\d\d +<pid> +sh +\d+ +sleep +0\.250$/m],
});

toolTest({
  tool: 'setuids',
  title: 'a process that gives up its rights',
  args: ['-p', 'PID'],
  workload: 'exec setpriv --reuid 65534 --clear-groups true',
  expect: [/^\d\d:\d\d:\d\d <pid> +setpriv +0 +setresuid ruid=65534 euid=65534 suid=\S+ \(0\)$/m],
});

toolTest({
  tool: 'threadsnoop',
  title: 'a thread that python makes',
  args: ['-p', 'PID'],
  workload: "exec python3 -Sc 'import threading; t = threading.Thread(target=id, args=(1,)); t.start(); t.join()'",
  expect: [/^\d\d:\d\d:\d\d\.\d{6} <pid> +python3 +\S+$/m],
});
