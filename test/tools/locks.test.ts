import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { folder, inGuest, toolTest } from './support.ts';

toolTest({
  tool: 'klockstat',
  title: 'threads that all change one folder',
  args: ['-a'],
  workload:
    'exec python3 -Sc \'import os\nos.fork(); os.fork()\nfor i in range(3000):\n os.mkdir(f"/dev/shm/sonde-{os.getpid()}"); os.rmdir(f"/dev/shm/sonde-{os.getpid()}")\'',
  atEnd: true,
  expect: [/^@wait_ns\[\n( +\S+\+\d+\S*\n)+\]: \d+$/m, /^@longest_ns\[\n( +\S+\+\d+\S*\n)+\]: \d+$/m],
});

toolTest({
  tool: 'futexctn',
  title: 'a thread that waits for a lock for a third of a second',
  args: ['-p', 'PID', '-m', '1000'],
  workload:
    "exec python3 -Sc 'import threading, time\nl = threading.Lock(); l.acquire()\nt = threading.Thread(target=l.acquire); t.start(); time.sleep(0.35); l.release(); t.join()'",
  atEnd: true,
  expect: [/^@us\[<pid>, python3, 0x[\da-f]+\]:\n[\s\S]*^\[256K, 512K\) +\d+ \|/m],
});

const order = join(folder, 'order');
if (!inGuest) {
  const source = join(import.meta.dirname, 'workloads/order.c');
  execFileSync('gcc', ['-O1', '-g0', '-fno-omit-frame-pointer', '-pthread', '-o', order, source]);
}

toolTest({
  tool: 'deadlock',
  title: 'two threads that take two mutexes in different orders',
  args: ['-v', 'PID'],
  workload: `exec ${order}`,
  atEnd: true,
  expect: [
    /^4 pairs of mutexes were taken one in the other\.$/m,
    /^Possible deadlock: mutexes are taken in a circle\.\nM0 \(0x([\da-f]+)\) -> M1 \(0x([\da-f]+)\) -> M0 \(0x\1\)$/m,
    /^Thread \d+ \(order\) took M1 \(0x[\da-f]+\) here:\n {4}forwards\+\d+\n[^]*^while it held M0 \(0x[\da-f]+\), taken here:\n {4}forwards\+\d+$/m,
    /^Thread \d+ \(order\) took M0 \(0x[\da-f]+\) here:\n {4}backwards\+\d+\n/m,
  ],
  check: (output) => assert.equal(output.split('Possible deadlock').length, 2),
});

toolTest({
  tool: 'deadlock',
  title: 'mutexes that are always taken in the same order',
  args: ['-v', 'PID'],
  workload: `exec ${order} same`,
  atEnd: true,
  expect: [/^3 pairs of mutexes were taken one in the other\.\n/m],
  never: [/Possible/],
  example: false,
});
