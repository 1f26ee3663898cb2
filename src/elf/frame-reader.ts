/** The records of .eh_frame (CIE, FDE) and their instructions, as rows of an unwinding table. x86-64. */
import { FormatError } from '../base/index.ts';
import { FrameRule, RbpRule } from '../abi/index.ts';
import type { FrameState, UnwindRow } from './frame-rules.ts';

const WHAT = '.eh_frame';

const RBP = 6;
const RSP = 7;
const RETURN_ADDRESS = 16;

/** DW_CFA_*: the first three carry an operand in their low 6 bits. */
const Cfa = {
  AdvanceLoc: 0x40,
  Offset: 0x80,
  Restore: 0xc0,
  Nop: 0x00,
  SetLoc: 0x01,
  AdvanceLoc1: 0x02,
  AdvanceLoc2: 0x03,
  AdvanceLoc4: 0x04,
  OffsetExtended: 0x05,
  RestoreExtended: 0x06,
  Undefined: 0x07,
  SameValue: 0x08,
  Register: 0x09,
  RememberState: 0x0a,
  RestoreState: 0x0b,
  DefCfa: 0x0c,
  DefCfaRegister: 0x0d,
  DefCfaOffset: 0x0e,
  DefCfaExpression: 0x0f,
  Expression: 0x10,
  OffsetExtendedSf: 0x11,
  DefCfaSf: 0x12,
  DefCfaOffsetSf: 0x13,
  ValOffset: 0x14,
  ValOffsetSf: 0x15,
  ValExpression: 0x16,
  GnuArgsSize: 0x2e,
  GnuNegativeOffsetExtended: 0x2f,
} as const;

/** DW_OP_* that occur in the expressions of compilers and linkers. */
const Op = { Deref: 0x06, And: 0x1a, Plus: 0x22, Shl: 0x24, Ge: 0x2a, Lit0: 0x30, Breg0: 0x70 } as const;

/** Bytes: what claims more is damage. */
const LARGEST_FUNCTION = 0xffff_ffffn;

export interface UnwoundFunction {
  readonly start: bigint;
  readonly end: bigint;
  readonly rows: readonly UnwindRow[];
}

interface CommonInformation {
  readonly codeAlignment: bigint;
  readonly dataAlignment: number;
  readonly pointerEncoding: number;
  readonly hasAugmentation: boolean;
  readonly isSignal: boolean;
  readonly initial: Machine;
}

/** Registers' rules while instructions are run. */
interface Machine {
  readonly frame: number;
  readonly offset: number;
  readonly cfaRegister: number;
  readonly rbp: number;
  readonly rbpOffset: number;
  /** The return address is where it always is, nowhere (the outermost frame), or elsewhere. */
  readonly returnAddress: 'usual' | 'none' | 'unusual';
}

const AT_START: Machine = {
  frame: FrameRule.Unknown,
  offset: 0,
  cfaRegister: -1,
  rbp: RbpRule.Same,
  rbpOffset: 0,
  returnAddress: 'usual',
};

