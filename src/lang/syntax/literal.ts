/** Values of integer and string literals. */
import { decodeText, encodeText } from '../source/index.ts';

export type IntegerReading =
  | { readonly value: bigint; readonly suffix: string }
  | { readonly error: string; readonly hint?: string };

const UINT64_MAX = (1n << 64n) - 1n;
const INT64_MAX = (1n << 63n) - 1n;

/** Largest value by range suffix. */
const RANGES: Readonly<Record<string, bigint>> = {
  '': UINT64_MAX,
  u: (1n << 32n) - 1n,
  ul: UINT64_MAX,
  ull: UINT64_MAX,
  l: INT64_MAX,
  ll: INT64_MAX,
};
/** Nanoseconds by duration suffix. */
const DURATIONS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

/** More digits than 64 bits can have in any base, leading zeros aside. Keeps BigInt from a megabyte of digits. */
const MOST_DIGITS = 64;

/** Reads a literal of the script language: no sign, no `0b`. */
export function readInteger(text: string): IntegerReading {
  const exponent = /^([0-9][0-9_]*)[eE]([0-9][0-9_]*)([A-Za-z]\w*)?$/.exec(text);
  if (exponent !== null) return readExponent(text, exponent[1]!, exponent[2]!, exponent[3] ?? '');
  const parts = /^(0[xX][0-9a-fA-F_]*|[0-9][0-9_]*)(\w*)$/.exec(text);
  if (parts === null) return { error: `invalid integer literal '${text}'` };
  const digits = parts[1]!;
  const suffix = parts[2]!;
  if (digits.endsWith('_')) return { error: 'trailing underscore in integer literal' };
  if (/^0[xX]$/.test(digits)) return { error: 'expected hexadecimal digits after 0x' };
  return applySuffix(text, readDigits(digits.replaceAll('_', '')), suffix);
}

/**
 * Reads a number that comes from outside a script (positional parameters, named options, offsets): the script's
 * forms, besides a sign and `0b`. Undefined when it is none or doesn't fit into 64 bits.
 */
export function readOutsideInteger(text: string): bigint | undefined {
  const negative = text.startsWith('-');
  const magnitude = negative ? text.slice(1) : text;
  if (!/^[0-9]/.test(magnitude)) return undefined;
  const value = /^0[bB]/.test(magnitude) ? readBinary(magnitude.slice(2)) : valueOf(readInteger(magnitude));
  if (value === undefined || (negative && value > INT64_MAX + 1n)) return undefined;
  return negative ? -value : value;
}

function valueOf(reading: IntegerReading): bigint | undefined {
  return 'value' in reading ? reading.value : undefined;
}

function readBinary(digits: string): bigint | undefined {
  const plain = digits.replaceAll('_', '').replace(/^0+(?=.)/, '');
  return /^[01]{1,64}$/.test(plain) && !digits.endsWith('_') ? BigInt(`0b${plain}`) : undefined;
}

function readExponent(text: string, coefficient: string, exponent: string, suffix: string): IntegerReading {
  if (!/^[1-9]$/.test(coefficient)) {
    const written = exponentWritten(coefficient, exponent);
    return {
      error: `the coefficient of an exponent must be 1-9: ${text}`,
      ...(written === undefined ? {} : { hint: `Write ${written}${suffix}.` }),
    };
  }
  if (!/^[1-9]/.test(exponent)) return { error: `the exponent must start with 1-9: ${text}` };
  if (exponent.endsWith('_')) return { error: 'trailing underscore in integer literal' };
  const power = Number(exponent.replaceAll('_', ''));
  return applySuffix(
    text,
    power > MOST_DIGITS ? { value: UINT64_MAX + 1n } : { value: BigInt(coefficient) * 10n ** BigInt(power) },
    suffix,
  );
}

/** All digits of the number, where they are few. */
function exponentWritten(coefficient: string, exponent: string): string | undefined {
  const zeros = Number(exponent.replaceAll('_', ''));
  const digits = coefficient.replaceAll('_', '').replace(/^0+/, '');
  return digits === '' || zeros > 15 ? undefined : digits + '0'.repeat(zeros);
}

function readDigits(digits: string): { readonly value: bigint } | { readonly error: string } {
  const hexadecimal = /^0[xX]/.test(digits);
  const octal = !hexadecimal && digits.length > 1 && digits.startsWith('0');
  const significant = digits.replace(/^0[xX]/, '').replace(/^0+(?=.)/, '');
  if (octal && /[89]/.test(significant)) return { error: `invalid digit in octal literal: ${digits}` };
  if (significant.length > MOST_DIGITS) return { value: UINT64_MAX + 1n };
  return { value: BigInt((hexadecimal ? '0x' : octal ? '0o' : '') + significant) };
}

function applySuffix(
  text: string,
  digits: { readonly value: bigint } | { readonly error: string },
  suffix: string,
): IntegerReading {
  if ('error' in digits) return digits;
  const range = Object.hasOwn(RANGES, suffix) ? RANGES[suffix] : undefined;
  const unit = Object.hasOwn(DURATIONS, suffix) ? DURATIONS[suffix] : undefined;
  if (range === undefined && unit === undefined) {
    const binary = text === `0${suffix}` ? readBinary(suffix.slice(1)) : undefined;
    return {
      error: `invalid integer suffix '${suffix}'`,
      ...(binary === undefined || !/^[bB]/.test(suffix) ? {} : { hint: `Write 0x${binary.toString(16)}.` }),
    };
  }
  const value = digits.value * (unit ?? 1n);
  const maximum = range ?? UINT64_MAX;
  if (value > maximum) return { error: `overflow error, maximum value is ${maximum}: ${text}` };
  return { value, suffix };
}

/** A mistake inside a string literal, with its place relative to the literal's start. */
export interface StringMistake {
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

/** Value of a literal with its quotes. `mistake` is the first one; the value then leaves it out. */
export function readString(literal: string): { readonly value: string; readonly mistake: StringMistake | undefined } {
  const terminated = !isUnterminated(literal);
  const body = literal.slice(1, terminated ? -1 : undefined);
  let mistake: StringMistake | undefined;
  if (!terminated) mistake = { message: 'unterminated string', from: 0, to: literal.length };
  if (!body.includes('\\')) return { value: body, mistake };
  let hasBytes = false;
  const value = body.replace(
    /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|([^]?))/gu,
    (escape, octal, hexadecimal, other, at: number) => {
      const byte =
        octal === undefined
          ? hexadecimal === undefined
            ? -1
            : Number.parseInt(hexadecimal, 16)
          : Number.parseInt(octal, 8);
      if (byte >= 0x80 && byte <= 0xff) hasBytes = true;
      if (byte >= 0 && byte <= 0xff) return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
      const simple = SIMPLE_ESCAPES[other ?? ''];
      if (byte < 0 && simple !== undefined) return simple;
      const message = byte < 0 ? `invalid escape character '${escape}'` : `octal escape out of range '${escape}'`;
      mistake ??= { message, from: at + 1, to: at + 1 + escape.length };
      return '';
    },
  );
  return { value: hasBytes ? decodeText(encodeText(value)) : value, mistake };
}

export function isUnterminated(literal: string): boolean {
  return literal.length < 2 || !literal.endsWith(literal[0]!) || endsInEscape(literal);
}

function endsInEscape(literal: string): boolean {
  let backslashes = 0;
  while (literal[literal.length - 2 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
