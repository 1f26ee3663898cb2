import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { Hook, UprobeHook } from '../../spec/index.ts';
import { FakeSyscalls, type FakeAnswer } from '../sys/fake.ts';
import { attach, attachAll, multiAttachType } from './index.ts';

const program = { fd: 3, name: 'p', expectedAttachType: 0 };
const clock: Hook = { kind: 'perfEvent', eventType: 1, config: 0n, frequencyHz: 99, cpus: 'one' };

function viewOf(attr: unknown): DataView {
  return new DataView((attr as Uint8Array).buffer);
}
function oldKernel(more: { bpf?: FakeAnswer; perf_event_open?: FakeAnswer } = {}): FakeSyscalls {
  return new FakeSyscalls({ bpf: () => -22, perf_event_open: () => 7, ioctl: () => 0, close: () => 0, ...more });
}

test('before 5.15, perf events run programs by ioctl', () => {
  const fake = oldKernel();
  using _ = fake.install();
  const link = attach(program, clock);
  assert.deepEqual(link.info().ids, []);
  link.close();
  assert.deepEqual(fake.calls.map(({ name, args }) => [name, args[0], args[1]]).slice(2), [
    ['ioctl', 7, 0x40042408],
    ['ioctl', 7, 0x2400],
    ['close', 7, undefined],
  ]);
});

test('but without cookies', () => {
  const fake = oldKernel();
  using _ = fake.install();
  assert.throws(
    () => attach(program, clock, { cookie: 1n }),
    (error: unknown) => {
      assert.ok(error instanceof UnsupportedFeatureError);
      assert.equal(error.minimumKernel, '5.15');
      return true;
    },
  );
  assert.deepEqual(fake.calls.at(-1)!.name, 'close');
});

test('raw tracepoint cookies are refused by kernels before 6.10', () => {
  using _ = oldKernel({ bpf: () => -7 }).install();
  assert.throws(
    () => attach(program, { kind: 'rawTracepoint', event: 'sys_enter' }, { cookie: 1n }),
    UnsupportedFeatureError,
  );
});

test('before 5.13, a perf event of a process does not reach into new threads', () => {
  const flags: bigint[] = [];
  const fake = oldKernel({
    perf_event_open: (attr) => {
      flags.push(viewOf(attr).getBigUint64(40, true));
      return flags.at(-1)! >> 35n === 0n ? 7 : -22;
    },
  });
  using _ = fake.install();
  attach(program, { ...clock, cpus: 'all', pid: process.pid }).close();
  assert.deepEqual(flags.slice(0, 2), [(1n << 35n) | (1n << 10n) | 2n, 1n << 10n]);
});

test('a USDT semaphore goes into the high half of the configuration', { skip: process.platform !== 'linux' }, () => {
  const configs: bigint[] = [];
  const fake = oldKernel({
    perf_event_open: (attr) => {
      configs.push(viewOf(attr).getBigUint64(8, true));
      return 7;
    },
  });
  using _ = fake.install();
  attach(program, { kind: 'uprobe', return: true, path: '/bin/true', fileOffset: 16n, refCtrOffset: 0x1234n }).close();
  assert.deepEqual(configs, [(0x1234n << 32n) | 1n]);
});

test('multi links are one per file, process and direction', () => {
  const links: { flags: number; count: number; pid: number; semaphores: boolean }[] = [];
  const fake = new FakeSyscalls({
    close: () => 0,
    bpf: (command, attr) => {
      assert.equal(command, Command.LinkCreate);
      const view = viewOf(attr);
      links.push({
        count: view.getUint32(48, true),
        flags: view.getUint32(52, true),
        pid: view.getUint32(56, true),
        semaphores: view.getBigUint64(32, true) !== 0n,
      });
      return 9;
    },
  });
  using _ = fake.install();
  const place: UprobeHook = { kind: 'uprobe', return: false, path: '/bin/a', fileOffset: 1n };
  const hooks: UprobeHook[] = [
    place,
    { ...place, fileOffset: 2n, refCtrOffset: 8n },
    { ...place, return: true },
    { ...place, path: '/bin/b' },
    { ...place, pid: 5 },
    place,
  ];
  attachAll(
    { ...program, expectedAttachType: multiAttachType(hooks)! },
    hooks.map((hook) => ({ hook })),
  );
  assert.deepEqual(links, [
    { count: 3, flags: 0, pid: 0, semaphores: true },
    { count: 1, flags: 1, pid: 0, semaphores: false },
    { count: 1, flags: 0, pid: 0, semaphores: false },
    { count: 1, flags: 0, pid: 5, semaphores: false },
  ]);
});

test('what a multi link can serve', () => {
  const kprobe: Hook = { kind: 'kprobe', return: false, function: 'f' };
  assert.equal(multiAttachType([kprobe, kprobe]), 42);
  assert.equal(multiAttachType([{ ...kprobe, offset: 4 }]), undefined);
  assert.equal(multiAttachType([kprobe, clock]), undefined);
  assert.equal(multiAttachType([]), undefined);
});

test('when one of several points fails, the others are detached', () => {
  const fds = [7, 8, -2];
  const fake = new FakeSyscalls({ bpf: () => fds.shift()!, close: () => 0 });
  using _ = fake.install();
  const hook: Hook = { kind: 'rawTracepoint', event: 'x' };
  assert.throws(() => attachAll(program, [{ hook }, { hook }, { hook }]), UnsupportedFeatureError);
  assert.deepEqual(
    fake.calls.filter(({ name }) => name === 'close').map(({ args }) => args[0]),
    [7, 8],
  );
});
