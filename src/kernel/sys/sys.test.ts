import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from '../../abi/index.ts';
import { FormatError, SystemError } from '../../base/index.ts';
import { Attr, bpf, capabilities, Mapping, parseCpuList, permissionAdvice, syscalls } from './index.ts';
import { FakeSyscalls } from './fake.ts';

const SYS_ADMIN = 1 << 21;

function capget(effectiveLow: number): (header: unknown, data: unknown) => number {
  return (_header, data) => {
    new DataView((data as Uint8Array).buffer).setUint32(0, effectiveLow, true);
    return 0;
  };
}

test('a refused request names call and errno, and what is missing', () => {
  using _ = new FakeSyscalls({ bpf: () => -1, capget: capget(0) }).install();
  assert.throws(
    () => bpf(Command.MapCreate, new Attr(80)),
    (error: unknown) => {
      assert.ok(error instanceof SystemError);
      assert.equal(error.call, 'bpf(MAP_CREATE)');
      assert.equal(error.errno, 1);
      assert.equal(error.message, 'bpf(MAP_CREATE): Operation not permitted (EPERM)');
      assert.equal(error.advice, 'This needs CAP_BPF and CAP_PERFMON: run it as root, or grant them to the process.');
      return true;
    },
  );
});

test('CAP_SYS_ADMIN stands for CAP_BPF; then an EPERM is the kernel itself', () => {
  using _ = new FakeSyscalls({ capget: capget(SYS_ADMIN) }).install();
  assert.deepEqual([...capabilities()], ['SYS_ADMIN']);
  assert.match(permissionAdvice('BPF'), /^No capability is missing/);
  assert.match(permissionAdvice('SYSLOG'), /^This needs CAP_SYSLOG: /);
});

test('a program load interrupted by a signal is repeated', () => {
  const answers = [-11, -11, 7];
  const fake = new FakeSyscalls({ bpf: () => answers.shift()! });
  using _ = fake.install();
  assert.equal(bpf(Command.ProgLoad, new Attr(144)), 7);
  assert.equal(fake.calls.length, 3);
});

test('the fake goes when it is disposed of', () => {
  {
    using _ = new FakeSyscalls({ gettid: () => 42 }).install();
    assert.equal(syscalls().call('gettid'), 42);
  }
  assert.equal(syscalls().call('gettid'), process.pid);
});

test('errors come back as negated errno', () => {
  assert.equal(syscalls().call('close', -1), -9);
});

test('CPU lists', () => {
  assert.deepEqual(parseCpuList('0-3,8,10-11\n'), [0, 1, 2, 3, 8, 10, 11]);
  assert.throws(() => parseCpuList('0-x'), FormatError);
});

test('a mapping of nothing is refused by name', () => {
  assert.throws(() => new Mapping(-1, { sizeBytes: 4096, what: 'nothing' }), {
    call: 'mmap',
    message: 'mmap of nothing: Bad file descriptor (EBADF)',
  });
});
