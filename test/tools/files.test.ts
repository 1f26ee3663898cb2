import { loadTest, toolTest } from './support.ts';

toolTest({
  tool: 'opensnoop',
  title: 'files that one process opens',
  args: ['-p', 'PID'],
  workload: 'read x </etc/hostname; exec cat /tmp/sonde-no-such-file',
  expect: [
    /^PID +COMM +FD ERR PATH$/m,
    /^<pid> +sh +\d+ +0 \/etc\/hostname$/m,
    /^<pid> +cat +-1 +2 \/tmp\/sonde-no-such-file$/m,
  ],
});

toolTest({
  tool: 'opensnoop',
  title: 'only opens that failed, with the time, the user and the flags',
  args: ['-TUxe', '-p', 'PID'],
  workload: 'read x </etc/hostname; exec cat /tmp/sonde-no-such-file',
  expect: [
    /^TIME +UID +PID +COMM +FD ERR FLAGS +PATH$/m,
    /^\d\d:\d\d:\d\d\.\d{6} 0 +<pid> +cat +-1 +2 0\d+ \/tmp\/sonde-no-such-file$/m,
  ],
  never: [/hostname/],
});

toolTest({
  tool: 'statsnoop',
  title: 'stat calls that one process makes',
  args: ['-p', 'PID'],
  workload: '[ -e /etc/hostname ]; [ -e /tmp/sonde-no-such-file ]',
  expect: [/^<pid> +sh +0 \/etc\/hostname$/m, /^<pid> +sh +2 \/tmp\/sonde-no-such-file$/m],
});

toolTest({
  tool: 'syncsnoop',
  title: 'a process that syncs a file',
  args: ['-p', 'PID'],
  workload: 'exec dd if=/dev/zero of=$FOLDER/synced bs=4k count=1 conv=fsync',
  expect: [/^\d\d:\d\d:\d\d +<pid> +dd +tracepoint:syscalls:sys_enter_fsync$/m],
});

toolTest({
  tool: 'mountsnoop',
  title: 'a file system that is mounted and taken away, and a mount that fails',
  args: ['-p', 'PID'],
  workload:
    "exec python3 -c \"import ctypes, os; c = ctypes.CDLL(None); f = os.environ['FOLDER'].encode(); c.unshare(0x20000); c.mount(b'none', b'/', None, 0x44000, None); c.mount(b'sonde', f, b'tmpfs', 0, None); c.umount2(f, 2); c.mount(b'x', b'/sonde/none', b'tmpfs', 1, None)\"",
  expect: [
    /^python3 +<pid> +<pid> +\d+ +mount\("sonde", ".*sonde-tools-\w+", "tmpfs", 0x0\) = 0 \(Success\)$/m,
    /^python3 +<pid> +<pid> +\d+ +umount\(".*sonde-tools-\w+", 0x2\) = 0 \(Success\)$/m,
    /^python3 +<pid> +<pid> +\d+ +mount\("x", "\/sonde\/none", "tmpfs", 0x1\) = -2 \(No such file or directory\)$/m,
  ],
});

toolTest({
  tool: 'vfsstat',
  title: 'what one process does',
  args: ['-p', 'PID', '1'],
  workload:
    'exec python3 -Sc \'import os, time\nf = os.open("/dev/zero", 0)\nfor i in range(300): os.read(f, 1)\ntime.sleep(1.2)\'',
  expect: [/^\d\d:\d\d:\d\d +3\d\d +\d+ +0 +\d+ +\d+$/m],
});

toolTest({
  tool: 'vfscount',
  title: 'what one process does',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: 'exec python3 -Sc \'import os\nf = os.open("/dev/zero", 0)\nfor i in range(300): os.read(f, 1)\'',
  atEnd: true,
  expect: [/^@\[vfs_read\]: 3\d\d$/m, /^@\[vfs_open\]: \d+$/m],
});

toolTest({
  tool: 'dcsnoop',
  title: 'a name that is looked up and not in the cache',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: 'exec python3 -Sc \'import os; os.path.exists("/tmp/sonde-never-seen")\'',
  expect: [/^\d+ +<pid> +python3 +M +sonde-never-seen$/m],
});

toolTest({
  tool: 'filetop',
  title: 'what one process reads and writes',
  args: ['-p', 'PID', '1'],
  workload: 'exec dd if=/etc/services of=/var/tmp/sonde-filetop bs=100 count=20',
  expect: [/^@read\[<pid>, dd, services\]: 2000$/m, /^@written\[<pid>, dd, sonde-filetop\]: 2000$/m],
});

