import { helperId } from '../abi/index.ts';
import { FormatError } from '../base/index.ts';
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
  endian,
  exit,
  gotol,
  jump,
  jumpIf,
  jumpIf32,
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
  movsx32,
  movsx64,
  neg32,
  neg64,
  store,
  storeImm,
  storeRelease,
} from './build.ts';
import type { AccessSize, AluName, AtomicName, Condition, Operand, Register } from './build.ts';
import { checkEncoding } from './check.ts';
import { PseudoCall, PseudoLoad } from './instruction.ts';
import type { Instruction } from './instruction.ts';

const ALU_NAME: Readonly<Record<string, AluName>> = {
  '=': 'mov',
  '+=': 'add',
  '-=': 'sub',
  '*=': 'mul',
  '/=': 'div',
  's/=': 'sdiv',
  '|=': 'or',
  '&=': 'and',
  '<<=': 'lsh',
  '>>=': 'rsh',
  '%=': 'mod',
  's%=': 'smod',
  '^=': 'xor',
  's>>=': 'arsh',
};
const CONDITION_NAME: Readonly<Record<string, Condition>> = {
  '==': 'eq',
  '!=': 'ne',
  '>': 'gt',
  '>=': 'ge',
  '<': 'lt',
  '<=': 'le',
  's>': 'sgt',
  's>=': 'sge',
  's<': 'slt',
  's<=': 'sle',
  '&': 'set',
};
const ATOMIC_NAME: Readonly<Record<string, AtomicName>> = { '+=': 'add', '|=': 'or', '&=': 'and', '^=': 'xor' };

const oneOf = (table: object): string =>
  Object.keys(table)
    .map((sign) => sign.replace(/[|*+^]/g, '\\$&'))
    .join('|');
const ALU = `(${oneOf(ALU_NAME)})`;
const CONDITION = `(${oneOf(CONDITION_NAME)})`;

type Form = readonly [pattern: RegExp, build: (...parts: string[]) => Instruction];

