import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HelperId, ProgramType } from '../../abi/index.ts';
import {
  alu64,
  call,
  callKfunc,
  callSubprogram,
  decode,
  exit,
  jump,
  labelled,
  load,
  loadSubprogram,
  mov64,
} from '../../asm/index.ts';
import { BugError, SystemError, UnsupportedFeatureError, VerifierError } from '../../base/index.ts';
import { probeFeature } from '../features/index.ts';
import { attach } from '../link/index.ts';
import { Counter, count, drive, driverNumber, leave, onlyProcess, program, rawCounter } from '../live-test-support.ts';
import { enableProgramStatistics, KernelProgram } from './index.ts';

test('a raw tracepoint program runs on our thread and returns', () => {
  using counter = new Counter(rawCounter([...count(3), mov64('r0', 77), exit()]));
  const context = new BigUint64Array([0n, BigInt(driverNumber)]);
  const { returnValue } = counter.program.testRun({ context: new Uint8Array(context.buffer) });
  assert.equal(returnValue, 77);
  assert.deepEqual(counter.read(4), [0, 0, 0, 1]);
  counter.program.testRun({ context: new Uint8Array(BigUint64Array.of(0n, 0n).buffer) });
  assert.deepEqual(counter.read(4), [0, 0, 0, 1]);
  counter.program.testRun({ context: new Uint8Array(context.buffer), cpu: 0 });
});

test('a packet program is run many times', () => {
  const spec = program(ProgramType.SocketFilter, [load(4, 'r0', 'r1', 0), exit()]);
  using loaded = KernelProgram.load(spec);
  assert.equal(loaded.testRun({ data: new Uint8Array(64), repeat: 10 }).returnValue, 64 - 14);
});

test('types that need an event say so', () => {
  using loaded = KernelProgram.load(program(ProgramType.Tracepoint, [mov64('r0', 0), exit()]));
  assert.throws(
    () => loaded.testRun(),
    (error: unknown) => {
      assert.ok(error instanceof SystemError);
      assert.equal(error.message, 'bpf(PROG_TEST_RUN): Not supported by this kernel (ENOTSUPP)');
      assert.equal(error.advice, "Programs of type tracepoint can't be run without an event.");
      return true;
    },
  );
});

test('info, and the instructions as the kernel keeps them', () => {
  using counter = new Counter(rawCounter());
  const info = counter.program.info();
  assert.ok(info.id > 0);
  assert.match(info.tag, /^[0-9a-f]{16}$/);
  assert.ok(info.verifiedInstructions > 5);
  const operations = (opcodes: readonly { opcode: number }[]): number[] => opcodes.map(({ opcode }) => opcode);
  const kernels = decode(counter.program.dumpXlated(), { kernelDump: true });
  assert.deepEqual(operations(kernels), operations(counter.program.spec.instructions));
});

test('time and runs are counted while statistics are enabled', () => {
  using counter = new Counter(rawCounter());
  using _statistics = enableProgramStatistics();
  using _link = attach(counter.program, { kind: 'rawTracepoint', event: 'sys_enter' });
  drive(100);
  const { runCount, runTimeNs, recursionMisses } = counter.program.info();
  assert.ok(runCount >= 100n, String(runCount));
  assert.ok(runTimeNs > 0n);
  assert.equal(recursionMisses, 0n);
});

test('a refused program: the reason, the instruction and the whole log', () => {
  const spec = program(ProgramType.RawTracepoint, [...onlyProcess(), ...count(0), load(8, 'r3', 'r5', 0), ...leave]);
  assert.throws(
    () => new Counter(spec),
    (error: unknown) => {
      assert.ok(error instanceof VerifierError);
      assert.equal(error.program, 'sonde_test');
      assert.equal(error.errno, 13);
      assert.equal(
        error.message,
        "the kernel's verifier refused program sonde_test: R5 !read_ok (EACCES, at 8: r3 = *(u64 *)(r5 +0))",
      );
      assert.equal(spec.instructions[error.instruction!]?.opcode, load(8, 'r3', 'r5', 0).opcode);
      assert.match(error.log, /processed \d+ insns/);
      return true;
    },
  );
});