export class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #address: bigint;
  readonly #common = new Map<number, CommonInformation>();
  #at = 0;

  constructor(bytes: Uint8Array, address: bigint) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#address = address;
  }

  /** In the section's order. Throws FormatError. */
  *functions(): Generator<UnwoundFunction> {
    for (let at = 0; at + 4 <= this.#bytes.length;) {
      const { body, end } = this.#record(at);
      if (end > body) {
        const distance = this.#view.getUint32(body, true);
        const found = distance === 0 ? undefined : this.#description(body, end, body - distance);
        if (found !== undefined) yield found;
      }
      at = end;
    }
  }

  /** Where a record's body begins, and its end. An empty one ends the records of one input file of the linker. */
  #record(at: number): { readonly body: number; readonly end: number } {
    this.#at = at;
    let length = this.#unsigned(4);
    if (length === 0xffff_ffff) length = Number(this.#unsigned64());
    const body = this.#at;
    if (length !== 0 && (length < 4 || body + length > this.#bytes.length)) throw this.#bad('a record of wrong length');
    return { body, end: body + length };
  }

  #commonAt(at: number): CommonInformation {
    const known = this.#common.get(at);
    if (known !== undefined) return known;
    if (at < 0 || at + 4 > this.#bytes.length) throw this.#bad('a frame without its common information');
    const { body, end } = this.#record(at);
    if (end - body < 8 || this.#view.getUint32(body, true) !== 0) throw this.#bad('no common information');
    this.#at = body + 4;
    const common = this.#readCommon(end);
    this.#common.set(at, common);
    return common;
  }

  #readCommon(end: number): CommonInformation {
    const version = this.#unsigned(1);
    let augmentation = '';
    for (let byte = this.#unsigned(1); byte !== 0; byte = this.#unsigned(1)) augmentation += String.fromCharCode(byte);
    if (version === 4) this.#at += 2;
    const codeAlignment = BigInt(this.#uleb());
    const dataAlignment = this.#sleb();
    if (version === 1) this.#at++;
    else this.#uleb();
    let pointerEncoding = 0;
    if (augmentation.startsWith('z')) {
      const size = this.#uleb();
      const next = this.#at + size;
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') pointerEncoding = this.#unsigned(1);
        else if (letter === 'L') this.#at++;
        else if (letter === 'P') this.#pointer(this.#unsigned(1));
      }
      this.#at = next;
    }
    const plain = {
      codeAlignment,
      dataAlignment,
      pointerEncoding,
      hasAugmentation: augmentation.startsWith('z'),
      isSignal: augmentation.includes('S'),
    };
    const run = new Instructions(this, { ...plain, initial: AT_START }, AT_START, 0n);
    run.upTo(end);
    return { ...plain, initial: run.machine };
  }

  /** A function's record; undefined where it describes nothing that was kept. */
  #description(body: number, end: number, commonAt: number): UnwoundFunction | undefined {
    const common = this.#commonAt(commonAt);
    this.#at = body + 4;
    const start = this.#pointer(common.pointerEncoding);
    const size = this.#pointer(common.pointerEncoding & 0x0f);
    if (common.hasAugmentation) {
      const length = this.#uleb();
      this.#at += length;
    }
    if (start === undefined || size === undefined || start === 0n || size === 0n || size > LARGEST_FUNCTION)
      return undefined;
    if (common.isSignal) {
      const rows = [{ address: start, frame: FrameRule.Signal, offset: 0, rbp: RbpRule.Same, rbpOffset: 0 }];
      return { start, end: start + size, rows };
    }
    const run = new Instructions(this, common, common.initial, start);
    run.upTo(end);
    return { start, end: start + size, rows: run.rows() };
  }

  // ---- bytes --------------------------------------------------------------------------------------

  get position(): number {
    return this.#at;
  }

  skip(sizeBytes: number): void {
    this.#at += sizeBytes;
  }

  byte(): number {
    return this.#unsigned(1);
  }

  unsigned(size: 1 | 2 | 4): number {
    return this.#unsigned(size);
  }

  uleb(): number {
    return this.#uleb();
  }

  sleb(): number {
    return this.#sleb();
  }

  pointer(encoding: number): bigint | undefined {
    return this.#pointer(encoding);
  }

  #unsigned(size: 1 | 2 | 4): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw this.#bad('ends too soon');
    this.#at += size;
    if (size === 1) return this.#bytes[at]!;
    return size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #unsigned64(): bigint {
    if (this.#at + 8 > this.#bytes.length) throw this.#bad('ends too soon');
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8, true);
  }

  /** Numbers here are small: what is larger than 2^53 is damage, and loses digits. */
  #uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#unsigned(1);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 60) throw this.#bad('a number that does not end');
    }
  }

  #sleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#unsigned(1);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return byte & 0x40 ? value - scale * 128 : value;
      if (scale > 2 ** 60) throw this.#bad('a number that does not end');
    }
  }

  /** DW_EH_PE_*; undefined where it is none that is known from the file alone. */
  #pointer(encoding: number): bigint | undefined {
    if (encoding === 0xff) return undefined;
    const here = this.#address + BigInt(this.#at);
    const value = this.#pointerValue(encoding & 0x0f);
    if ((encoding & 0x80) !== 0) return undefined;
    switch (encoding & 0x70) {
      case 0x00:
        return BigInt.asUintN(64, value);
      case 0x10:
        return BigInt.asUintN(64, here + value);
      default:
        return undefined;
    }
  }

  #pointerValue(format: number): bigint {
    switch (format) {
      case 0x00:
      case 0x04:
      case 0x0c:
        return this.#unsigned64();
      case 0x01:
        return BigInt(this.#uleb());
      case 0x02:
        return BigInt(this.#unsigned(2));
      case 0x03:
        return BigInt(this.#unsigned(4));
      case 0x09:
        return BigInt(this.#sleb());
      case 0x0a:
        return BigInt.asIntN(16, BigInt(this.#unsigned(2)));
      case 0x0b:
        return BigInt.asIntN(32, BigInt(this.#unsigned(4)));
      default:
        throw this.#bad(`a pointer of unknown encoding ${format}`);
    }
  }

  #bad(reason: string): FormatError {
    return new FormatError(WHAT, this.#at, reason);
  }
}

/** Runs the instructions of one record. */
class Instructions {
  machine: Machine;
  readonly #reader: FrameReader;
  readonly #common: CommonInformation;
  readonly #rows: UnwindRow[] = [];
  readonly #remembered: Machine[] = [];
  #address: bigint;

  constructor(reader: FrameReader, common: CommonInformation, machine: Machine, address: bigint) {
    this.#reader = reader;
    this.#common = common;
    this.machine = machine;
    this.#address = address;
  }

  upTo(end: number): void {
    while (this.#reader.position < end) this.#step();
  }

  rows(): readonly UnwindRow[] {
    this.#rows.push({ address: this.#address, ...stateOf(this.machine) });
    return this.#rows;
  }

  #advance(delta: number): void {
    if (delta === 0) return;
    this.#rows.push({ address: this.#address, ...stateOf(this.machine) });
    this.#address += BigInt(delta) * this.#common.codeAlignment;
  }

  #step(): void {
    const reader = this.#reader;
    const opcode = reader.byte();
    const low = opcode & 0x3f;
    switch (opcode & 0xc0) {
      case Cfa.AdvanceLoc:
        this.#advance(low);
        return;
      case Cfa.Offset:
        this.#saved(low, reader.uleb() * this.#common.dataAlignment);
        return;
      case Cfa.Restore:
        this.#restore(low);
        return;
      default:
        this.#extended(opcode);
    }
  }

  #extended(opcode: number): void {
    if (this.#location(opcode) || this.#cfa(opcode) || this.#register(opcode)) return;
    throw new FormatError(WHAT, this.#reader.position - 1, `an unknown instruction 0x${opcode.toString(16)}`);
  }

  /** Where the rules hold from, and rules kept for later. False: it is another instruction. */
  #location(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case Cfa.Nop:
        return true;
      case Cfa.GnuArgsSize:
        reader.uleb();
        return true;
      case Cfa.SetLoc: {
        const to = reader.pointer(this.#common.pointerEncoding);
        this.#rows.push({ address: this.#address, ...stateOf(this.machine) });
        this.#address = to ?? this.#address;
        return true;
      }
      case Cfa.AdvanceLoc1:
        this.#advance(reader.unsigned(1));
        return true;
      case Cfa.AdvanceLoc2:
        this.#advance(reader.unsigned(2));
        return true;
      case Cfa.AdvanceLoc4:
        this.#advance(reader.unsigned(4));
        return true;
      case Cfa.RememberState:
        this.#remembered.push(this.machine);
        return true;
      case Cfa.RestoreState:
        this.machine = this.#remembered.pop() ?? this.machine;
        return true;
      default:
        return false;
    }
  }

  /** How the frame's address is found. */
  #cfa(opcode: number): boolean {
    const reader = this.#reader;
    const { dataAlignment } = this.#common;
    switch (opcode) {
      case Cfa.DefCfa:
        this.#frame(reader.uleb(), reader.uleb());
        return true;
      case Cfa.DefCfaSf:
        this.#frame(reader.uleb(), reader.sleb() * dataAlignment);
        return true;
      case Cfa.DefCfaRegister:
        this.#frame(reader.uleb(), this.machine.offset);
        return true;
      case Cfa.DefCfaOffset:
        this.#frame(this.machine.cfaRegister, reader.uleb());
        return true;
      case Cfa.DefCfaOffsetSf:
        this.#frame(this.machine.cfaRegister, reader.sleb() * dataAlignment);
        return true;
      case Cfa.DefCfaExpression:
        this.machine = { ...this.machine, cfaRegister: -1, ...frameExpression(this.#block()) };
        return true;
      default:
        return false;
    }
  }

  /** Where the caller's registers are. */
  #register(opcode: number): boolean {
    const reader = this.#reader;
    const { dataAlignment } = this.#common;
    if (opcode < Cfa.OffsetExtended || (opcode > Cfa.ValExpression && opcode !== Cfa.GnuNegativeOffsetExtended))
      return false;
    const register = reader.uleb();
    switch (opcode) {
      case Cfa.OffsetExtended:
        this.#saved(register, reader.uleb() * dataAlignment);
        return true;
      case Cfa.OffsetExtendedSf:
        this.#saved(register, reader.sleb() * dataAlignment);
        return true;
      case Cfa.GnuNegativeOffsetExtended:
        this.#saved(register, -reader.uleb() * dataAlignment);
        return true;
      case Cfa.RestoreExtended:
      case Cfa.SameValue:
        this.#restore(register);
        return true;
      case Cfa.Undefined:
        this.#lost(register, 'none');
        return true;
      case Cfa.Register:
      case Cfa.ValOffset:
        this.#lost(register, 'unusual');
        reader.uleb();
        return true;
      case Cfa.ValOffsetSf:
        this.#lost(register, 'unusual');
        reader.sleb();
        return true;
      case Cfa.ValExpression:
        this.#lost(register, 'unusual');
        this.#block();
        return true;
      case Cfa.Expression:
        this.#savedAt(register, this.#block());
        return true;
      default:
        return false;
    }
  }

  /** An expression: as many bytes as the number before it says. */
  #block(): number[] {
    const size = this.#reader.uleb();
    const block: number[] = [];
    for (let i = 0; i < size; i++) block.push(this.#reader.byte());
    return block;
  }

  #frame(register: number, offset: number): void {
    const frame = register === RSP ? FrameRule.Rsp : register === RBP ? FrameRule.Rbp : FrameRule.Unknown;
    this.machine = { ...this.machine, frame, offset, cfaRegister: register };
  }

  #saved(register: number, offset: number): void {
    if (register === RBP) this.machine = { ...this.machine, rbp: RbpRule.Saved, rbpOffset: offset / 8 };
    if (register === RETURN_ADDRESS)
      this.machine = { ...this.machine, returnAddress: offset === -8 ? 'usual' : 'unusual' };
  }

  #savedAt(register: number, block: readonly number[]): void {
    if (register === RBP && isAtRbp(block)) this.machine = { ...this.machine, rbp: RbpRule.AtRbp, rbpOffset: 0 };
    else this.#lost(register, 'unusual');
  }

  #restore(register: number): void {
    const { initial } = this.#common;
    if (register === RBP) this.machine = { ...this.machine, rbp: initial.rbp, rbpOffset: initial.rbpOffset };
    if (register === RETURN_ADDRESS) this.machine = { ...this.machine, returnAddress: initial.returnAddress };
  }

  /** Where the caller's rbp is gone, only what needs it can't be followed: that shows when it is used. */
  #lost(register: number, how: Machine['returnAddress']): void {
    if (register === RETURN_ADDRESS) this.machine = { ...this.machine, returnAddress: how };
  }
}