/** How each form is written, and what it stands for. The first that matches the whole line counts. */
const makeForms = (): readonly Form[] => [
  form('exit', () => exit()),
  form('(r\\d+) = 0x([0-9a-f]+)', (dst, hex) => loadImm64(reg(dst), BigInt(`0x${hex}`))),
  form('(r\\d+) = map\\[fd:(\\d+)\\]', (dst, fd) => loadMapFd(reg(dst), Number(fd))),
  form('(r\\d+) = map\\[fd:(\\d+)\\]\\[0\\]\\+(\\d+)', (dst, fd, offset) =>
    loadMapValueFd(reg(dst), Number(fd), Number(offset)),
  ),
  form('(r\\d+) = map\\[idx:(\\d+)\\](?:\\[0\\]\\+(\\d+))?', mapByIndex),
  form('(r\\d+) = map\\[([^\\]]+)\\]', (dst, map) => loadMap(reg(dst), map)),
  form('(r\\d+) = map\\[([^\\]]+)\\]\\[0\\]\\+(\\d+)', (dst, map, offset) =>
    loadMapValue(reg(dst), map, Number(offset)),
  ),
  form('(r\\d+) = ksym\\[btf_id:(\\d+)(?:, btf_fd:(\\d+))?\\]', kernelSymbolById),
  form('(r\\d+) = subprog\\[([+-]\\d+)\\]', (dst, distance) =>
    pseudo(loadImm64(reg(dst), BigInt.asUintN(32, BigInt(distance))), PseudoLoad.FUNC),
  ),
  form('(r\\d+) = subprog\\[(\\S+)\\]', (dst, label) => loadSubprogram(reg(dst), label)),
  form('(r\\d+) = &(\\S+)', (dst, name) => loadKernelSymbol(reg(dst), name)),
  form('(r\\d+) = -\\1', (dst) => neg64(reg(dst))),
  form('w(\\d+) = -w\\1', (dst) => neg32(reg(`r${dst}`))),
  form('(r\\d+) = \\(s(8|16|32)\\)(r\\d+)', (dst, bits, src) => movsx64(reg(dst), reg(src), Number(bits) as 8)),
  form('w(\\d+) = \\(s(8|16)\\)w(\\d+)', (dst, bits, src) =>
    movsx32(reg(`r${dst}`), reg(`r${src}`), Number(bits) as 8),
  ),
  form('(r\\d+) = addr_space_cast\\((r\\d+), (\\d+), (\\d+)\\)', (dst, src, to, from) =>
    addressSpaceCast(reg(dst), reg(src), Number(to), Number(from)),
  ),
  form('(r\\d+) = (le|be)(16|32|64) \\1', (dst, order, bits) => endian(order as 'le', reg(dst), Number(bits) as 16)),
  form('(r\\d+) = bswap(16|32|64) \\1', (dst, bits) => bswap(reg(dst), Number(bits) as 16)),
  form('(r\\d+) = \\*\\((u|s)(8|16|32|64) \\*\\)\\((r\\d+) ([+-]\\d+)\\)', (dst, sign, bits, src, offset) =>
    sign === 'u'
      ? load(bytes(bits), reg(dst), reg(src), Number(offset))
      : loadSigned(bytes(bits) as 4, reg(dst), reg(src), Number(offset)),
  ),
  form('r0 = \\*\\(u(8|16|32) \\*\\)skb\\[(-?\\d+)\\]', (bits, imm) => loadAbsolute(bytes(bits) as 4, Number(imm))),
  form('r0 = \\*\\(u(8|16|32) \\*\\)skb\\[(r\\d+) \\+ (-?\\d+)\\]', (bits, src, imm) =>
    loadIndirect(bytes(bits) as 4, reg(src), Number(imm)),
  ),
  memory('lock \\*', ` (${oneOf(ATOMIC_NAME)}) (r\\d+)`, (size, dst, offset, sign, src) =>
    atomic(ATOMIC_NAME[sign]!, size as 4, dst, offset, reg(src)),
  ),
  memory('(r\\d+) = atomic(?:64)?_fetch_(add|or|and|xor)\\(', ', \\1\\)', (size, dst, offset, src, name) =>
    atomicFetch(name as AtomicName, size as 4, dst, offset, reg(src)),
  ),
  memory('(r\\d+) = atomic(?:64)?_xchg\\(', ', \\1\\)', (size, dst, offset, src) =>
    atomicExchange(size as 4, dst, offset, reg(src)),
  ),
  memory('r0 = atomic(?:64)?_cmpxchg\\(', ', r0, (r\\d+)\\)', (size, dst, offset, src) =>
    atomicCompareExchange(size as 4, dst, offset, reg(src)),
  ),
  memory('(r\\d+) = load_acquire\\(', '\\)', (size, src, offset, dst) => loadAcquire(size, reg(dst), src, offset)),
  memory('store_release\\(', ', (r\\d+)\\)', (size, dst, offset, src) => storeRelease(size, dst, offset, reg(src))),
  memory('\\*', ' = (r\\d+)', (size, dst, offset, src) => store(size, dst, offset, reg(src))),
  memory('\\*', ' = (-?\\d+)', (size, dst, offset, imm) => storeImm(size, dst, offset, Number(imm))),
  form(`(r\\d+) ${ALU} (r\\d+|-?\\d+)`, (dst, sign, src) => alu64(ALU_NAME[sign]!, reg(dst), operand(src))),
  form(`w(\\d+) ${ALU} (w\\d+|-?\\d+)`, (dst, sign, src) =>
    alu32(ALU_NAME[sign]!, reg(`r${dst}`), operand(src.replace('w', 'r'))),
  ),
  form(`if (r\\d+) ${CONDITION} (r\\d+|0x[0-9a-f]+|-?\\d+) goto (\\S+)`, (dst, sign, src, target) =>
    aimed(jumpIf(CONDITION_NAME[sign]!, reg(dst), operand(src), target)),
  ),
  form(`if w(\\d+) ${CONDITION} (w\\d+|0x[0-9a-f]+|-?\\d+) goto (\\S+)`, (dst, sign, src, target) =>
    aimed(jumpIf32(CONDITION_NAME[sign]!, reg(`r${dst}`), operand(src.replace('w', 'r')), target)),
  ),
  form('goto (\\S+)', (target) => aimed(jump(target))),
  form('gotol (\\S+)', (target) => aimed(gotol(target), 'imm')),
  form('may_goto (\\S+)', (target) => aimed(mayGoto(target))),
  form('call (pc[+-]\\d+)', (target) => aimed(callSubprogram(target), 'imm')),
  form('call (?:unknown|bpf_\\w+)#(\\d+)', (id) => call(Number(id))),
  form('call kernel-function#(-?\\d+)', (id) => ({ ...call(Number(id)), src: PseudoCall.KFUNC })),
  form('call kfunc (\\w+)', (name) => callKfunc(name)),
  form('call (\\S+)', (name) => callByName(name)),
];

/**
 * Parses a program in the notation that `disassemble` prints. A line may begin with `SLOT: (OPCODE)`, which is ignored;
 * `NAME:` alone labels the next instruction, and jumps may go to `pc+N` or to a label; `;` begins a comment. Beyond
 * what is printed, `call NAME` takes a helper's name or a label, and `call kfunc NAME` a kernel function's.
 * Throws FormatError, whose offset is that of the line in the text.
 */
