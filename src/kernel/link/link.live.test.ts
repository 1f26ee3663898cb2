import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { AttachType, PerfType, ProgramType } from '../../abi/index.ts';
import { jumpIf, load } from '../../asm/index.ts';
import { SystemError, UnsupportedFeatureError } from '../../base/index.ts';
import { ElfFile } from '../../elf/index.ts';
import type { Hook, KprobeHook, UprobeHook } from '../../spec/index.ts';
import { probeFeature } from '../features/index.ts';
import {
  arch,
  btfCounter,
  count,
  countByCookie,
  Counter,
  drive,
  driver,
  driverNumber,
  driverTracepoint,
  leave,
  linkExists,
  nodeFlags,
  onlyProcess,
  program,
  programExists,
  rawCounter,
} from '../live-test-support.ts';
import { kallsyms } from '../kallsyms/index.ts';
import { Mapping, onlineCpus, pageSizeBytes } from '../sys/index.ts';
import { attach, attachAll, multiAttachType, threadsToDetach } from './index.ts';

const syscallTracepoint: Hook = { kind: 'tracepoint', ...driverTracepoint };
const rawTracepoint: Hook = { kind: 'rawTracepoint', event: 'sys_enter' };

/** Hits are counted while attached, and no longer. */
function countsExactly(counter: Counter, hook: Hook, slot = 0, options: { cookie?: bigint } = {}): void {
  drive(3);
  const link = attach(counter.program, hook, options);
  drive(1000);
  assert.equal(counter.read(8)[slot], 1000);
  const { ids, missed } = link.info();
  assert.ok(ids.length > 0 && ids.every((id) => id > 0));
  assert.equal(missed, 0n);
  link.close();
  link.close();
  drive(3);
  assert.equal(counter.read(8)[slot], 1000);
}

describe('tracepoints', () => {
  test('perf tracepoint', () => {
    using counter = new Counter(program(ProgramType.Tracepoint, [...onlyProcess(), ...count(0), ...leave]));
    countsExactly(counter, syscallTracepoint);
  });
  test('how many threads an end needs is told, and nothing ends of it', () => {
    using counter = new Counter(program(ProgramType.Tracepoint, [...onlyProcess(), ...count(0), ...leave]));
    using link = attach(counter.program, syscallTracepoint);
    for (let i = 0; i < 2; i++) assert.equal(threadsToDetach([link]), 1);
    assert.equal(link.info().ids.length, 1);
    link.close();
    drive(3);
    assert.equal(counter.read(8)[0], 0);
  });
  test('perf tracepoint with a cookie', () => {
    using counter = new Counter(program(ProgramType.Tracepoint, [...onlyProcess(), ...countByCookie(), ...leave]));
    countsExactly(counter, syscallTracepoint, 5, { cookie: 5n });
  });
  test('raw tracepoint', () => {
    using counter = new Counter(rawCounter());
    countsExactly(counter, rawTracepoint);
  });
  const needsRawCookies = { skip: probeFeature('attach-cookie-raw-tracepoint').answer === 'no' && 'needs 6.10' };
  test('raw tracepoint with a cookie', needsRawCookies, () => {
    using counter = new Counter(rawCounter(countByCookie()));
    countsExactly(counter, rawTracepoint, 6, { cookie: 6n });
  });
  test('BTF-typed tracepoint', () => {
    using counter = new Counter(btfCounter());
    countsExactly(counter, { kind: 'btfTracepoint', event: 'sys_enter' });
  });
  test('BTF-typed tracepoint with a cookie', needsRawCookies, () => {
    using cookies = new Counter(btfCounter(countByCookie()));
    countsExactly(cookies, { kind: 'btfTracepoint', event: 'sys_enter' }, 7, { cookie: 7n });
  });
  test('one program at several places: which one, the cookie says', () => {
    using counter = new Counter(program(ProgramType.Tracepoint, [...onlyProcess(), ...countByCookie(), ...leave]));
    const exit: Hook = { kind: 'tracepoint', category: 'syscalls', event: 'sys_exit_sched_get_priority_max' };
    const links = attachAll(counter.program, [
      { hook: syscallTracepoint, cookie: 1n },
      { hook: exit, cookie: 2n },
    ]);
    drive(10);
    for (const link of links) link.close();
    assert.deepEqual(counter.read(4), [0, 10, 10, 0]);
  });
  test('what is not there is named', () => {
    using counter = new Counter(program(ProgramType.Tracepoint, [...onlyProcess(), ...leave]));
    assert.throws(() => attach(counter.program, { kind: 'tracepoint', category: 'sched', event: 'nonesuch' }), {
      name: 'UnsupportedFeatureError',
      message: 'this kernel has no tracepoint sched:nonesuch',
    });
    using raw = new Counter(rawCounter());
    assert.throws(() => attach(raw.program, { kind: 'rawTracepoint', event: 'nonesuch' }), {
      message: 'this kernel has no raw tracepoint nonesuch',
    });
  });
});

