import { toolTest } from './support.ts';

toolTest({
  tool: 'klockstat',
  title: 'threads that all change one folder',
  args: ['-a'],
  workload:
    'exec python3 -Sc \'import os\nos.fork(); os.fork()\nfor i in range(3000):\n os.mkdir(f"/dev/shm/sonde-{os.getpid()}"); os.rmdir(f"/dev/shm/sonde-{os.getpid()}")\'',
  atEnd: true,
  expect: [/^@wait_ns\[\n( +\S+\+\d+\n)+\]: \d+$/m, /^@longest_ns\[\n( +\S+\+\d+\n)+\]: \d+$/m],
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
