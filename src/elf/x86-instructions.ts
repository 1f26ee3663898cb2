/**
 * Lengths of x86-64 instructions: as much of the instruction set as is needed to tell where an instruction begins.
 * Operands and meaning are of no interest here, so opcodes that are equally long are not told apart.
 */

/** The processor refuses longer ones. */
const longestInstructionBytes = 15;

/**
 * Whether an instruction begins at `offset` of `code`, which must itself begin with an instruction, and should hold
 * 15 bytes behind `offset` where there are any. Undefined: something before can't be decoded (data between the code,
 * or an instruction that is newer than this table).
 */
export function isInstructionBoundary(code: Uint8Array, offset: number): boolean | undefined {
  let at = 0;
  while (at < offset) {
    const length = instructionLength(code, at);
    if (length === undefined) return undefined;
    at += length;
  }
  return at === offset;
}

/** Bytes of the instruction that begins at `offset`; undefined where it is none, is cut off, or is unknown here. */
export function instructionLength(code: Uint8Array, offset: number): number | undefined {
  const reader = new Reader(code, offset);
  const prefixes = readPrefixes(reader);
  const shape = readOpcode(reader, prefixes);
  if (shape === undefined) return undefined;
  reader.skip(operandBytes(reader, shape, prefixes));
  const length = reader.at - offset;
  return reader.at > code.length || length > longestInstructionBytes ? undefined : length;
}

class Reader {
  readonly #code: Uint8Array;
  at: number;

  constructor(code: Uint8Array, at: number) {
    this.#code = code;
    this.at = at;
  }

  /** 0 behind the end: what is read there makes an instruction that is too long for the code. */
  peek(distance = 0): number {
    return this.#code[this.at + distance] ?? 0;
  }

  next(): number {
    const byte = this.peek();
    this.at++;
    return byte;
  }

  skip(count: number): void {
    this.at += count;
  }
}

interface Prefixes {
  /** 66: operands of 16 bits, or another instruction. */
  readonly operandSize: boolean;
  /** 67: addresses of 32 bits. */
  readonly addressSize: boolean;
  /** F2 or F3, the last one; 0: none. */
  readonly repeat: number;
  /** There was a prefix that VEX and EVEX don't allow before them. */
  readonly isLegacy: boolean;
  /** REX.W: operands of 64 bits. */
  readonly wide: boolean;
}

function readPrefixes(reader: Reader): Prefixes {
  let operandSize = false;
  let addressSize = false;
  let isLegacy = false;
  let repeat = 0;
  // An endless row of prefixes is no instruction: one more than may be is enough to see it.
  for (let count = 0; count < longestInstructionBytes && isLegacyPrefix(reader.peek()); count++) {
    const byte = reader.next();
    operandSize ||= byte === 0x66;
    addressSize ||= byte === 0x67;
    if (byte === 0xf2 || byte === 0xf3) repeat = byte;
    isLegacy ||= byte === 0x66 || byte >= 0xf0;
  }
  const rex = reader.peek() >> 4 === 4 ? reader.next() : 0;
  return { operandSize, addressSize, repeat, isLegacy: isLegacy || rex !== 0, wide: (rex & 8) !== 0 };
}

/** Segments 26 2E 36 3E 64 65, sizes 66 67, LOCK F0, REPNE F2, REP F3. */
function isLegacyPrefix(byte: number): boolean {
  return (byte & 0xe7) === 0x26 || (byte >= 0x64 && byte <= 0x67) || byte === 0xf0 || byte === 0xf2 || byte === 0xf3;
}

/** What follows an opcode, by the letters of the maps below. */
type Shape = string;

/**
 * Opcode maps, a row for each sixteen opcodes. What follows the opcode:
 * `.` nothing · `b` 1 byte · `w` 2 bytes · `z` 2 or 4 bytes, by the size of operands · `v` the same, or 8 ·
 * `j` a distance of 4 bytes · `a` an address of 4 or 8 bytes · `e` 3 bytes (ENTER) ·
 * `m` ModRM with SIB and displacement as it says · `i` the same and 1 byte · `I` the same and `z` · `r` ModRM that means a
 * register whatever it says · `f` group 3, `F` its wide form: an immediate only for TEST · `x` EXTRQ and INSERTQ ·
 * `p` POPCNT · `-` no instruction in 64-bit mode, or dealt with elsewhere.
 */
const primaryMap = opcodeMap(
  'mmmmbz--mmmmbz--',
  'mmmmbz--mmmmbz--',
  'mmmmbz--mmmmbz--',
  'mmmmbz--mmmmbz--',
  '----------------',
  '................',
  '---m----zIbi....',
  'bbbbbbbbbbbbbbbb',
  'iI-immmmmmmmmmmm',
  '..........-.....',
  'aaaa....bz......',
  'bbbbbbbbvvvvvvvv',
  'iiw.--iIe.w..b-.',
  'mmmm---.mmmmmmmm',
  'bbbbbbbbjj-b....',
  '-.--..fF......mm',
);