describe('perf events', () => {
  const cpuClock = { kind: 'perfEvent', eventType: PerfType.Software, config: 0n } as const;
  const sampler = program(ProgramType.PerfEvent, [...onlyProcess(), ...count(0), ...leave]);

  function workFor(milliseconds: number): void {
    for (const end = performance.now() + milliseconds; performance.now() < end;);
  }
  test('the CPU clock at a frequency, on all CPUs', () => {
    using counter = new Counter(sampler);
    using link = attach(counter.program, { ...cpuClock, frequencyHz: 997, cpus: 'all' });
    workFor(60);
    assert.ok(counter.read()[0]! >= 5, String(counter.read()[0]));
    assert.equal(link.info().ids.length, onlineCpus().length);
  });
  test('on one CPU', () => {
    using counter = new Counter(sampler);
    using link = attach(counter.program, { ...cpuClock, period: 1_000_000n, cpus: 'one' });
    assert.equal(link.info().ids.length, 1);
  });
  test('on the threads of a process', () => {
    using counter = new Counter(sampler);
    using link = attach(counter.program, { ...cpuClock, period: 1_000_000n, cpus: 'all', pid: process.pid });
    workFor(60);
    assert.ok(counter.read()[0]! >= 5, String(counter.read()[0]));
    assert.ok(link.info().ids.length > 1, 'node has several threads');
  });
  test('threads that start later are covered too', async () => {
    using counter = new Counter(sampler);
    using _ = attach(counter.program, { ...cpuClock, period: 1_000_000n, cpus: 'all', pid: process.pid });
    const worker = new Worker('for (const end = performance.now() + 100; performance.now() < end; );', { eval: true });
    await once(worker, 'online');
    const [before, cpu] = [counter.read()[0]!, process.threadCpuUsage()];
    await once(worker, 'exit');
    const { user, system } = process.threadCpuUsage(cpu);
    const samples = counter.read()[0]! - before;
    assert.ok(samples > 20 + (user + system) / 1000, `${samples} samples, ${user + system} us in the main thread`);
  });
  test('a software counter: each page fault', () => {
    using counter = new Counter(sampler);
    using _ = attach(counter.program, {
      kind: 'perfEvent',
      eventType: PerfType.Software,
      config: 2n,
      period: 1n,
      cpus: 'all',
      pid: process.pid,
    });
    // More than any allocator keeps at hand, so the pages are new.
    new Uint8Array(64 << 20).fill(1);
    assert.ok(counter.read()[0]! > 0);
  });
  test('a process that is gone', () => {
    using counter = new Counter(sampler);
    assert.throws(
      () => attach(counter.program, { ...cpuClock, period: 1_000_000n, cpus: 'all', pid: 0x3ffffe }),
      (error: unknown) => {
        assert.ok(error instanceof SystemError);
        assert.equal(error.advice, 'There is no process 4194302.');
        return true;
      },
    );
  });
  test('hardware events work, or the machine is said not to have them', () => {
    using counter = new Counter(sampler);
    const cycles: Hook = {
      kind: 'perfEvent',
      eventType: PerfType.Hardware,
      config: 0n,
      period: 1_000_000n,
      cpus: 'one',
    };
    try {
      attach(counter.program, cycles).close();
    } catch (error) {
      assert.ok(error instanceof SystemError);
      assert.equal(error.errno, 2);
      assert.match(error.advice!, /virtual machines often lack hardware counters/);
    }
  });
});

