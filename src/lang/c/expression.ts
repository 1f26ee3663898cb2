/** Integer constant expressions of C: array sizes, widths of bit-fields, values of enums and macros, `#if`. */
import { calculate, foldComparison } from '../passes/expressions/fold.ts';
import { BINARY_LEVELS } from '../syntax/index.ts';
import type { BinaryOperator } from '../syntax/index.ts';
import { CError } from './file.ts';
import { placeOf } from './macro.ts';
import type { CToken } from './token.ts';

export interface CValue {
  readonly value: bigint;
  readonly bits: 32 | 64;
  readonly unsigned: boolean;
}

/** The tokens that an expression is read from. */
export interface Tokens {
  readonly token: CToken;
  peek(): CToken;
  advance(): CToken;
}

/** What an expression may ask about names; the preprocessor knows no types. */
export interface Names {
  /** Value of an identifier (not yet read); undefined: it has none. */
  identifier(name: string): CValue | undefined;
  /** Reads a type name, as in a cast; undefined (and nothing read) where none begins. */
  typeName?():
    | { readonly cast: (value: CValue) => CValue; readonly size: () => bigint; readonly align: () => bigint }
    | undefined;
  /** Reads the parentheses of `offsetof`. */
  offsetOf?(): bigint;
  /** Size of what follows `sizeof`, where it is no type. Nothing of it is evaluated. */
  sizeOfOperand?(): bigint;
}

/** More than hand-written text nests. */
const DEEPEST = 500;

export function int(value: bigint | boolean): CValue {
  const number = typeof value === 'boolean' ? (value ? 1n : 0n) : value;
  return wrap(number, 32, false);
}

export function unsignedLong(value: bigint): CValue {
  return wrap(value, 64, true);
}

export function wrap(value: bigint, bits: 32 | 64, unsigned: boolean): CValue {
  return { value: unsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value), bits, unsigned };
}

export class ExpressionReader {
  readonly #tokens: Tokens;
  readonly #names: Names;
  #depth = 0;

  constructor(tokens: Tokens, names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  /** A conditional expression: no commas, no assignment. */
  read(): CValue {
    if (++this.#depth > DEEPEST) this.#fail('expression is nested too deeply');
    const condition = this.#binary(0);
    let result = condition;
    if (this.#accept('?')) {
      const then = this.#accept(':') ? condition : this.#thenColon();
      const otherwise = this.read();
      const chosen = condition.value === 0n ? otherwise : then;
      const { bits, unsigned } = common(then, otherwise);
      result = wrap(chosen.value, bits, unsigned);
    }
    this.#depth--;
    return result;
  }

  #thenColon(): CValue {
    const then = this.#comma();
    this.#expect(':');
    return then;
  }

  #comma(): CValue {
    let value = this.read();
    while (this.#accept(',')) value = this.read();
    return value;
  }

  #binary(level: number): CValue {
    const operators: readonly string[] | undefined = BINARY_LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#tokens.token.kind === 'punctuator' && operators.includes(this.#tokens.token.text)) {
      const operator = this.#tokens.advance();
      left = apply(operator.text as BinaryOperator, left, this.#binary(level + 1));
    }
    return left;
  }

  #unary(): CValue {
    if (++this.#depth > DEEPEST) this.#fail('expression is nested too deeply');
    const value = this.#unaryInside();
    this.#depth--;
    return value;
  }

  #unaryInside(): CValue {
    const { token } = this.#tokens;
    if (token.kind === 'punctuator') {
      switch (token.text) {
        case '(':
          return this.#parenthesised();
        case '+':
          this.#tokens.advance();
          return this.#unary();
        case '-': {
          this.#tokens.advance();
          const { value, bits, unsigned } = this.#unary();
          return wrap(-value, bits, unsigned);
        }
        case '~': {
          this.#tokens.advance();
          const { value, bits, unsigned } = this.#unary();
          return wrap(~value, bits, unsigned);
        }
        case '!':
          this.#tokens.advance();
          return int(this.#unary().value === 0n);
      }
    }
    return this.#primary();
  }

  /** A cast or an expression. */
  #parenthesised(): CValue {
    this.#tokens.advance();
    const type = this.#names.typeName?.();
    if (type !== undefined) {
      this.#expect(')');
      return type.cast(this.#unary());
    }
    const value = this.#comma();
    this.#expect(')');
    return value;
  }

