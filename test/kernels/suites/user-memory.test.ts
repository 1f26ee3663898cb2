/** Writing to user memory, which the host that runs these tests may refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sonde } from '../../sonde.ts';

const slow = { timeoutMs: 60_000 };
const asked = '/proc/sys/kernel/nosuch';

test('F-41 write_user changes what the system call is given', async () => {
  const script = `tracepoint:syscalls:sys_enter_openat /pid == cpid && str(args.filename) == "${asked}"/ {
    print(write_user(args.filename, "/proc/sys/kernel/ostype", 24));
  }`;
  const { status, stdout, stderr } = await sonde(['-q', '--unsafe', '-e', script, '-c', `cat ${asked}`], slow);
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n').sort(), ['Linux', 'true']);
});

test('F-41 write_user says where it fails, and writes as many bytes as it is told', async () => {
  const script = `tracepoint:syscalls:sys_enter_openat /pid == cpid && str(args.filename) == "${asked}"/ {
    $n = 3;
    print(write_user(args.filename + 17, (uint32)0x6f6e6f6e, $n));
    print(str(args.filename));
    print(write_user((uint8 *)0, "a", 1));
    exit();
  }`;
  const { status, stdout, stderr } = await sonde(['-q', '--unsafe', '-e', script, '-c', `cat ${asked}`], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^true\n\/proc\/sys\/kernel\/nonuch\nfalse\n/);
  assert.match(stderr, /WARNING: Bad address\nAdditional Info - helper: probe_write_user, retcode: -14/);
});
