import { loadTest, toolTest } from './support.ts';

/** 1.25 MiB that go to the disk at once. */
const write = 'exec dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20 conv=fsync';
const clean = 'rm -f /var/tmp/sonde-tools-$$';
const histogram = /(\[\S+(, \S+\))?\]? +\d+ \|[@ ]+\|\n)+/.source;

toolTest({
  tool: 'biolatency',
  title: 'latencies while a file is written',
  workload: `dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20 conv=fsync; ${clean}`,
  atEnd: true,
  expect: [new RegExp(`^@usecs:\\n${histogram}`, 'm')],
});

toolTest({
  tool: 'biolatency',
  title: 'by disk, with the time in the queue',
  args: ['-QD'],
  workload: `dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20 conv=fsync; ${clean}`,
  atEnd: true,
  expect: [new RegExp(`^@disk\\[\\d+, \\d+\\]:\\n${histogram}`, 'm')],
  example: false,
});

toolTest({
  tool: 'biosnoop',
  title: 'I/O of one process',
  args: ['-Qp', 'PID'],
  workload: write,
  expect: [/^ *\d+\.\d{6} <pid> +dd +\d+:\d+ +F?WS\w* +\d+ +1310720 +\d+\.\d{3} +\d+\.\d{3}$/m],
});

toolTest({
  tool: 'biostacks',
  title: 'paths in the kernel that lead to I/O',
  args: ['-p', 'PID'],
  workload: write,
  atEnd: true,
  expect: [/^@usecs\[\n( +\w+(\.\w+)*\+\d+\n)+\]:\n/m],
});

toolTest({
  tool: 'bitesize',
  title: 'sizes of what dd writes',
  args: ['-n', 'dd'],
  workload: write,
  atEnd: true,
  expect: [/^@bytes\[dd\]:\n[^@]*\n?[\s\S]*^\[1M, 2M\) +1 \|@+ *\|$/m],
});

toolTest({
  tool: 'biopattern',
  title: 'a second of writing',
  args: ['1'],
  workload: `dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20 conv=fsync; sleep 1.2; ${clean}`,
  expect: [/^\d\d:\d\d:\d\d +\d+:\d+ +\d+ +\d+ +\d+ +\d{4,}$/m],
});

toolTest({
  tool: 'biotop',
  title: 'bytes that one process writes',
  args: ['-p', 'PID', '1'],
  workload: write,
  expect: [/^@bytes\[<pid>, dd, \d+, \d+, F?WS\w*\]: 13\d{5}$/m],
});

toolTest({
  tool: 'writeback',
  title: 'pages that a sync writes back',
  workload: `dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20; sync -f /var/tmp; ${clean}`,
  expect: [/^\d\d:\d\d:\d\d +\S+ +\d+ +sync +\d+\.\d{3}$/m],
});

/** A mirror of one disk, /dev/md_sonde, without a description of it on the disk. */
const mirror = `modprobe raid1; echo md_sonde >/sys/module/md_mod/parameters/new_array; cd /sys/block/md_sonde/md
echo raid1 >level; echo 1 >raid_disks; echo none >metadata_version; cat /sys/block/vdd/dev >new_dev
echo 0 >dev-vdd/offset; echo 32768 >component_size; echo 0 >dev-vdd/slot; echo active >array_state`;

toolTest({
  tool: 'mdflush',
  title: 'a process that writes to an md device and syncs it',
  needs: 'kprobes',
  setup: mirror,
  workload: `exec python3 -Sc 'import os; f = os.open("/dev/md_sonde", 1); os.write(f, bytes(4096)); os.fsync(f)'`,
  expect: [/^TIME +PID +COMM +DEVICE$/m, /^\d\d:\d\d:\d\d <pid> +python3 +md_sonde$/m],
});

loadTest({
  tool: 'biolatency-kp',
  needs: 'kprobes',
  reason: 'the functions that it probes are there up to Linux 6.4',
});

toolTest({
  tool: 'biolatpcts',
  title: 'latencies while a file is written',
  args: ['1'],
  workload: `dd if=/dev/zero of=/var/tmp/sonde-tools-$$ bs=64k count=20 conv=fsync; sleep 1.2; ${clean}`,
  expect: [/^@usecs\[write\]: \{ \.count = \d+, \.p50 = \d+, \.p90 = \d+, \.p99 = \d+, \.max = \d+ \}$/m],
});