function stateOf({ frame, offset, rbp, rbpOffset, returnAddress }: Machine): FrameState {
  if (returnAddress === 'none') return { frame: FrameRule.End, offset: 0, rbp: RbpRule.Same, rbpOffset: 0 };
  return { frame: returnAddress === 'usual' ? frame : FrameRule.Unknown, offset, rbp, rbpOffset };
}

/** `breg6 N; deref`, and the linkage table's `breg7 8; breg16 0; lit15; and; litN; ge; lit3; shl; plus`. */
function frameExpression(block: readonly number[]): Pick<Machine, 'frame' | 'offset'> {
  const [first, second, third] = block;
  const offset = (second ?? 0) & 0x40 ? (second as number) - 128 : (second ?? 0);
  const isShort = second !== undefined && second < 0x80;
  if (block.length === 3 && first === Op.Breg0 + RBP && isShort && third === Op.Deref)
    return { frame: FrameRule.AtRbp, offset };
  const [, , , , , , threshold] = block;
  const isPlt =
    block.length === 11 &&
    first === Op.Breg0 + RSP &&
    second === 8 &&
    third === Op.Breg0 + RETURN_ADDRESS &&
    block[5] === Op.And &&
    block[7] === Op.Ge &&
    block[9] === Op.Shl &&
    block[10] === Op.Plus;
  if (isPlt && threshold !== undefined && threshold >= Op.Lit0 && threshold < Op.Lit0 + 16)
    return { frame: FrameRule.Plt, offset: threshold - Op.Lit0 };
  return { frame: FrameRule.Unknown, offset: 0 };
}

/** `breg6 0` */
function isAtRbp(block: readonly number[]): boolean {
  return block.length === 2 && block[0] === Op.Breg0 + RBP && block[1] === 0;
}