/** Path of this process's libc and the file offset of a function in it. */
function libcFunction(name: string): { path: string; fileOffset: bigint } {
  const path = /\s(\/\S*libc\.(?:so\.6|musl\S*))$/m.exec(readFileSync('/proc/self/maps', 'utf8'))![1]!;
  const elf = ElfFile.fromBytes(readFileSync(path));
  const symbol = elf.findSymbols(name)[0]!;
  return { path, fileOffset: elf.fileOffsetOf(symbol.address)! };
}

describe('user probes', () => {
  const place = libcFunction('syscall');
  const entry: UprobeHook = { kind: 'uprobe', return: false, ...place };
  /** First argument of the function, in pt_regs: rdi, x0. */
  const firstArgument = arch === 'x86_64' ? 112 : 0;
  const onlyDriver = [load(8, 'r1', 'r6', firstArgument), jumpIf('ne', 'r1', driverNumber, 'out')];
  const onDriver = (body = count(0), expectedAttachType = 0) =>
    program(ProgramType.Kprobe, [...onlyProcess(), ...onlyDriver, ...body, ...leave], { expectedAttachType });

  test('uprobe, with and without cookie and process', () => {
    using counter = new Counter(onDriver());
    countsExactly(counter, entry);
    using cookies = new Counter(onDriver(countByCookie()));
    countsExactly(cookies, { ...entry, pid: process.pid }, 3, { cookie: 3n });
  });
  test('uretprobe sees the returned value', () => {
    // The largest real-time priority is 99 everywhere; that it returned is what counts. x86: rax, arm64: x0.
    const returned = arch === 'x86_64' ? 80 : 0;
    const spec = program(ProgramType.Kprobe, [
      ...onlyProcess(),
      load(8, 'r1', 'r6', returned),
      jumpIf('ne', 'r1', 99, 'out'),
      ...count(0),
      ...leave,
    ]);
    using counter = new Counter(spec);
    countsExactly(counter, { ...entry, return: true });
  });
  test(
    'several places of one file by one link',
    { skip: probeFeature('uprobe-multi').answer === 'no' && 'needs 6.6' },
    () => {
      const spec = program(ProgramType.Kprobe, [...onlyProcess(), ...countByCookie(), ...leave], {
        expectedAttachType: multiAttachType([entry, entry])!,
      });
      assert.equal(spec.expectedAttachType, AttachType.TraceUprobeMulti);
      using counter = new Counter(spec);
      const getppid: UprobeHook = { kind: 'uprobe', return: false, ...libcFunction('getppid') };
      const links = attachAll(counter.program, [
        { hook: entry, cookie: 1n },
        { hook: getppid, cookie: 2n },
        { hook: { ...entry, return: true, pid: process.pid }, cookie: 3n },
      ]);
      assert.equal(links.length, 2);
      drive(20);
      void process.ppid;
      for (const link of links) assert.equal(link.info().ids.length, 1);
      for (const link of links) link.close();
      const [, entries, getppids, returns] = counter.read(4);
      assert.ok(entries! >= 20 && returns! >= 20, String([entries, returns]));
      assert.equal(getppids, 1);
    },
  );
  test(
    'a bad place is left out, the others are attached',
    { skip: probeFeature('uprobe-multi').answer === 'no' && 'needs 6.6' },
    () => {
      using counter = new Counter(onDriver(count(0), AttachType.TraceUprobeMulti));
      const bad: UprobeHook = { ...entry, fileOffset: 1n << 40n };
      const failed: Hook[] = [];
      const points = [{ hook: bad }, { hook: entry }];
      assert.throws(() => attachAll(counter.program, points), SystemError);
      const links = attachAll(counter.program, points, { onFailure: ({ hook }) => failed.push(hook) });
      drive(5);
      for (const link of links) link.close();
      assert.deepEqual(failed, [bad]);
      assert.equal(counter.read()[0], 5);
    },
  );
  test('a file that is not there is named', () => {
    using counter = new Counter(onDriver());
    assert.throws(
      () => attach(counter.program, { ...entry, path: '/no/such/file' }),
      (error: unknown) => {
        assert.ok(error instanceof SystemError);
        assert.match(
          error.message,
          /^perf_event_open of uprobe \/no\/such\/file\+0x[0-9a-f]+: No such file or directory \(ENOENT\)$/,
        );
        assert.equal(error.advice, 'There is no file /no/such/file.');
        return true;
      },
    );
  });
});