toolTest({
  tool: 'fileslower',
  title: 'a read that waits for a pipe',
  args: ['-a', '-p', 'PID', '200'],
  workload:
    'exec python3 -Sc \'import os, threading, time\na, b = os.pipe()\nthreading.Timer(0.4, os.write, (b, b"x")).start()\nos.read(a, 9)\'',
  expect: [/^\d\d:\d\d:\d\d python3 +<pid> +R 1 +\d{3}\.\d{3} *$/m],
});

toolTest({
  tool: 'filelife',
  title: 'a file that lives for a third of a second',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload:
    'exec python3 -Sc \'import os, time; open("/tmp/sonde-short", "w"); time.sleep(0.3); os.unlink("/tmp/sonde-short")\'',
  expect: [/^\d\d:\d\d:\d\d <pid> +python3 +0\.[3-9]\d\d +sonde-short$/m],
});

toolTest({
  tool: 'filegone',
  title: 'a file that is renamed and deleted',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload:
    'exec python3 -Sc \'import os; open("/tmp/sonde-one", "w"); os.rename("/tmp/sonde-one", "/tmp/sonde-two"); os.unlink("/tmp/sonde-two")\'',
  expect: [
    /^\d\d:\d\d:\d\d <pid> +python3 +RENAME sonde-one -> sonde-two$/m,
    /^\d\d:\d\d:\d\d <pid> +python3 +DELETE sonde-two$/m,
  ],
});

const ext4 =
  'modprobe ext4; mkdir -p /tmp/sonde-ext4; mountpoint -q /tmp/sonde-ext4 || { mkfs.ext4 -q /dev/vda; mount /dev/vda /tmp/sonde-ext4; }';
const write = `exec python3 -Sc 'import os
f = os.open("/tmp/sonde-ext4/sonde-slow", os.O_CREAT | os.O_RDWR)
for i in range(20): os.write(f, b"x" * 5000)
os.fsync(f); os.pread(f, 9, 0)'`;

toolTest({
  tool: 'ext4dist',
  title: 'a process that writes, syncs and reads a file',
  needs: 'kprobes',
  setup: ext4,
  args: ['-p', 'PID'],
  workload: write,
  atEnd: true,
  expect: [/^@us\[ext4_file_write_iter\]:$/m, /^@us\[ext4_sync_file\]:$/m, /^@us\[ext4_file_read_iter\]:$/m],
});

toolTest({
  tool: 'fsdist',
  title: 'the same by the kind of file system, in milliseconds',
  needs: 'kprobes',
  setup: ext4,
  args: ['-t', 'ext4', '-m', '-p', 'PID'],
  workload: write,
  atEnd: true,
  expect: [/^@ms\[ext4_file_write_iter\]:$/m, /^@ms\[ext4_sync_file\]:$/m],
});

toolTest({
  tool: 'fsslower',
  title: 'all that a process does on ext4',
  needs: 'kprobes',
  setup: ext4,
  args: ['-t', 'ext4', '-p', 'PID', '0'],
  workload: write,
  expect: [/^\d\d:\d\d:\d\d python3 +<pid> +ext4_sync_file +0 +0 +\d+\.\d{3} sonde-slow$/m],
});

toolTest({
  tool: 'ext4slower',
  title: 'everything that the process does there',
  needs: 'kprobes',
  setup: ext4,
  args: ['-p', 'PID', '0'],
  workload: `${write}; umount /tmp/sonde-ext4`,
  expect: [
    /^\d\d:\d\d:\d\d python3 +<pid> +ext4_file_write_iter +5000 +4 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +ext4_sync_file +0 +0 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +ext4_file_read_iter +9 +0 +\d+\.\d{3} sonde-slow$/m,
  ],
});

for (const system of ['xfs', 'btrfs', 'nfs', 'f2fs', 'zfs']) {
  for (const tool of [`${system}dist`, `${system}slower`])
    loadTest({
      tool,
      needs: 'kprobes',
      setup: `modprobe ${system} || [ ${system} = zfs ]`, // a kernel of Debian has no zfs
      reason: `there is no ${system} here; it is as ext4's`,
    });
}

toolTest({
  tool: 'dirtop',
  title: 'what one process reads and writes',
  args: ['-p', 'PID', '1'],
  workload: 'exec dd if=/etc/services of=/var/tmp/sonde-dirtop bs=100 count=20',
  expect: [/^@read\[<pid>, dd, etc\]: \d{4}$/m, /^@written\[<pid>, dd, tmp\]: 2000$/m],
});

toolTest({
  tool: 'dcstat',
  title: 'names that are looked up again and again',
  needs: 'kprobes',
  args: ['1'],
  workload: `exec python3 -Sc 'import os, time\nfor i in range(300): os.path.exists("/etc/hostname")\ntime.sleep(1.2)'`,
  expect: [/^\d\d:\d\d:\d\d +\d{3,} +\d+ +\d+ +\d+$/m],
});
