/** Hooks of the security modules, which the host that runs these tests lets no program at. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sonde } from '../../sonde.ts';

const slow = { timeoutMs: 60_000 };

/** Debian's kernels before 6.12 may leave bpf out: then it is an error that says so, and not silence. */
const isActive = readFileSync('/sys/kernel/security/lsm', 'utf8').trim().split(',').includes('bpf');

test(
  'P-101 without bpf among the security modules that is said',
  { skip: isActive && 'bpf is among them' },
  async () => {
    const { status, stderr } = await sonde(['-e', 'lsm:file_open { }'], slow);
    assert.equal(status, 255);
    assert.match(stderr, /programs at LSM hooks would never run here: bpf is not among the active security modules/);
    assert.match(stderr, /HINT: Start the kernel with lsm=.*,bpf on its command line\./);
  },
);

const skip = !isActive && 'bpf is not among the security modules';

test('P-101 F-56 a file that is opened, with its path; what is returned forbids nothing', { skip }, async () => {
  const script = `lsm:file_open /pid == cpid && path(args.file.f_path) == "/proc/version"/ { print((path(args.file.f_path), retval, probe, comm)); return -13; }`;
  const { status, stdout, stderr } = await sonde(['-q', '-e', script, '-c', 'cat /proc/version'], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\(\/proc\/version, 0, lsm:file_open, cat\)$/m);
  assert.match(stdout, /^Linux version/m);
  assert.match(stderr, /WARNING: A value that is returned has no effect: lsm probes look on and change nothing/);
});

test(
  'P-101 arguments of several hooks, a stack that begins with the hook, and functions that can be -p',
  { skip },
  async () => {
    const script = `lsm:task_k* /pid == cpid/ { printf("%s %d %d\\n", probe, args.sig, args.p.pid == 1); }
    lsm:bprm_check_security /pid == cpid/ { printf("%s%s\\n", str(args.bprm.filename), kstack(1)); }
    lsm:socket_bind /pid == cpid/ { print((args.address.sa_family, args.addrlen)); }`;
    const command = `perl -e 'kill 0, 1; socket S, 2, 2, 0; bind S, pack("SnNx8", 2, 0, 0x7f000001)'`;
    const { status, stdout, stderr } = await sonde(['-q', '-e', script, '-c', command], slow);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^lsm:task_kill 0 1$/m);
    assert.match(stdout, /^\(2, 16\)$/m);
    assert.match(stdout, /\/perl\n {8}bpf_lsm_bprm_check_security\+\d+$/m);
  },
);

test('P-101 a hook that does not exist', async () => {
  const { status, stderr } = await sonde(['-e', 'lsm:file_opne { }'], slow);
  assert.equal(status, 1);
  assert.match(stderr, /ERROR: No matches for lsm:file_opne\./);
  assert.match(stderr, /HINT: Did you mean lsm:file_open\?/);
});