describe('kernel probes', () => {
  const name = `${arch === 'x86_64' ? '__x64' : '__arm64'}_sys_${driver}`;
  const hook: KprobeHook = { kind: 'kprobe', return: false, function: name };
  const spec = program(ProgramType.Kprobe, [...onlyProcess(), ...count(0), ...leave]);
  const withCookies = program(ProgramType.Kprobe, [...onlyProcess(), ...countByCookie(), ...leave]);
  const skip = probeFeature('kprobe').answer === 'no' && 'this kernel has no CONFIG_KPROBE_EVENTS';
  const skipMulti = probeFeature('kprobe-multi').answer === 'no' && 'this kernel has no CONFIG_FPROBE';

  test(
    'without kprobes the missing kernel option is named',
    { skip: skip === false && 'this kernel has kprobes' },
    () => {
      using counter = new Counter(spec);
      assert.throws(
        () => attach(counter.program, hook),
        (error: unknown) => {
          assert.ok(error instanceof UnsupportedFeatureError);
          assert.match(error.message, /CONFIG_KPROBES and CONFIG_KPROBE_EVENTS/);
          assert.equal(error.advice, 'Use a tracepoint near the function instead.');
          return true;
        },
      );
      using multi = new Counter({ ...spec, expectedAttachType: multiAttachType([hook])! });
      assert.throws(() => attachAll(multi.program, [{ hook }]), UnsupportedFeatureError);
    },
  );
  test('kprobe and kretprobe, by name and by address', { skip }, () => {
    for (const each of [hook, { ...hook, return: true }]) {
      using counter = new Counter(spec);
      countsExactly(counter, each);
    }
    const byAddress: KprobeHook = { kind: 'kprobe', return: false, address: kallsyms().addressOf(name)! };
    using counter = new Counter(withCookies);
    countsExactly(counter, byAddress, 2, { cookie: 2n });
  });
  test('a function that is not there is named', { skip }, () => {
    using counter = new Counter(spec);
    assert.throws(
      () => attach(counter.program, { ...hook, function: 'no_such_function' }),
      (error: unknown) => {
        assert.ok(error instanceof SystemError);
        assert.equal(error.message, 'perf_event_open of kprobe no_such_function: No such file or directory (ENOENT)');
        assert.match(error.advice!, /^The kernel has no function no_such_function that can be probed/);
        return true;
      },
    );
    assert.throws(() => attach(counter.program, { ...hook, offset: 3 }), { errno: 84 });
  });
  test('many functions by one link', { skip: skipMulti }, () => {
    using counter = new Counter({ ...withCookies, expectedAttachType: multiAttachType([hook])! });
    countsExactly(counter, hook, 4, { cookie: 4n });
    const failed: Hook[] = [];
    const other = name.replace('_max', '_min');
    const bad: Hook = { ...hook, function: 'no_such_function' };
    const links = attachAll(
      counter.program,
      [
        { hook, cookie: 1n },
        { hook: bad, cookie: 2n },
        { hook: { ...hook, function: other }, cookie: 3n },
        { hook: { ...hook, return: true }, cookie: 5n },
        { hook: { kind: 'kprobe', return: false, address: kallsyms().addressOf(name)! }, cookie: 6n },
      ],
      { onFailure: (point) => failed.push(point.hook) },
    );
    drive(10);
    for (const link of links) link.close();
    assert.deepEqual(failed, [bad]);
    assert.deepEqual(counter.read(7).slice(1), [10, 0, 0, 1000, 10, 10]);
  });
});

