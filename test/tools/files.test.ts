import { existsSync } from 'node:fs';
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

/** Disk and folder of the other file systems, one after the other. `mkfs` comes by a package of its own. */
const mount = (kind: string): string =>
  `modprobe ${kind}; mkdir -p /tmp/sonde-fs; ! mountpoint -q /tmp/sonde-fs || umount /tmp/sonde-fs
mkfs.${kind} -q -f /dev/vdc && mount -t ${kind} /dev/vdc /tmp/sonde-fs`;
const writeThere = write.replace('sonde-ext4', 'sonde-fs');
const without = (kind: string): string | false =>
  existsSync(`/sbin/mkfs.${kind}`) || process.env['CI'] === 'true' ? false : `no mkfs.${kind}`;

toolTest({
  tool: 'xfsdist',
  title: 'a process that writes, syncs and reads a file',
  needs: 'kprobes',
  skip: without('xfs'),
  setup: mount('xfs'),
  args: ['-p', 'PID'],
  workload: writeThere,
  atEnd: true,
  expect: [/^@us\[xfs_file_write_iter\]:$/m, /^@us\[xfs_file_fsync\]:$/m, /^@us\[xfs_file_read_iter\]:$/m],
});

toolTest({
  tool: 'xfsslower',
  title: 'everything that the process does there',
  needs: 'kprobes',
  skip: without('xfs'),
  setup: mount('xfs'),
  args: ['-p', 'PID', '0'],
  workload: writeThere,
  expect: [
    /^\d\d:\d\d:\d\d python3 +<pid> +xfs_file_write_iter +5000 +4 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +xfs_file_fsync +0 +0 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +xfs_file_read_iter +9 +0 +\d+\.\d{3} sonde-slow$/m,
  ],
});

toolTest({
  tool: 'btrfsdist',
  title: 'a process that writes, syncs and reads a file',
  needs: 'kprobes',
  skip: without('btrfs'),
  setup: mount('btrfs'),
  args: ['-p', 'PID'],
  workload: writeThere,
  atEnd: true,
  expect: [/^@us\[btrfs_file_write_iter\]:$/m, /^@us\[btrfs_sync_file\]:$/m, /^@us\[btrfs_file_read_iter\]:$/m],
});

toolTest({
  tool: 'btrfsslower',
  title: 'everything that the process does there',
  needs: 'kprobes',
  skip: without('btrfs'),
  setup: mount('btrfs'),
  args: ['-p', 'PID', '0'],
  workload: writeThere,
  expect: [
    /^\d\d:\d\d:\d\d python3 +<pid> +btrfs_file_write_iter +5000 +4 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +btrfs_sync_file +0 +0 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +btrfs_file_read_iter +9 +0 +\d+\.\d{3} sonde-slow$/m,
  ],
});

toolTest({
  tool: 'f2fsdist',
  title: 'a process that writes, syncs and reads a file',
  needs: 'kprobes',
  skip: without('f2fs'),
  setup: mount('f2fs'),
  args: ['-p', 'PID'],
  workload: writeThere,
  atEnd: true,
  expect: [/^@us\[f2fs_file_write_iter\]:$/m, /^@us\[f2fs_sync_file\]:$/m, /^@us\[f2fs_file_read_iter\]:$/m],
});

toolTest({
  tool: 'f2fsslower',
  title: 'everything that the process does there',
  needs: 'kprobes',
  skip: without('f2fs'),
  setup: mount('f2fs'),
  args: ['-p', 'PID', '0'],
  workload: writeThere,
  expect: [
    /^\d\d:\d\d:\d\d python3 +<pid> +f2fs_file_write_iter +5000 +4 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +f2fs_sync_file +0 +0 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +f2fs_file_read_iter +9 +0 +\d+\.\d{3} sonde-slow$/m,
  ],
});

/** The kernel's own server on the loopback interface; what its daemons would answer is in its caches before. */
const nfs = `modprobe nfsd; modprobe nfsv4; mkdir -p /run/sonde-export /run/pipefs /tmp/sonde-fs
! mountpoint -q /tmp/sonde-fs || umount /tmp/sonde-fs; ! mountpoint -q /run/sonde-export || exec mount --bind /run/nfs /tmp/sonde-fs
mount -t nfsd nfsd /proc/fs/nfsd; mount -t rpc_pipefs pipes /run/pipefs; mount -t tmpfs export /run/sonde-export; mkdir -p /var/lib/nfs/v4recovery; cd /proc/net/rpc
echo 'nfsd 127.0.0.1 2147483647 *' >auth.unix.ip/channel
echo '* /run/sonde-export 2147483647 9234 65534 65534 0' >nfsd.export/channel
echo '* 1 \\x00000000 2147483647 /run/sonde-export' >nfsd.fh/channel
cd /proc/fs/nfsd; echo -3 >versions; echo 'tcp 2049' >portlist; echo 2 >threads; echo Y >v4_end_grace; mkdir -p /run/nfs
python3 -Sc 'import ctypes, sys
mount = ctypes.CDLL(None).mount
sys.exit(mount(b"127.0.0.1:/", b"/run/nfs", b"nfs4", 0, b"addr=127.0.0.1,clientaddr=127.0.0.1,vers=4.2"))'
mount --bind /run/nfs /tmp/sonde-fs`;

toolTest({
  tool: 'nfsdist',
  title: 'a process that writes, syncs and reads a file',
  needs: 'kprobes',
  setup: nfs,
  args: ['-p', 'PID'],
  workload: writeThere,
  atEnd: true,
  expect: [/^@us\[nfs_file_write\]:$/m, /^@us\[nfs_file_fsync\]:$/m, /^@us\[nfs_file_read\]:$/m],
});

toolTest({
  tool: 'nfsslower',
  title: 'everything that the process does there',
  needs: 'kprobes',
  setup: nfs,
  args: ['-p', 'PID', '0'],
  workload: writeThere,
  expect: [
    /^\d\d:\d\d:\d\d python3 +<pid> +nfs_file_write +5000 +4 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +nfs_file_fsync +0 +0 +\d+\.\d{3} sonde-slow$/m,
    /^\d\d:\d\d:\d\d python3 +<pid> +nfs_file_read +9 +0 +\d+\.\d{3} sonde-slow$/m,
  ],
});

loadTest({
  tool: 'zfsdist',
  needs: 'kprobes',
  // A kernel of Debian has no zfs.
  reason: "there is no zfs here; it is as ext4's",
});

loadTest({
  tool: 'zfsslower',
  needs: 'kprobes',
  // A kernel of Debian has no zfs.
  reason: "there is no zfs here; it is as ext4's",
});

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
