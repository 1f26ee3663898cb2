import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Errno, ProgramType } from '../../abi/index.ts';
import { exit, mov64 } from '../../asm/index.ts';
import { FakeSyscalls } from '../sys/fake.ts';
import { loadProgram } from './load.ts';

const program = {
  name: 'p',
  type: ProgramType.RawTracepoint,
  instructions: [mov64('r0', 0), exit()],
  license: 'GPL',
};

test('a load that a signal interrupts is made again', () => {
  let attempts = 0;
  using _ = new FakeSyscalls({ bpf: () => (++attempts < 4 ? -Errno.EAGAIN : 9) }).install();
  assert.equal(loadProgram(program, {}).fd, 9);
  assert.equal(attempts, 4);
});

test('but not for ever', () => {
  using _ = new FakeSyscalls({ bpf: () => -Errno.EAGAIN }).install();
  assert.throws(() => loadProgram(program, {}), /program p/);
});