export function assemble(text: string): Instruction[] {
  const insns: Instruction[] = [];
  let label: string | undefined;
  let offset = 0;
  for (const line of text.split('\n')) {
    const code = line
      .replace(/;.*/, '')
      .replace(/^\s*\d+:\s*(\([0-9a-f]{2}\))?/, '')
      .trim();
    const labelHere = /^([A-Za-z_.$][\w.$]*):$/.exec(code)?.[1];
    if (labelHere !== undefined) {
      label = labelHere;
    } else if (code !== '') {
      const insn = parseLine(code, offset);
      insns.push(label === undefined ? insn : { ...insn, label });
      label = undefined;
    }
    offset += line.length + 1;
  }
  if (label !== undefined) throw new FormatError('assembly', text.length, `nothing follows the label '${label}'`);
  return insns;
}

/** Made at the first use: most programs never assemble text. */
let forms: readonly Form[] | undefined;

function parseLine(code: string, offset: number): Instruction {
  forms ??= makeForms();
  for (const [pattern, build] of forms) {
    const match = pattern.exec(code);
    if (match === null) continue;
    const insn = build(...match.slice(1));
    const problem = checkRanges(insn) ?? checkEncoding(insn);
    if (problem !== undefined) throw new FormatError('assembly', offset, `'${code}': ${problem}`);
    return insn;
  }
  throw new FormatError('assembly', offset, `'${code}' is no instruction`);
}

function checkRanges({ offset, imm }: Instruction): string | undefined {
  if (offset < -0x8000 || offset > 0x7fff) return `the offset ${offset} does not fit 16 bits`;
  return imm < -0x80000000 || imm > 0x7fffffff ? `the immediate ${imm} does not fit 32 bits` : undefined;
}

function form(pattern: string, build: (...parts: string[]) => Instruction): Form {
  return [new RegExp(`^${pattern}$`), build];
}

/** A form around `(uN *)(rB +OFF)`; `build` gets size, base and offset, then the groups before and after. */
function memory(
  before: string,
  after: string,
  build: (size: AccessSize, base: Register, offset: number, ...parts: string[]) => Instruction,
): Form {
  const pattern = new RegExp(
    `^${before}\\(u(?<bits>8|16|32|64) \\*\\)\\((?<base>r\\d+) (?<offset>[+-]\\d+)\\)${after}$`,
  );
  const groupsBefore = new RegExp(`${before}|`).exec('')!.length - 1;
  return [
    pattern,
    (...parts) => {
      const [bits, base, offset] = parts.slice(groupsBefore, groupsBefore + 3) as [string, string, string];
      return build(
        bytes(bits),
        reg(base),
        Number(offset),
        ...parts.slice(0, groupsBefore),
        ...parts.slice(groupsBefore + 3),
      );
    },
  ];
}

const bytes = (bits: string): AccessSize => (Number(bits) / 8) as AccessSize;
/** A register that does not exist is found by `checkEncoding`. */
const reg = (name: string): Register => name as Register;

function operand(text: string): Operand {
  // Conditions are printed as 32 bits without sign.
  return text.startsWith('r') ? reg(text) : text.startsWith('0x') ? Number(text) | 0 : Number(text);
}

function pseudo(insn: Instruction, src: number): Instruction {
  return { ...insn, src };
}

function mapByIndex(dst: string, index: string, offset: string | undefined): Instruction {
  if (offset === undefined) return pseudo(loadMapFd(reg(dst), Number(index)), PseudoLoad.MAP_IDX);
  return pseudo(loadMapValueFd(reg(dst), Number(index), Number(offset)), PseudoLoad.MAP_IDX_VALUE);
}

function kernelSymbolById(dst: string, id: string, fd: string | undefined): Instruction {
  return pseudo(loadMapValueFd(reg(dst), Number(id), Number(fd ?? 0)), PseudoLoad.BTF_ID);
}

function callByName(name: string): Instruction {
  const id = name.startsWith('bpf_') ? helperId(name) : undefined;
  return id === undefined ? callSubprogram(name) : call(id);
}

/** `pc+N` as a target is an offset already. */
function aimed(insn: Instruction, field: 'offset' | 'imm' = 'offset'): Instruction {
  const distance = /^pc([+-]\d+)$/.exec(insn.jumpTo ?? '')?.[1];
  if (distance === undefined) return insn;
  const { jumpTo: _, ...rest } = insn;
  return { ...rest, [field]: Number(distance) };
}