test('refusals before the walk name the instruction too', () => {
  const unreachable = program(ProgramType.SocketFilter, [mov64('r0', 0), exit(), mov64('r0', 1), exit()]);
  assert.throws(
    () => KernelProgram.load(unreachable),
    (error: unknown) => {
      assert.ok(error instanceof VerifierError);
      assert.match(error.message, /unreachable insn 2 \(EINVAL/);
      assert.equal(error.instruction, 2);
      return true;
    },
  );
});

test('of a log larger than the first buffer the end is enough for the reason; the whole is there where wanted', () => {
  const long = Array.from({ length: 20_000 }, (_, i) => alu64('add', 'r0', i & 7));
  const spec = program(ProgramType.SocketFilter, [mov64('r0', 0), ...long, load(8, 'r3', 'r5', 0), exit()]);
  const refusalOf = (options: { wholeLog?: boolean }): VerifierError => {
    try {
      KernelProgram.load(spec, options).close();
    } catch (error) {
      if (error instanceof VerifierError) return error;
      throw error;
    }
    return assert.fail('it was accepted');
  };
  const short = refusalOf({});
  const whole = refusalOf({ wholeLog: true });
  for (const error of [short, whole]) {
    assert.match(error.message, /R5 !read_ok .*EACCES/);
    assert.equal(error.instruction, long.length + 1);
  }
  assert.ok(whole.log.length > 500_000);
  assert.ok(short.log.length <= whole.log.length);
});

test('an endless loop is refused with its reason', () => {
  const spec = program(ProgramType.SocketFilter, [labelled('again', mov64('r0', 0)), jump('again'), exit()]);
  assert.throws(() => KernelProgram.load(spec), VerifierError);
});

test('the log of an accepted program, when asked for', () => {
  using loaded = KernelProgram.load(program(ProgramType.SocketFilter, [mov64('r0', 0), exit()]), { logLevel: 1 });
  assert.match(loaded.log, /processed 2 insns/);
});

const needsKfuncs = { skip: probeFeature('kfunc').answer === 'no' && 'needs 6.2' };

test('kernel functions are found by name', needsKfuncs, () => {
  const kfuncs = program(ProgramType.RawTracepoint, [
    callKfunc('bpf_rcu_read_lock'),
    callKfunc('bpf_rcu_read_unlock'),
    mov64('r0', 0),
    exit(),
  ]);
  using _ = KernelProgram.load(kfuncs);
});

test('subprograms are found by name, and a kernel function that is not there is told', () => {
  const calls = program(ProgramType.SocketFilter, [
    mov64('r1', 5),
    callSubprogram('double'),
    exit(),
    labelled('double', mov64('r0', 'r1')),
    alu64('add', 'r0', 'r1'),
    exit(),
  ]);
  using loaded = KernelProgram.load(calls);
  assert.equal(loaded.testRun({ data: new Uint8Array(64) }).returnValue, 10);
  const missing = program(ProgramType.RawTracepoint, [callKfunc('bpf_no_such_function'), mov64('r0', 0), exit()]);
  assert.throws(() => KernelProgram.load(missing), UnsupportedFeatureError);
});

test('a helper calls back into a subprogram', () => {
  // bpf_loop(10, step, NULL, 0): each step counts. The steps see no pointer that they could count through but the map's.
  const spec = program(ProgramType.RawTracepoint, [
    mov64('r1', 10),
    loadSubprogram('r2', 'step'),
    mov64('r3', 0),
    mov64('r4', 0),
    call(HelperId.loop),
    exit(),
    labelled('step', mov64('r1', 0)),
    ...count(2),
    mov64('r0', 0),
    exit(),
  ]);
  using counter = new Counter(spec);
  assert.equal(counter.program.testRun({ context: new Uint8Array(8) }).returnValue, 10);
  assert.deepEqual(counter.read(4), [0, 0, 10, 0]);
});

test('a kernel object that is not there is named', () => {
  const spec = program(ProgramType.Tracing, [mov64('r0', 0), exit()], {
    expectedAttachType: 23,
    attachTo: { kind: 'typedef', name: 'btf_trace_nonesuch' },
  });
  assert.throws(() => KernelProgram.load(spec), {
    message: 'this kernel has no typedef btf_trace_nonesuch in its BTF',
  });
});

test('a program that names a map outside of its collection is our mistake', () => {
  assert.throws(
    () => KernelProgram.load(program(ProgramType.SocketFilter, [...count(0), mov64('r0', 0), exit()])),
    BugError,
  );
});

test('a helper that the type may not call is named in the reason', () => {
  const spec = program(ProgramType.RawTracepoint, [call(HelperId.perf_prog_read_value), mov64('r0', 0), exit()]);
  assert.throws(() => KernelProgram.load(spec), /perf_prog_read_value/);
});
