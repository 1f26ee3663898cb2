/** Tools that look into language runtimes: real ones, where they are installed, and what tells the same as Java's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, inGuest, toolTest } from './support.ts';

const skipPython = hasNotes('/usr/bin/python3') || process.env['CI'] === 'true' ? false : 'no python3 with USDT probes';
const isAbsent = !makeJava();
const standIn = makeStandIn();
const java = `exec java -XX:+ExtendedDTraceProbes -Xint -cp ${folder} Hot`;
const python = (code: string): string => `exec python3 -Sc '${code}'`;

function hasNotes(path: string): boolean {
  return existsSync(path) && readFileSync(path).includes('stapsdt\0');
}

function makeJava(): boolean {
  if (inGuest) return false;
  return spawnSync('javac', ['-d', folder, join(import.meta.dirname, 'workloads/Hot.java')]).status === 0;
}

/** A program with the names and the probes of Java's virtual machine. Returns its command. */
function makeStandIn(): string {
  const workloads = join(import.meta.dirname, 'workloads');
  const [library, program] = [join(folder, 'libjvm.so'), join(folder, 'java')];
  if (!inGuest) {
    execFileSync('gcc', ['-O1', '-g0', '-shared', '-fPIC', '-o', library, join(workloads, 'hotspot.c'), '-lpthread']);
    execFileSync('gcc', ['-O1', '-g0', '-o', program, join(workloads, 'java.c'), library]);
  }
  return `exec ${program}`;
}

toolTest({
  tool: 'ucalls',
  title: 'functions of a Python program',
  args: ['PID'],
  maps: 'python3',
  skip: skipPython,
  workload: python('def inner(): pass\ndef outer():\n  for i in range(3): inner()\ninput(); outer(); outer()'),
  atEnd: true,
  expect: [/^@calls\[<string>, outer\]: 2$/m, /^@calls\[<string>, inner\]: 6$/m],
});

toolTest({
  tool: 'ucalls',
  title: 'methods of a Java program, with their time',
  args: ['-L', '-T', '4', 'PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  atEnd: true,
  expect: [/^@calls\[Hot, outer\]: 2000$/m, /^@time\[java\/lang\/Thread, sleep\]: 12\d{5}$/m],
});

toolTest({
  tool: 'ucalls',
  title: 'system calls of any program, with their time',
  args: ['-l', 'none', '-L', 'PID'],
  workload: python('import os\nfor i in range(300): os.getppid()'),
  atEnd: true,
  expect: [/^@syscalls\[getppid\]: 300$/m, /^@syscall_time\[getppid\]: \d+$/m],
});

toolTest({
  tool: 'uflow',
  title: 'the calls of a Python program',
  args: ['PID'],
  maps: 'python3',
  skip: skipPython,
  workload: python('def inner(): pass\ndef outer(): inner()\ninput(); outer()'),
  expect: [
    /^CPU PID +TID +TIME\(us\) +METHOD$/m,
    // CPython 3.11 tells of no entries.
    /^\d+ +<pid> +<pid> +\d+ +<- <string>\.inner\n(.*-> .*\n)*\d+ +<pid> +<pid> +\d+ +<- <string>\.outer$/m,
  ],
  example: false,
});

toolTest({
  tool: 'uflow',
  title: 'methods of one class of a Java program',
  args: ['-C', 'Hot', 'PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  expect: [
    /^CPU PID +TID +TIME\(us\) +METHOD$/m,
    /-> Hot\.outer\n\d+ +<pid> .* {4}-> Hot\.inner\n\d+ +<pid> .* {6}-> Hot\$Thing\.<init>\n.*<- Hot\$Thing\.<init>\n.* {4}<- Hot\.inner\n.*<- Hot\.outer$/m,
  ],
  never: [/String/],
});

toolTest({
  tool: 'uflow',
  title: 'one method',
  args: ['-M', 'inn', 'PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  expect: [/^(\d+ +<pid> +\d+ +\d+ +-> Hot\.inner\n\d+ +<pid> +\d+ +\d+ +<- Hot\.inner\n){50}/m],
  never: [/outer/],
  example: false,
});

toolTest({
  tool: 'ugc',
  title: 'collections of a Python program',
  args: ['-F', 'generation 2', 'PID'],
  maps: 'python3',
  skip: skipPython,
  workload: python('import gc; input(); gc.collect(0); gc.collect()'),
  expect: [/^START\(us\) +TID +TIME\(us\) +DESCRIPTION$/m, /^\d+ +<pid> +\d+ +generation 2$/m],
  never: [/generation 0/],
});

toolTest({
  tool: 'ugc',
  title: 'collections of a Java program',
  args: ['PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  expect: [/^(\d+ +\d+ +\d+ +full\n){3}/m],
});

toolTest({
  tool: 'javagc',
  title: 'three full collections',
  args: ['PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  expect: [/^TIME +CPU +PID +GC +POOL +TIME\(us\)$/m, /^\d\d:\d\d:\d\d \d+ +<pid> +\S.* Metaspace +\d+$/m],
});

toolTest({
  tool: 'uobjnew',
  title: 'objects of a Java program',
  args: ['-C', '3', 'PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  atEnd: true,
  expect: [/^@objects\[Hot\$Thing\]: 2000$/m],
});

toolTest({
  tool: 'uobjnew',
  title: 'blocks that a C program asks for',
  args: ['-l', 'c', '-S', '1', 'PID'],
  workload: python('import ctypes; c = ctypes.CDLL(None)\nfor i in range(9): c.malloc(5000011)'),
  atEnd: true,
  expect: [/^@objects\[5000011\]: 9$/m, /^@bytes\[5000011\]: 45000099$/m],
  example: false,
});

toolTest({
  tool: 'uthreads',
  title: 'a thread of a Java program',
  args: ['PID'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  expect: [/^TIME +TID +TYPE +DESCRIPTION$/m, /^\S+ +\d+ +start +sonde-thread$/m, /^\S+ +\d+ +stop +sonde-thread$/m],
});

toolTest({
  tool: 'uthreads',
  title: 'a thread of a C program',
  args: ['-l', 'c', 'PID'],
  workload: python('import threading; threading.Thread(target=print).start()'),
  expect: [/^\d\d:\d\d:\d\d\.\d{6} <pid> +pthread +\S+$/m],
  example: false,
});

toolTest({
  tool: 'ustat',
  title: 'one Java program',
  args: ['-p', 'PID', '1'],
  maps: 'libjvm.so',
  isAbsent,
  workload: java,
  standIn,
  expect: [
    /^TIME +PID +COMM +METHOD\/s +GC\/s +OBJNEW\/s +CLOAD\/s +EXC\/s +THR\/s$/m,
    /^\d\d:\d\d:\d\d <pid> +java +\d{3,} +[23] +\d+ +\d+ +0 +[1-9]\d*$/m,
  ],
});
