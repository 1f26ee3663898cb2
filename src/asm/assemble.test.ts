import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../base/index.ts';
import {
  assemble,
  atomicFetch,
  call,
  callKfunc,
  callSubprogram,
  disassemble,
  exit,
  jumpIf,
  jumpIf32,
  labelled,
  load,
  loadImm64,
  loadMap,
  loadMapValue,
  mov64,
  resolveLabels,
  store,
} from './index.ts';
import type { Instruction } from './index.ts';
import { anyInstruction } from './testdata.ts';

/** A call into a module names the module in a field that is not printed. */
const isPrintedWhole = (insn: Instruction): boolean => !(insn.opcode === 0x85 && insn.offset !== 0);

test('assemble gives back what disassemble was given', () => {
  fc.assert(
    fc.property(fc.array(anyInstruction.filter(isPrintedWhole), { maxLength: 12 }), (program) => {
      assert.deepEqual(assemble(disassemble(program)), program);
      for (const insn of program) assert.deepEqual(assemble(disassemble(insn)), [insn]);
    }),
    { numRuns: 300 },
  );
});

test('a program with labels, comments and names', () => {
  const program = assemble(`
    ; count calls by process
        call bpf_get_current_pid_tgid
        *(u64 *)(r10 -8) = r0
        r1 = map[@calls]
        r3 = map[data][0]+16
    again:
        r2 = *(u32 *)(r1 +4)      ; a remark
        r4 = atomic64_fetch_add((u64 *)(r10 -8), r4)
        if r2 == 0x0 goto out
        if w2 s< -1 goto pc-3
        call sub
        call kfunc bpf_rcu_read_lock
        r5 = 0x1122334455667788
    out:
        exit
    sub:
        r0 = 0
        exit`);
  assert.deepEqual(program, [
    call(14),
    store(8, 'r10', -8, 'r0'),
    loadMap('r1', '@calls'),
    loadMapValue('r3', 'data', 16),
    labelled('again', load(4, 'r2', 'r1', 4)),
    atomicFetch('add', 8, 'r10', -8, 'r4'),
    jumpIf('eq', 'r2', 0, 'out'),
    (({ jumpTo: _, ...rest }) => ({ ...rest, offset: -3 }))(jumpIf32('slt', 'r2', -1, '')),
    callSubprogram('sub'),
    callKfunc('bpf_rcu_read_lock'),
    loadImm64('r5', 0x1122334455667788n),
    labelled('out', exit()),
    labelled('sub', mov64('r0', 0)),
    exit(),
  ]);
  assert.equal(disassemble(resolveLabels(program)[6]!), 'if r2 == 0x0 goto pc+5');
});

test('what is no instruction is refused with its place', () => {
  const cases: [string, RegExp][] = [
    ['r0 = 0\nfoo', /'foo' is no instruction \(at offset 7\)/],
    ['r11 = 0', /register r11/],
    ['r0 = 4294967296', /does not fit 32 bits/],
    ['r0 = *(u64 *)(r1 +40000)', /does not fit 16 bits/],
    ['r0 ~= 1', /no instruction/],
    ['r1 = be16 r2', /no instruction/],
    ['lock *(u8 *)(r1 +0) += r2', /unknown opcode/],
    ['end:', /nothing follows the label 'end'/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => assemble(text),
      (error) => error instanceof FormatError && message.test(error.message),
      text,
    );
  }
});

test('any text is parsed or refused with a FormatError', () => {
  const words = fc.constantFrom(
    'r0',
    'r1',
    'w2',
    '=',
    '+=',
    '5',
    '-1',
    '0x10',
    '*(u64 *)(r1 +8)',
    'goto',
    'pc+1',
    'if',
    '==',
    'call',
    'map[x]',
    'lock',
    'exit',
    '\n',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), (parts) => {
      try {
        disassemble(assemble(parts.join(' ')));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
  );
});
