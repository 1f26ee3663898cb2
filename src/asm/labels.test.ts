import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BugError } from '../base/index.ts';
import {
  alu64,
  callSubprogram,
  decode,
  disassemble,
  encode,
  exit,
  gotol,
  jump,
  jumpIf,
  jumpIf32,
  labelled,
  loadImm64,
  loadSubprogram,
  mayGoto,
  mov64,
  resolveLabels,
} from './index.ts';
import type { Instruction } from './index.ts';

const texts = (insns: readonly Instruction[]): string[] => resolveLabels(insns).map((insn) => disassemble(insn));

test('offsets count slots from the next instruction; a 64-bit load is two', () => {
  assert.deepEqual(
    texts([
      labelled('start', mov64('r0', 0)),
      jumpIf('eq', 'r1', 0, 'end'),
      loadImm64('r2', 1n),
      jumpIf32('slt', 'r2', 'r3', 'start'),
      mayGoto('end'),
      jump('end'),
      gotol('start'),
      labelled('end', exit()),
    ]),
    [
      'r0 = 0',
      'if r1 == 0x0 goto pc+6',
      'r2 = 0x1',
      'if w2 s< w3 goto pc-5',
      'may_goto pc+2',
      'goto pc+1',
      'gotol pc-8',
      'exit',
    ],
  );
});

test('calls and addresses of subprograms', () => {
  assert.deepEqual(
    texts([loadSubprogram('r1', 'sub'), callSubprogram('sub'), exit(), labelled('sub', mov64('r0', 1)), exit()]),
    ['r1 = subprog[+3]', 'call pc+1', 'exit', 'r0 = 1', 'exit'],
  );
});

test('an instruction without a target is left as it is', () => {
  const program = [labelled('a', mov64('r0', 0)), exit()];
  assert.deepEqual(resolveLabels(program), program);
});

test('a resolved program encodes and decodes', () => {
  const program = resolveLabels([loadSubprogram('r1', 'back'), jump('back'), labelled('back', exit())]);
  const bare = program.map(({ label: _, ...insn }) => insn);
  assert.deepEqual(decode(encode(program)), bare);
});

test('a far plain jump becomes gotol, a far conditional one is refused', () => {
  const far = (first: Instruction): Instruction[] => [
    first,
    ...Array.from({ length: 40_000 }, () => alu64('add', 'r0', 1)),
    labelled('end', exit()),
  ];
  assert.equal(disassemble(resolveLabels(far(jump('end')))[0]!), 'gotol pc+40000');
  assert.throws(() => resolveLabels(far(jumpIf('eq', 'r0', 0, 'end'))), /spans 40000 instructions/);
  const near = [jump('end'), ...Array.from({ length: 0x7fff }, () => mov64('r0', 0)), labelled('end', exit())];
  assert.equal(disassemble(resolveLabels(near)[0]!), 'goto pc+32767');
});

test('mistakes of the caller are bugs', () => {
  assert.throws(() => resolveLabels([jump('nowhere')]), BugError);
  assert.throws(() => resolveLabels([labelled('a', exit()), labelled('a', exit())]), /two instructions/);
  assert.throws(() => resolveLabels([{ ...exit(), jumpTo: 'a' }, labelled('a', exit())]), BugError);
  assert.throws(() => resolveLabels([{ ...mov64('r0', 0), jumpTo: 'a' }, labelled('a', exit())]), BugError);
});
