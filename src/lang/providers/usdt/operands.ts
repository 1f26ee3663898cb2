/** Arguments of USDT probes: where the compiler left them when it assembled the probe, `-4@%eax 8@-16(%rbp) 8@$3`. */
import { registerOffset } from '../../../abi/index.ts';
import type { Architecture } from '../../target.ts';
import type { IntegerType } from '../../types/index.ts';

/** Where an argument is when its probe is hit. Registers are byte offsets into the saved ones. */
export type UsdtOperand =
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'register'; readonly offset: number }
  | {
      readonly kind: 'memory';
      readonly displacement: bigint;
      readonly base?: number;
      readonly index?: { readonly offset: number; readonly size: 4 | 8; readonly signed: boolean };
      readonly scale: number;
      /** A variable whose address is added. */
      readonly symbol?: string;
    };

export interface UsdtArgument {
  readonly type: IntegerType;
  readonly operand: UsdtOperand;
}

type Parsed<T> = T | { readonly error: string };

/** The arguments of one place. One that can't be read says why; the others can be. */
export function parseUsdtArguments(text: string, architecture: Architecture): readonly Parsed<UsdtArgument>[] {
  return splitArguments(text).map((argument) => parseArgument(argument, architecture));
}

/** At blanks that are not within brackets: arm64 writes `-4@[sp, 12]`. */
function splitArguments(text: string): readonly string[] {
  return text.match(/(?:\[[^\]]*\]?|\([^)]*\)?|[^\s[(])+/g) ?? [];
}

function parseArgument(text: string, architecture: Architecture): Parsed<UsdtArgument> {
  const [, sign = '', bytes = '', float = '', place = ''] = /^(-?)(\d*)(f?)@?(.*)$/.exec(text) ?? [];
  if (float !== '') return { error: `'${text}' is a floating-point number` };
  // Without a size an argument is as wide as a register.
  const size = bytes === '' || !text.includes('@') ? 8 : Number(bytes);
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return { error: `'${text}' has ${size} bytes` };
  const written = text.includes('@') ? place : text;
  const operand = architecture === 'x86_64' ? parseX86(written) : parseArm64(written);
  if (operand === undefined) return { error: `'${text}' is of a form that is not known` };
  return { type: { kind: 'integer', size, signed: sign === '-' }, operand };
}

// ---- x86-64 ---------------------------------------------------------------------------------------------

const WORD_REGISTERS: ReadonlySet<string> = new Set(['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp', 'ip']);

/** `%rax`, `%eax`, `%ax`, `%al` lie at the register's start, `%ah` one byte in. */
function x86Register(name: string): number | undefined {
  const high = /^([abcd])h$/.exec(name);
  if (high !== null) return x86Register(`${high[1]}x`)! + 1;
  const numbered = /^(r(?:[89]|1[0-5]))[dwb]?$/.exec(name);
  const word = numbered?.[1] ?? wordRegister(name);
  return word === undefined ? undefined : registerOffset('x86_64', word);
}

function wordRegister(name: string): string | undefined {
  const low = /^([abcd])l$/.exec(name);
  const word = low !== null ? `${low[1]}x` : /^[re]?([a-z]{2})l?$/.exec(name)?.[1];
  return word !== undefined && WORD_REGISTERS.has(word) ? word : undefined;
}

const X86_MEMORY =
  /^(?<symbol>[A-Za-z_.$][\w.$@]*)?(?<displacement>[+-]?(?:0x[\da-fA-F]+|\d+))?(?:[+](?<late>[A-Za-z_.$][\w.$@]*))?(?:\((?:%(?<base>\w+))?\s*(?:,\s*%(?<index>\w+)\s*(?:,\s*(?<scale>\d*))?)?\s*\))?$/;

function parseX86(text: string): UsdtOperand | undefined {
  const constant = /^\$(-?(?:0x[\da-fA-F]+|\d+))$/.exec(text);
  if (constant !== null) return { kind: 'constant', value: integer(constant[1]!) };
  const register = /^%(\w+)$/.exec(text);
  if (register !== null) {
    const offset = x86Register(register[1]!);
    return offset === undefined ? undefined : { kind: 'register', offset };
  }
  const groups = text === '' ? undefined : X86_MEMORY.exec(text)?.groups;
  if (groups === undefined) return undefined;
  return x86Memory(groups);
}

function x86Memory(groups: Readonly<Record<string, string | undefined>>): UsdtOperand | undefined {
  const { symbol = groups.late, displacement, scale } = groups;
  const base = groups.base === undefined ? undefined : x86Register(groups.base);
  const index = groups.index === undefined ? undefined : x86Register(groups.index);
  if ((groups.base !== undefined && base === undefined) || (groups.index !== undefined && index === undefined))
    return undefined;
  // The address of a variable holds for wherever the program was loaded: that is what (%rip) says.
  const isOfVariable = symbol !== undefined && (groups.base === 'rip' || groups.base === undefined);
  return {
    kind: 'memory',
    displacement: integer(displacement ?? '0'),
    ...(base === undefined || isOfVariable ? {} : { base }),
    ...(index === undefined ? {} : { index: { offset: index, size: 8, signed: false } }),
    scale: Number(scale || '1'),
    ...(symbol === undefined ? {} : { symbol: symbol.replace(/@.*$/, '') }),
  };
}

// ---- arm64 ----------------------------------------------------------------------------------------------

const ARM64_MEMORY =
  /^\[\s*(?<base>sp|x\d+)\s*(?:,\s*(?:#?(?<displacement>-?(?:0x[\da-fA-F]+|\d+))|(?<index>[xw]\d+)(?:\s*,\s*(?<extend>lsl|sxtw|uxtw|sxtx)(?:\s*#?(?<shift>\d+))?)?)\s*)?\]$/;

function parseArm64(text: string): UsdtOperand | undefined {
  const constant = /^#?(-?(?:0x[\da-fA-F]+|\d+))$/.exec(text);
  if (constant !== null) return { kind: 'constant', value: integer(constant[1]!) };
  if (/^[xw]zr$/.test(text)) return { kind: 'constant', value: 0n };
  const offset = arm64Register(text);
  if (offset !== undefined) return { kind: 'register', offset };
  const groups = ARM64_MEMORY.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const base = arm64Register(groups.base!);
  const index = groups.index === undefined ? undefined : arm64Register(groups.index);
  if (base === undefined || (groups.index !== undefined && index === undefined)) return undefined;
  return {
    kind: 'memory',
    displacement: integer(groups.displacement ?? '0'),
    base,
    ...(index === undefined ? {} : { index: { offset: index, ...widening(groups) } }),
    scale: 1 << Math.min(4, Number(groups.shift ?? '0')),
  };
}

function widening({ index, extend }: Readonly<Record<string, string | undefined>>): {
  readonly size: 4 | 8;
  readonly signed: boolean;
} {
  return { size: index?.startsWith('w') === true ? 4 : 8, signed: extend === 'sxtw' || extend === 'sxtx' };
}

function arm64Register(name: string): number | undefined {
  if (name === 'sp') return registerOffset('arm64', 'sp');
  const number = /^[xw](\d+)$/.exec(name)?.[1];
  return number === undefined ? undefined : registerOffset('arm64', `r${number}`);
}

function integer(text: string): bigint {
  const digits = text.replace(/^[+-]/, '');
  return text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
}
