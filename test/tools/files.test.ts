import { toolTest } from './support.ts';

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
    "exec python3 -c \"import ctypes, os; c = ctypes.CDLL(None); f = os.environ['FOLDER'].encode(); os.unshare(os.CLONE_NEWNS); c.mount(b'none', b'/', None, 0x44000, None); c.mount(b'sonde', f, b'tmpfs', 0, None); c.umount2(f, 2); c.mount(b'x', b'/sonde/none', b'tmpfs', 1, None)\"",
  expect: [
    /^python3 +<pid> +<pid> +\d+ +mount\("sonde", ".*sonde-tools-\w+", "tmpfs", 0x0\) = 0 \(Success\)$/m,
    /^python3 +<pid> +<pid> +\d+ +umount\(".*sonde-tools-\w+", 0x2\) = 0 \(Success\)$/m,
    /^python3 +<pid> +<pid> +\d+ +mount\("x", "\/sonde\/none", "tmpfs", 0x1\) = -2 \(No such file or directory\)$/m,
  ],
});
