import type { Architecture } from './architecture.ts';

/** Where things stand in `struct pt_regs` (arm64: `struct user_pt_regs`, its first part). Offsets in bytes; all are 8 bytes wide. */
export interface RegisterLayout {
  readonly sizeBytes: number;
  /** Registers by the names that scripts use. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Function arguments in order, as long as they are passed in registers. */
  readonly functionArguments: readonly string[];
  readonly syscallArguments: readonly string[];
  readonly returnValue: string;
  readonly instructionPointer: string;
  readonly stackPointer: string;
  readonly framePointer: string;
  /** Holds the number of the system call that was entered. */
  readonly syscallNumber: string;
  /** Where a function finds its return address on entry: a register, or the word that the stack pointer points to. */
  readonly returnAddress: { readonly register: string } | 'stack';
}

const x86: RegisterLayout = {
  sizeBytes: 168,
  offsets: {
    r15: 0,
    r14: 8,
    r13: 16,
    r12: 24,
    bp: 32,
    bx: 40,
    r11: 48,
    r10: 56,
    r9: 64,
    r8: 72,
    ax: 80,
    cx: 88,
    dx: 96,
    si: 104,
    di: 112,
    orig_rax: 120,
    ip: 128,
    pc: 128,
    cs: 136,
    flags: 144,
    sp: 152,
    ss: 160,
  },
  functionArguments: ['di', 'si', 'dx', 'cx', 'r8', 'r9'],
  syscallArguments: ['di', 'si', 'dx', 'r10', 'r8', 'r9'],
  returnValue: 'ax',
  instructionPointer: 'ip',
  stackPointer: 'sp',
  framePointer: 'bp',
  syscallNumber: 'orig_rax',
  returnAddress: 'stack',
};

const arm64: RegisterLayout = {
  sizeBytes: 272,
  offsets: {
    ...Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`r${i}`, i * 8])),
    sp: 248,
    pc: 256,
    pstate: 264,
  },
  functionArguments: ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'],
  syscallArguments: ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'],
  returnValue: 'r0',
  instructionPointer: 'pc',
  stackPointer: 'sp',
  framePointer: 'r29',
  syscallNumber: 'r8',
  returnAddress: { register: 'r30' },
};

const layouts: Readonly<Record<Architecture, RegisterLayout>> = { x86_64: x86, arm64 };

export function registerLayout(arch: Architecture): RegisterLayout {
  return layouts[arch];
}

/** Byte offset of a register in the probe's `struct pt_regs`; undefined for a name that the architecture lacks. */
export function registerOffset(arch: Architecture, name: string): number | undefined {
  const { offsets } = layouts[arch];
  return Object.hasOwn(offsets, name) ? offsets[name] : undefined;
}