describe('USDT semaphores', () => {
  const NOP = arch === 'x86_64' ? [0x90, 0x90, 0x90, 0x90] : [0x1f, 0x20, 0x03, 0xd5];

  test('count the probes that are attached', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-'));
    const path = join(directory, 'binary');
    const page = pageSizeBytes();
    writeFileSync(path, Buffer.concat([Buffer.from(NOP), Buffer.alloc(2 * page - NOP.length)]));
    const fd = openSync(path, 'r+');
    try {
      // As a program has it mapped: code private, data private and writable.
      using _code = new Mapping(fd, { sizeBytes: page, private: true, what: path });
      using data = new Mapping(fd, { sizeBytes: page, offset: page, private: true, writable: true, what: path });
      const semaphore = new Uint16Array(data.buffer, 32, 1);
      using counter = new Counter(program(ProgramType.Kprobe, [...onlyProcess(), ...count(0), ...leave]));
      const hook: UprobeHook = { kind: 'uprobe', return: false, path, fileOffset: 0n, refCtrOffset: BigInt(page + 32) };
      semaphore[0] = 0;
      const link = attach(counter.program, hook);
      assert.equal(semaphore[0], 1);
      link.close();
      assert.equal(semaphore[0], 0);
    } finally {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    }
  });
});

describe('nothing survives the process', () => {
  const script = `
    import { attach, KernelCollection } from ${JSON.stringify(import.meta.resolve('../index.ts'))};
    import { btfCounter, Counter, driverTracepoint, program, onlyProcess, leave } from ${JSON.stringify(import.meta.resolve('../live-test-support.ts'))};
    const raw = new Counter(btfCounter());
    const tp = new Counter(program(${ProgramType.Tracepoint}, [...onlyProcess(), ...leave]));
    const links = [attach(raw.program, { kind: 'btfTracepoint', event: 'sys_enter' }), attach(tp.program, { kind: 'tracepoint', ...driverTracepoint })];
    console.log(JSON.stringify({ programs: [raw, tp].map((c) => c.program.info().id), links: links.flatMap((l) => l.info().ids) }));
    setInterval(() => {}, 1000);
  `;
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`after ${signal} its programs and links are gone`, async () => {
      const child = spawn(process.execPath, [...nodeFlags, '--input-type=module-typescript', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const died = once(child, 'exit').then(([code, by]) => assert.fail(`it ended early: ${code ?? by}`));
      const [line] = (await Promise.race([once(child.stdout, 'data'), died])) as [Buffer];
      died.catch(() => undefined); // from here on it is meant to end
      const ids = JSON.parse(line.toString()) as { programs: number[]; links: number[] };
      assert.equal(ids.links.length, 2);
      assert.ok(ids.programs.every(programExists) && ids.links.every(linkExists));
      child.kill(signal);
      await once(child, 'exit');
      const gone = (): boolean => !ids.programs.some(programExists) && !ids.links.some(linkExists);
      for (let waited = 0; !gone() && waited < 2000; waited += 20)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(gone());
    });
  }
});
