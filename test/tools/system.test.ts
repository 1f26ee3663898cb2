import assert from 'node:assert/strict';
import { toolTest } from './support.ts';

toolTest({
  tool: 'syscount',
  title: 'system calls of one process',
  args: ['-p', 'PID'],
  workload: 'exec dd if=/dev/zero of=/dev/null bs=1 count=500',
  atEnd: true,
  expect: [/^@calls\[write\]: 50\d$/m, /^@calls\[read\]: 5\d\d$/m],
});

toolTest({
  tool: 'syscount',
  title: 'failed calls only, by process',
  args: ['-xP', '-p', 'PID'],
  workload:
    'exec python3 -Sc \'import os\nfor i in range(100):\n try: os.rmdir("/sonde/none")\n except OSError: pass\'',
  atEnd: true,
  expect: [/^@processes\[<pid>, python3\]: 1\d\d$/m],
  example: false,
});

toolTest({
  tool: 'syscount',
  title: 'time that calls take, in microseconds',
  args: ['-L', '-p', 'PID'],
  workload: 'exec sleep 0.3',
  atEnd: true,
  expect: [/^@call_us\[clock_nanosleep\]: 3\d{5}$/m],
});

toolTest({
  tool: 'loads',
  title: 'two seconds',
  args: ['--duration', '2.5'],
  workload: 'sleep 2.7',
  expect: [/^(\d\d:\d\d:\d\d \d+\.\d\d \d+\.\d\d \d+\.\d\d \d+\/\d+ \d+\n){2}/m],
  check: (output) => assert.equal(output.match(/^\d\d:\d\d:\d\d /gm)?.length, 2),
});

toolTest({
  tool: 'look',
  title: 'ten seconds',
  workload: 'sleep 11',
  expect: [
    /^Busiest system calls \(calls\)\n(@calls\[tracepoint:syscalls:sys_enter_\w+\]: \d+\n)+$/m,
    /^@read_us:\n/m,
    /^@ran\[[01], .+\]: \d+$/m,
  ],
});

toolTest({
  tool: 'virtiostat',
  title: 'reads from a virtual disk',
  needs: 'kprobes',
  args: ['1'],
  workload: 'dd if=/dev/vda of=/dev/null bs=64k count=50 iflag=direct; sleep 1.2',
  expect: [
    /^TIME +DRIVER +DEVICE +QUEUE +IN_SGS +IN_BYTES +OUT_SGS +OUT_BYTES$/m,
    /^\d\d:\d\d:\d\d virtio_blk +virtio\d+ +req\.\d+ +\d+ +\d{6,} +\d+ +\d+$/m,
  ],
});

toolTest({
  tool: 'ttysnoop',
  title: 'what is written to a terminal of ours',
  needs: 'kprobes',
  args: ['/dev/tty1'],
  workload: "printf 'hello, sonde\\n' >/dev/tty1",
  expect: [/hello, sonde/],
});
