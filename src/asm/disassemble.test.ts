import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressSpaceCast,
  alu32,
  alu64,
  atomic,
  atomicCompareExchange,
  atomicExchange,
  atomicFetch,
  bswap,
  call,
  callKfunc,
  callSubprogram,
  Class,
  disassemble,
  endian,
  exit,
  gotol,
  jump,
  jumpIf,
  jumpIf32,
  JumpOp,
  labelled,
  load,
  loadAbsolute,
  loadAcquire,
  loadImm64,
  loadIndirect,
  loadKernelSymbol,
  loadMap,
  loadMapFd,
  loadMapValue,
  loadMapValueFd,
  loadSigned,
  loadSubprogram,
  mayGoto,
  mov32,
  mov64,
  movsx32,
  movsx64,
  neg32,
  neg64,
  store,
  storeImm,
  storeRelease,
} from './index.ts';
import type { AluName, Condition, Instruction } from './index.ts';

test('arithmetic', () => {
  const signs: [AluName, string][] = [
    ['add', '+='],
    ['sub', '-='],
    ['mul', '*='],
    ['div', '/='],
    ['sdiv', 's/='],
    ['or', '|='],
    ['and', '&='],
    ['lsh', '<<='],
    ['rsh', '>>='],
    ['mod', '%='],
    ['smod', 's%='],
    ['xor', '^='],
    ['mov', '='],
    ['arsh', 's>>='],
  ];
  for (const [name, sign] of signs) {
    assert.equal(disassemble(alu64(name, 'r1', 'r2')), `r1 ${sign} r2`);
    assert.equal(disassemble(alu32(name, 'r1', 'r2')), `w1 ${sign} w2`);
    assert.equal(disassemble(alu64(name, 'r3', -7)), `r3 ${sign} -7`);
    assert.equal(disassemble(alu32(name, 'r3', 7)), `w3 ${sign} 7`);
  }
});

test('conditions', () => {
  const signs: [Condition, string][] = [
    ['eq', '=='],
    ['ne', '!='],
    ['gt', '>'],
    ['ge', '>='],
    ['lt', '<'],
    ['le', '<='],
    ['sgt', 's>'],
    ['sge', 's>='],
    ['slt', 's<'],
    ['sle', 's<='],
    ['set', '&'],
  ];
  const at = (insn: Instruction, offset: number): Instruction => ({ ...insn, jumpTo: undefined, offset });
  for (const [name, sign] of signs) {
    assert.equal(disassemble(at(jumpIf(name, 'r1', 'r2', ''), 3)), `if r1 ${sign} r2 goto pc+3`);
    assert.equal(disassemble(at(jumpIf(name, 'r1', 0, ''), 3)), `if r1 ${sign} 0x0 goto pc+3`);
    assert.equal(disassemble(at(jumpIf32(name, 'r1', 'r2', ''), -2)), `if w1 ${sign} w2 goto pc-2`);
    assert.equal(disassemble(at(jumpIf32(name, 'r1', -1, ''), -2)), `if w1 ${sign} 0xffffffff goto pc-2`);
  }
});

