/** Random valid instructions, for property tests. */
import fc from 'fast-check';
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
  endian,
  exit,
  load,
  loadAbsolute,
  loadAcquire,
  loadImm64,
  loadIndirect,
  loadMapFd,
  loadMapValueFd,
  loadSigned,
  movsx32,
  movsx64,
  neg32,
  neg64,
  register,
  store,
  storeImm,
  storeRelease,
} from './build.ts';
import type { AccessSize, AluName, AtomicName, Operand, Register } from './build.ts';
import { Class, JumpOp, PseudoCall, PseudoLoad, Source } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { LD_IMM64 } from './slots.ts';

const anyRegister: fc.Arbitrary<Register> = fc.nat(10).map(register);
const imm = fc.oneof(fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.integer({ min: -3, max: 3 }));
const offset = fc.oneof(fc.integer({ min: -0x8000, max: 0x7fff }), fc.integer({ min: -3, max: 3 }));
const operand: fc.Arbitrary<Operand> = fc.oneof(anyRegister, imm);
const size = fc.constantFrom<AccessSize>(1, 2, 4, 8);
const wordSize = fc.constantFrom<4 | 8>(4, 8);
const aluName = fc.constantFrom<AluName>(
  'add',
  'sub',
  'mul',
  'div',
  'sdiv',
  'or',
  'and',
  'lsh',
  'rsh',
  'mod',
  'smod',
  'xor',
  'mov',
  'arsh',
);
const atomicName = fc.constantFrom<AtomicName>('add', 'or', 'and', 'xor');
const unsigned64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const unsigned31 = fc.nat(0x7fffffff);

const jumpOps = [
  JumpOp.JEQ,
  JumpOp.JGT,
  JumpOp.JGE,
  JumpOp.JSET,
  JumpOp.JNE,
  JumpOp.JSGT,
  JumpOp.JSGE,
  JumpOp.JLT,
  JumpOp.JLE,
  JumpOp.JSLT,
  JumpOp.JSLE,
];
const plain = (opcode: number, dst: number, src: number, off: number, value: number): Instruction => ({
  opcode,
  dst,
  src,
  offset: off,
  imm: value,
});

function wide(dst: number, src: number, value: bigint): Instruction {
  return { ...plain(LD_IMM64, dst, src, 0, Number(BigInt.asIntN(32, value))), imm64: value };
}

/** Every form of the instruction set, resolved. */
export const anyInstruction: fc.Arbitrary<Instruction> = fc.oneof(
  fc.tuple(aluName, anyRegister, operand).map(([op, dst, src]) => alu64(op, dst, src)),
  fc.tuple(aluName, anyRegister, operand).map(([op, dst, src]) => alu32(op, dst, src)),
  anyRegister.map(neg64),
  anyRegister.map(neg32),
  fc
    .tuple(anyRegister, anyRegister, fc.constantFrom<8 | 16 | 32>(8, 16, 32))
    .map(([dst, src, bits]) => movsx64(dst, src, bits)),
  fc.tuple(anyRegister, anyRegister, fc.constantFrom<8 | 16>(8, 16)).map(([dst, src, bits]) => movsx32(dst, src, bits)),
  fc
    .tuple(anyRegister, anyRegister, fc.boolean())
    .map(([dst, src, up]) => addressSpaceCast(dst, src, up ? 1 : 0, up ? 0 : 1)),
  fc
    .tuple(fc.constantFrom<'le' | 'be'>('le', 'be'), anyRegister, fc.constantFrom<16 | 32 | 64>(16, 32, 64))
    .map(([o, dst, bits]) => endian(o, dst, bits)),
  fc.tuple(anyRegister, fc.constantFrom<16 | 32 | 64>(16, 32, 64)).map(([dst, bits]) => bswap(dst, bits)),
  fc.tuple(size, anyRegister, anyRegister, offset).map(([s, dst, src, off]) => load(s, dst, src, off)),
  fc
    .tuple(fc.constantFrom<1 | 2 | 4>(1, 2, 4), anyRegister, anyRegister, offset)
    .map(([s, dst, src, off]) => loadSigned(s, dst, src, off)),
  fc.tuple(size, anyRegister, offset, anyRegister).map(([s, dst, off, src]) => store(s, dst, off, src)),
  fc.tuple(size, anyRegister, offset, imm).map(([s, dst, off, value]) => storeImm(s, dst, off, value)),
  fc.tuple(fc.constantFrom<1 | 2 | 4>(1, 2, 4), unsigned31).map(([s, value]) => loadAbsolute(s, value)),
  fc.tuple(fc.constantFrom<1 | 2 | 4>(1, 2, 4), anyRegister, imm).map(([s, src, value]) => loadIndirect(s, src, value)),
  fc.tuple(anyRegister, unsigned64).map(([dst, value]) => loadImm64(dst, value)),
  fc.tuple(anyRegister, unsigned31).map(([dst, fd]) => loadMapFd(dst, fd)),
  fc.tuple(anyRegister, unsigned31, unsigned31).map(([dst, fd, off]) => loadMapValueFd(dst, fd, off)),
  fc
    .tuple(anyRegister, fc.constantFrom(PseudoLoad.BTF_ID, PseudoLoad.MAP_IDX_VALUE), unsigned64)
    .map(([dst, src, v]) => wide(Number(dst.slice(1)), src, v)),
  fc
    .tuple(anyRegister, fc.constantFrom(PseudoLoad.FUNC, PseudoLoad.MAP_IDX), fc.nat(0xffffffff))
    .map(([dst, src, v]) => wide(Number(dst.slice(1)), src, BigInt(v))),
  fc
    .tuple(fc.constantFrom(Class.JMP, Class.JMP32), fc.constantFrom(...jumpOps), fc.nat(10), offset, operand)
    .map(([cls, op, dst, off, src]) =>
      typeof src === 'string'
        ? plain(cls | op | Source.X, dst, Number(src.slice(1)), off, 0)
        : plain(cls | op | Source.K, dst, 0, off, src),
    ),
  offset.map((off) => plain(Class.JMP | JumpOp.JA, 0, 0, off, 0)),
  imm.map((value) => plain(Class.JMP32 | JumpOp.JA, 0, 0, 0, value)),
  offset.map((off) => plain(Class.JMP | JumpOp.JCOND, 0, 0, off, 0)),
  unsigned31.map(call),
  imm.map((value) => plain(Class.JMP | JumpOp.CALL, 0, PseudoCall.SUBPROGRAM, 0, value)),
  fc.tuple(unsigned31, offset).map(([value, off]) => plain(Class.JMP | JumpOp.CALL, 0, PseudoCall.KFUNC, off, value)),
  fc.constant(exit()),
  fc
    .tuple(atomicName, wordSize, anyRegister, offset, anyRegister)
    .map(([op, s, dst, off, src]) => atomic(op, s, dst, off, src)),
  fc
    .tuple(atomicName, wordSize, anyRegister, offset, anyRegister)
    .map(([op, s, dst, off, src]) => atomicFetch(op, s, dst, off, src)),
  fc.tuple(wordSize, anyRegister, offset, anyRegister).map(([s, dst, off, src]) => atomicExchange(s, dst, off, src)),
  fc
    .tuple(wordSize, anyRegister, offset, anyRegister)
    .map(([s, dst, off, src]) => atomicCompareExchange(s, dst, off, src)),
  fc.tuple(size, anyRegister, anyRegister, offset).map(([s, dst, src, off]) => loadAcquire(s, dst, src, off)),
  fc.tuple(size, anyRegister, offset, anyRegister).map(([s, dst, off, src]) => storeRelease(s, dst, off, src)),
);
