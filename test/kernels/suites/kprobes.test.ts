/** What the usual machine has and the host that runs these tests may lack: probes on kernel functions. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { sonde } from '../../sonde.ts';

const slow = { timeoutMs: 60_000 };
const bar = /^\[.*\) +[1-9]\d* \|@/m;

test('kprobe:vfs_read fills its histogram', async () => {
  const script = '/root/read-latency.bt';
  writeFileSync(
    script,
    `#!/usr/bin/env sonde
kprobe:vfs_read
{
  @start[tid] = nsecs;
}

kretprobe:vfs_read
/@start[tid]/
{
  $duration_us = (nsecs - @start[tid]) / 1000;
  @us = hist($duration_us);
  delete(@start[tid]);
}
`,
    { mode: 0o755 },
  );
  const { status, stdout, stderr } = await sonde([script, '-c', 'cat /etc/passwd /etc/group'], slow);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^Attached 2 probes$/m);
  assert.match(stdout, /^@us:$/m);
  assert.match(stdout, bar);
});

test('P-36 kprobe:do_sys_open attaches, is never hit, and a hint names what is', async () => {
  const script = 'kprobe:do_sys_open { printf("%s: %s\\n", comm, str(arg1)) }';
  const { status, stdout, stderr } = await sonde(['-v', '-e', script, '-c', 'cat /etc/hostname'], slow);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout, /^cat: /m);
  assert.match(stderr, /do_sys_openat2/);
  assert.match(stderr, /tracepoint:syscalls:sys_enter_openat/);
});

test('one hit per call, by function name', async () => {
  const script = 'kprobe:__x64_sys_sched_get_priority_max { @[func, comm] = count(); }';
  const call = "perl -e 'syscall(146, 0) for 1..250'";
  const { status, stdout, stderr } = await sonde(['-e', script, '-c', call], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^@\[__x64_sys_sched_get_priority_max, perl\]: 250$/m);
});

test('the return value of a kretprobe', async () => {
  const script = 'kretprobe:do_sys_openat2 /pid == cpid/ { @[(int32)retval < 0] = count(); }';
  const { status, stdout, stderr } = await sonde(['-e', script, '-c', 'cat /nonexistent'], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^@\[true\]: [1-9]/m);
});

test('the kernel stack of a probe begins with its function', async () => {
  const script = 'kprobe:vfs_read /pid == cpid/ { @[kstack(3)] = count(); }';
  const { status, stdout, stderr } = await sonde(['-e', script, '-c', 'cat /etc/hostname'], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^@\[\n {8}vfs_read\+\d+\n/m);
});

test('a function that is not there is refused with its name', async () => {
  const { status, stderr } = await sonde(['-e', 'kprobe:no_such_function { }'], slow);
  assert.notEqual(status, 0);
  assert.match(stderr, /no_such_function/);
});

test('listing shows functions with kprobe in their name', async () => {
  const { status, stdout } = await sonde(['-l', '*kprobe*'], slow);
  assert.equal(status, 0);
  assert.match(stdout, /^kprobe:\w*kprobe\w*$/m);
});

test('the block-size histogram', async () => {
  const script = 'tracepoint:block:block_rq_issue { @kb = hist(args->bytes / 1024); }';
  const load = 'dd if=/dev/zero of=/dev/vda bs=8k count=50 oflag=direct status=none';
  const { status, stdout, stderr } = await sonde(['-e', script, '-c', load], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\[8, 16\) +50 \|@/m);
});

test('an argument of a kernel function that points into user memory is read there', async () => {
  const script = 'kprobe:do_sys_openat2 /pid == cpid/ { printf("%s: %s\\n", comm, str(arg1)) }';
  const { status, stdout, stderr } = await sonde(['-e', script, '-c', 'cat /etc/hostname'], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^cat: \/etc\/hostname$/m);
});