const cases: [Instruction, string][] = [
  [mov64('r0', 0), 'r0 = 0'],
  [mov32('r0', -1), 'w0 = -1'],
  [neg64('r4'), 'r4 = -r4'],
  [neg32('r4'), 'w4 = -w4'],
  [movsx64('r1', 'r2', 8), 'r1 = (s8)r2'],
  [movsx64('r1', 'r2', 32), 'r1 = (s32)r2'],
  [movsx32('r1', 'r2', 16), 'w1 = (s16)w2'],
  [addressSpaceCast('r1', 'r2', 0, 1), 'r1 = addr_space_cast(r2, 0, 1)'],
  [addressSpaceCast('r1', 'r2', 1, 0), 'r1 = addr_space_cast(r2, 1, 0)'],
  [endian('be', 'r1', 16), 'r1 = be16 r1'],
  [endian('le', 'r1', 64), 'r1 = le64 r1'],
  [bswap('r1', 32), 'r1 = bswap32 r1'],
  [load(4, 'r0', 'r1', 8), 'r0 = *(u32 *)(r1 +8)'],
  [load(1, 'r0', 'r1', 0), 'r0 = *(u8 *)(r1 +0)'],
  [load(8, 'r0', 'r10', -16), 'r0 = *(u64 *)(r10 -16)'],
  [loadSigned(2, 'r1', 'r2', -4), 'r1 = *(s16 *)(r2 -4)'],
  [store(8, 'r10', -8, 'r1'), '*(u64 *)(r10 -8) = r1'],
  [store(2, 'r10', 6, 'r1'), '*(u16 *)(r10 +6) = r1'],
  [storeImm(4, 'r10', -4, 5), '*(u32 *)(r10 -4) = 5'],
  [storeImm(1, 'r10', -1, -1), '*(u8 *)(r10 -1) = -1'],
  [loadAbsolute(2, 12), 'r0 = *(u16 *)skb[12]'],
  [loadIndirect(4, 'r1', 12), 'r0 = *(u32 *)skb[r1 + 12]'],
  [atomic('add', 8, 'r1', 0, 'r2'), 'lock *(u64 *)(r1 +0) += r2'],
  [atomic('or', 4, 'r1', -4, 'r2'), 'lock *(u32 *)(r1 -4) |= r2'],
  [atomic('and', 8, 'r1', 0, 'r2'), 'lock *(u64 *)(r1 +0) &= r2'],
  [atomic('xor', 8, 'r1', 0, 'r2'), 'lock *(u64 *)(r1 +0) ^= r2'],
  [atomicFetch('add', 8, 'r1', 8, 'r2'), 'r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)'],
  [atomicFetch('xor', 4, 'r1', 8, 'r2'), 'r2 = atomic_fetch_xor((u32 *)(r1 +8), r2)'],
  [atomicExchange(8, 'r1', 0, 'r2'), 'r2 = atomic64_xchg((u64 *)(r1 +0), r2)'],
  [atomicExchange(4, 'r1', 0, 'r2'), 'r2 = atomic_xchg((u32 *)(r1 +0), r2)'],
  [atomicCompareExchange(8, 'r1', 0, 'r2'), 'r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)'],
  [atomicCompareExchange(4, 'r1', 0, 'r2'), 'r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)'],
  [loadAcquire(8, 'r1', 'r2', 4), 'r1 = load_acquire((u64 *)(r2 +4))'],
  [storeRelease(1, 'r1', 4, 'r2'), 'store_release((u8 *)(r1 +4), r2)'],
  [loadImm64('r1', 0n), 'r1 = 0x0'],
  [loadImm64('r1', -1n), 'r1 = 0xffffffffffffffff'],
  [loadMapFd('r1', 3), 'r1 = map[fd:3]'],
  [loadMapValueFd('r1', 3, 16), 'r1 = map[fd:3][0]+16'],
  [loadMap('r1', '@start'), 'r1 = map[@start]'],
  [loadMapValue('r1', 'data', 8), 'r1 = map[data][0]+8'],
  [loadKernelSymbol('r1', 'jiffies'), 'r1 = &jiffies'],
  [loadSubprogram('r1', 'callback'), 'r1 = subprog[callback]'],
  [jump('done'), 'goto done'],
  [gotol('done'), 'gotol done'],
  [mayGoto('done'), 'may_goto done'],
  [jumpIf('ne', 'r1', 16, 'done'), 'if r1 != 0x10 goto done'],
  [call(1), 'call bpf_map_lookup_elem#1'],
  [call(9999), 'call unknown#9999'],
  [callSubprogram('sub'), 'call sub'],
  [callKfunc('bpf_rdonly_cast'), 'call bpf_rdonly_cast#0'],
  [{ opcode: Class.JMP | JumpOp.CALL, dst: 0, src: 1, offset: 0, imm: 5 }, 'call pc+5'],
  [{ opcode: Class.JMP | JumpOp.CALL, dst: 0, src: 2, offset: 0, imm: 77 }, 'call kernel-function#77'],
  [{ opcode: Class.JMP32 | JumpOp.JA, dst: 0, src: 0, offset: 0, imm: -70000 }, 'gotol pc-70000'],
  [{ opcode: Class.JMP | JumpOp.JCOND, dst: 0, src: 0, offset: 1, imm: 0 }, 'may_goto pc+1'],
  [exit(), 'exit'],
  [{ opcode: 0xf5, dst: 0, src: 0, offset: 0, imm: 0 }, 'unknown opcode 0xf5'],
  [{ opcode: 0x86, dst: 0, src: 0, offset: 0, imm: 0 }, 'unknown opcode 0x86'],
];
for (const [insn, text] of cases) {
  test(text, () => assert.equal(disassemble(insn), text));
}

test('a program prints with slots, labels and comments', () => {
  const program: Instruction[] = [
    loadImm64('r1', 5n),
    { ...mov64('r0', 'r1'), comment: 'result' },
    labelled('out', exit()),
  ];
  assert.equal(disassemble(program), '   0: (18) r1 = 0x5\n   2: (bf) r0 = r1 ; result\nout:\n   3: (95) exit\n');
});