  #primary(): CValue {
    const { token } = this.#tokens;
    if (token.kind === 'number') {
      this.#tokens.advance();
      return readNumber(token.text) ?? this.#fail(`'${token.text}' is no integer`, token);
    }
    if (token.kind === 'character') {
      this.#tokens.advance();
      return readCharacter(token.text) ?? this.#fail(`${token.text} is no character`, token);
    }
    if (token.kind !== 'identifier') this.#fail(`expected expression${before(token)}`, token);
    switch (token.text) {
      case 'sizeof':
        return unsignedLong(this.#sizeof('size'));
      case '_Alignof':
      case '__alignof__':
      case '__alignof':
      case 'alignof':
        return unsignedLong(this.#sizeof('align'));
      case '__builtin_offsetof':
      case 'offsetof':
        if (this.#names.offsetOf === undefined) break;
        this.#tokens.advance();
        return unsignedLong(this.#names.offsetOf());
      case '__extension__':
        this.#tokens.advance();
        return this.#unary();
    }
    const known = this.#names.identifier(token.text);
    if (known === undefined) this.#fail(`'${token.text}' is no constant`, token);
    this.#tokens.advance();
    return known;
  }

  #sizeof(what: 'size' | 'align'): bigint {
    const word = this.#tokens.advance();
    const { typeName, sizeOfOperand } = this.#names;
    if (typeName === undefined || sizeOfOperand === undefined) this.#fail(`${word.text} can't be used here`, word);
    if (this.#accept('(')) {
      const type = typeName();
      if (type !== undefined) {
        this.#expect(')');
        return type[what]();
      }
      const size = sizeOfOperand();
      this.#expect(')');
      return size;
    }
    return sizeOfOperand();
  }

  #accept(text: string): boolean {
    if (this.#tokens.token.text !== text || this.#tokens.token.kind !== 'punctuator') return false;
    this.#tokens.advance();
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#fail(`expected '${text}'${before(this.#tokens.token)}`);
  }

  #fail(message: string, token = this.#tokens.token): never {
    throw new CError(message, placeOf(token));
  }
}

/** ` before 'x'`, for messages; nothing at the end. */
export function before(token: CToken): string {
  return token.kind === 'end' || token.kind === 'newline' ? '' : ` before '${token.text}'`;
}

/** The usual arithmetic conversions. */
function common(a: CValue, b: CValue): { readonly bits: 32 | 64; readonly unsigned: boolean } {
  if (a.bits === b.bits) return { bits: a.bits, unsigned: a.unsigned || b.unsigned };
  return a.bits > b.bits ? a : b;
}

/** Undefined for floating-point numbers and what is no number. */
export function readNumber(text: string): CValue | undefined {
  const [, digits, suffix] = /^(0[xX][\da-fA-F']+|0[bB][01']+|[\d']+)([uUlLzZ]*)$/.exec(text) ?? [];
  if (digits === undefined || suffix === undefined || !/^(?:u?(?:ll?|z)?|(?:ll?|z)u)$/i.test(suffix)) return undefined;
  const plain = digits.replaceAll("'", '');
  const isOctal = /^0\d/.test(plain);
  if (isOctal && /[89]/.test(plain)) return undefined;
  const value = BigInt(isOctal ? `0o${plain.slice(1)}` : plain);
  const unsigned = /u/i.test(suffix);
  const long = /[lz]/i.test(suffix);
  const decimal = /^[1-9]/.test(plain);
  if (!long && !unsigned && value < 1n << 31n) return { value, bits: 32, unsigned: false };
  if (!long && (unsigned || !decimal) && value < 1n << 32n) return { value, bits: 32, unsigned: true };
  return wrap(value, 64, unsigned || value >= 1n << 63n);
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, e: 27 };

/** `'a'`, with escapes; several characters make a number of several bytes. */
export function readCharacter(text: string): CValue | undefined {
  const bytes: number[] = [];
  for (const [, escaped, plain] of text.slice(1, -1).matchAll(/\\(x[\da-fA-F]+|[0-7]{1,3}|.)|([^\\])/gs)) {
    if (plain !== undefined) bytes.push(...new TextEncoder().encode(plain));
    else if (escaped!.startsWith('x')) bytes.push(Number.parseInt(escaped!.slice(1), 16) & 255);
    else if (/^[0-7]/.test(escaped!)) bytes.push(Number.parseInt(escaped!, 8) & 255);
    else bytes.push(ESCAPES[escaped!] ?? escaped!.charCodeAt(0));
  }
  if (bytes.length === 0 || bytes.length > 4) return undefined;
  if (bytes.length === 1) return int(BigInt.asIntN(8, BigInt(bytes[0]!)));
  return int(bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n));
}

function apply(operator: BinaryOperator, a: CValue, b: CValue): CValue {
  const { bits, unsigned } = common(a, b);
  const left = wrap(a.value, bits, unsigned).value;
  const right = wrap(b.value, bits, unsigned).value;
  switch (operator) {
    case '||':
      return int(left !== 0n || right !== 0n);
    case '&&':
      return int(left !== 0n && right !== 0n);
    case '<<':
      return wrap(a.value << (b.value & 63n), a.bits, a.unsigned);
    case '>>':
      return wrap(a.value >> (b.value & 63n), a.bits, a.unsigned);
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return int(foldComparison(operator, left, right));
    default:
      // A division by zero may stand in a branch that isn't taken.
      return wrap(calculate(operator, left, right) ?? 0n, bits, unsigned);
  }
}