/** Opcodes after 0F. */
const secondaryMap = opcodeMap(
  'mmmm-.....-.-m.i',
  'mmmmmmmmmmmmmmmm',
  'rrrr----mmmmmmmm',
  '......-.--------',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'iiiimmm.xm--mmmm',
  'jjjjjjjjjjjjjjjj',
  'mmmmmmmmmmmmmmmm',
  '...mimmm...mimmm',
  'mmmmmmmmpmimmmmm',
  'mmimiiim........',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
);

function opcodeMap(...rows: readonly string[]): string {
  return rows.join('');
}

function readOpcode(reader: Reader, prefixes: Prefixes): Shape | undefined {
  const opcode = reader.next();
  if (opcode === 0x0f) return readEscaped(reader, prefixes);
  if (opcode === 0xc4 || opcode === 0xc5 || opcode === 0x62) {
    if (prefixes.isLegacy) return undefined;
    return opcode === 0x62 ? readEvex(reader) : readVex(reader, opcode === 0xc5);
  }
  if (opcode === 0x8f && (reader.peek() & 0x1f) >= 8) return prefixes.isLegacy ? undefined : readXop(reader);
  return known(primaryMap, opcode, prefixes);
}

function readEscaped(reader: Reader, prefixes: Prefixes): Shape | undefined {
  const opcode = reader.next();
  if (opcode === 0x38) return skipOpcode(reader, 'm');
  if (opcode === 0x3a) return skipOpcode(reader, 'i');
  return known(secondaryMap, opcode, prefixes);
}

function skipOpcode(reader: Reader, shape: Shape): Shape {
  reader.skip(1);
  return shape;
}

function known(map: string, opcode: number, prefixes: Prefixes): Shape | undefined {
  const shape = map[opcode]!;
  if (shape === '-') return undefined;
  // Processors differ about how long the distance of a jump with 66 is.
  if (shape === 'j' && prefixes.operandSize && !prefixes.wide) return undefined;
  if (shape === 'p') return prefixes.repeat === 0xf3 ? 'm' : undefined;
  return shape;
}

/** Vector instructions of 128 and 256 bits. */
function readVex(reader: Reader, isShort: boolean): Shape | undefined {
  const map = isShort ? 1 : reader.next() & 0x1f;
  reader.skip(1);
  return vectorShape(map, reader.next());
}

/** Vector instructions of some older processors of AMD, in the place of a POP that can't be. */
function readXop(reader: Reader): Shape | undefined {
  const map = reader.next() & 0x1f;
  reader.skip(2);
  return { 8: 'i', 9: 'm', 10: 'I' }[map];
}

/** Vector instructions of up to 512 bits. Two bits are fixed; the extended general registers (APX) would use them. */
function readEvex(reader: Reader): Shape | undefined {
  const first = reader.next();
  const second = reader.next();
  if ((first & 8) !== 0 || (second & 4) === 0) return undefined;
  reader.skip(1);
  const opcode = reader.next();
  const map = first & 7;
  // Half-precision numbers have maps of their own.
  return map === 5 || map === 6 ? 'm' : vectorShape(map, opcode);
}

function vectorShape(map: number, opcode: number): Shape | undefined {
  if (map === 2) return 'm';
  if (map === 3) return 'i';
  if (map !== 1) return undefined;
  // VZEROUPPER has no operands; VEX gives no new meaning to what is longer or shorter without it.
  if (opcode === 0x77) return '.';
  return secondaryMap[opcode] === 'i' ? 'i' : 'm';
}

function operandBytes(reader: Reader, shape: Shape, prefixes: Prefixes): number {
  const immediate = prefixes.operandSize && !prefixes.wide ? 2 : 4;
  const isTest = (reader.peek() & 0x30) === 0;
  switch (shape) {
    case '.':
      return 0;
    case 'b':
    case 'r':
      return 1;
    case 'w':
      return 2;
    case 'e':
      return 3;
    case 'j':
      return 4;
    case 'z':
      return immediate;
    case 'v':
      return prefixes.wide ? 8 : immediate;
    case 'a':
      return prefixes.addressSize ? 4 : 8;
    case 'i':
      return modrmBytes(reader) + 1;
    case 'I':
      return modrmBytes(reader) + immediate;
    case 'f':
      return modrmBytes(reader) + (isTest ? 1 : 0);
    case 'F':
      return modrmBytes(reader) + (isTest ? immediate : 0);
    case 'x':
      return modrmBytes(reader) + (prefixes.operandSize || prefixes.repeat === 0xf2 ? 2 : 0);
    default:
      return modrmBytes(reader);
  }
}

/** The ModRM byte, and the SIB byte and displacement that it asks for. 67 changes none of them in 64-bit mode. */
function modrmBytes(reader: Reader): number {
  const modrm = reader.peek();
  const mode = modrm >> 6;
  if (mode === 3) return 1;
  const hasSib = (modrm & 7) === 4;
  const base = hasSib ? reader.peek(1) & 7 : modrm & 7;
  const displacement = mode === 1 ? 1 : mode === 2 || base === 5 ? 4 : 0;
  return 1 + (hasSib ? 1 : 0) + displacement;
}
