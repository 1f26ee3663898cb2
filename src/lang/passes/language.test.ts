/** What the language's reference says of lexical mistakes, types in messages, conditions and comparisons: the whole messages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { complaintsIn } from '../testing/check-script.ts';

/** Title, body of a begin probe, and all that is said of it. */
type Case = readonly [title: string, body: string, ...complaints: string[]];

const LEXICAL: readonly Case[] = [
  ['L-04 A-003 a name begins with no digit', '$1a = 1', "11-12 ERROR: syntax: expected ';'"],
  [
    'L-05 L-13 signs alone, and parameters from one',
    '$0; $ = 1',
    '9-11 ERROR: syntax: positional parameters begin with $1',
    "13-14 ERROR: syntax: expected a name or a number after '$'",
  ],
  ['L-06 a reserved word is no identifier', 'let = 1', '13-14 ERROR: syntax: expected variable'],
  [
    'L-06 nor a value',
    '$x = while; $y = fn',
    '14-19 ERROR: syntax: expected expression',
    "HINT: 'while' is a reserved word.",
    '26-28 ERROR: syntax: expected expression',
    "HINT: 'fn' is a reserved word.",
  ],
  [
    'L-06 nor a name of a function',
    'print(typeof); fn(1)',
    "21-22 ERROR: syntax: expected '('",
    '24-26 ERROR: syntax: expected expression',
    "HINT: 'fn' is a reserved word.",
  ],
  [
    'L-08 A-003 E-120 exponents have one digit before them',
    'print(12e3); print(0e1); print(1_0e2)',
    '15-19 ERROR: syntax: the coefficient of an exponent must be 1-9: 12e3',
    'HINT: Write 12000.',
    '28-31 ERROR: syntax: the coefficient of an exponent must be 1-9: 0e1',
    '40-45 ERROR: syntax: the coefficient of an exponent must be 1-9: 1_0e2',
    'HINT: Write 1000.',
  ],
  [
    'L-08 E-120 and begin with 1 to 9; octal digits end at 7',
    'print(1e0); print(1e01); print(08); print(0x)',
    '15-18 ERROR: syntax: the exponent must start with 1-9: 1e0',
    '27-31 ERROR: syntax: the exponent must start with 1-9: 1e01',
    '40-42 ERROR: syntax: invalid digit in octal literal: 08',
    '51-53 ERROR: syntax: expected hexadecimal digits after 0x',
  ],
  [
    'L-09 A-004 E-71 E-120 no underscore at the end',
    'print(1_); print(0x1f_); print(1e5_)',
    '15-17 ERROR: syntax: trailing underscore in integer literal',
    '26-31 ERROR: syntax: trailing underscore in integer literal',
    '40-44 ERROR: syntax: trailing underscore in integer literal',
  ],
  [
    'L-10 L-12 E-71 E-120 suffixes limit the value',
    'print(4294967296u); print(9223372036854775808l); print(18446744073709551616ull)',
    '15-26 ERROR: syntax: overflow error, maximum value is 4294967295: 4294967296u',
    '35-55 ERROR: syntax: overflow error, maximum value is 9223372036854775807: 9223372036854775808l',
    '64-87 ERROR: syntax: overflow error, maximum value is 18446744073709551615: 18446744073709551616ull',
  ],
  [
    'L-10 L-11 L-14 E-71 E-120 suffixes that there are not',
    'print(5U); print(5x); print(1min); print(0b11)',
    "15-17 ERROR: syntax: invalid integer suffix 'U'",
    "26-28 ERROR: syntax: invalid integer suffix 'x'",
    "37-41 ERROR: syntax: invalid integer suffix 'min'",
    "50-54 ERROR: syntax: invalid integer suffix 'b11'",
    'HINT: Write 0x3.',
  ],
  [
    'L-12 A-006 E-71 too large for 64 bits',
    'print(18446744073709551616); print(300000d); print(0x1_0000_0000_0000_0000)',
    '15-35 ERROR: syntax: overflow error, maximum value is 18446744073709551615: 18446744073709551616',
    '44-51 ERROR: syntax: overflow error, maximum value is 18446744073709551615: 300000d',
    '60-83 ERROR: syntax: overflow error, maximum value is 18446744073709551615: 0x1_0000_0000_0000_0000',
  ],
  [
    'L-13 no floating point, no characters',
    "$x = 1.5; $y = 'a'",
    '14-17 ERROR: syntax: floating-point numbers are not supported',
    'HINT: There are only integers: use a smaller unit, such as 1500us for 1.5ms.',
    '24-27 ERROR: syntax: strings stand in double quotes',
    'HINT: Write "a", or "a"[0] for its code.',
  ],
  ['L-13 but members of tuples by number', '$t = (1, (2, 3)); print($t.1.0)'],
  [
    'L-16 A-034 E-71 E-120 escapes that there are not',
    'print("\\q"); print("a\\400")',
    "16-18 ERROR: syntax: invalid escape character '\\q'",
    'HINT: Escapes are \\n \\t \\r \\" \\\\, octal \\101 and hexadecimal \\x41.',
    "30-34 ERROR: syntax: octal escape out of range '\\400'",
  ],
  [
    'L-16 E-71 texts do not join by themselves',
    'print("a" "b")',
    "19-22 ERROR: syntax: expected ')'",
    "HINT: Strings are joined with '+'.",
  ],
  ['E-71 E-120 what is expected is named', 'print(1) print(2)', "18-23 ERROR: syntax: expected ';'"],
  ['E-71 E-120 an expression', '$x = ; $y = 1 + ; print(1,)', ...expressionsExpected()],
  [
    'E-71 E-120 parentheses and brackets',
    'print((1; @x[1 = 2',
    "17-18 ERROR: syntax: expected ')'",
    "24-25 ERROR: syntax: expected ']'",
  ],
  [
    'E-71 E-120 what has no place can not be counted, pointed to or assigned',
    '5++; --pid; &7; 5 = 1',
    "9-12 ERROR: syntax: '++' can only be applied to a variable or a map",
    "14-19 ERROR: syntax: '--' can only be applied to a variable or a map",
    "HINT: Variables begin with '$' and maps with '@': $pid or @pid.",
    "21-23 ERROR: syntax: '&' can only be applied to a variable or a map",
    '25-26 ERROR: syntax: invalid assignment target',
  ],
  ['E-71 members have one value each', '$r = (a=1, a=2)', "20-21 ERROR: syntax: duplicate member 'a'"],
];

function expressionsExpected(): string[] {
  return ['14-15', '25-26', '35-36'].map((place) => `${place} ERROR: syntax: expected expression`);
}

const NAMES: readonly Case[] = [
  ['E-01 E-100 an unknown function', 'foo(1)', "9-15 ERROR: Unknown function: 'foo'"],
  [
    'E-01 E-100 near one that there is, in an expression',
    '@x = conut(); $l = strlenn("a")',
    "14-21 ERROR: Unknown function: 'conut'",
    'HINT: Did you mean count()?',
    "28-40 ERROR: Unknown function: 'strlenn'",
    'HINT: Did you mean strlen()?',
  ],
  ['E-02 E-101 an unknown name', 'print(nosuchid)', "15-23 ERROR: Unknown identifier: 'nosuchid'"],
  [
    'E-02 E-101 near one that there is, or a function',
    'print(pidd); $x = printf',
    "15-19 ERROR: Unknown identifier: 'pidd'",
    'HINT: Did you mean pid?',
    "27-33 ERROR: Unknown identifier: 'printf'",
    'HINT: Call it: printf().',
  ],
];

const OPERATORS: readonly Case[] = [
  [
    'E-13 a number compared with text',
    'if (comm == 1) { }',
    "13-22 ERROR: Type mismatch for '==': comparing string[16] with int8",
    '13-17 ERROR: left (string[16])',
    '21-22 ERROR: right (int8)',
    'HINT: Text is compared with text: "1".',
  ],
  [
    'E-13 text compared with a number, a pointer with text',
    '_ = pid != "1"; _ = curtask == "x"',
    "13-23 ERROR: Type mismatch for '!=': comparing uint32 with string[2]",
    '13-16 ERROR: left (uint32)',
    '20-23 ERROR: right (string[2])',
    'HINT: A number is compared with a number: 1.',
    "29-43 ERROR: Type mismatch for '==': comparing struct task_struct * with string[2]",
    '29-36 ERROR: left (struct task_struct *)',
    '40-43 ERROR: right (string[2])',
    'HINT: str() reads the text that a pointer leads to.',
  ],
  [
    'E-14 operators and what they do not take',
    '_ = "a" * 2; _ = comm - 1; _ = -comm; _ = ~"a"; $s = "a"; _ = $s + "b"',
    '13-20 ERROR: The * operator can not be used on expressions of types string[2], int8',
    '26-34 ERROR: The - operator can not be used on expressions of types string[16], int8',
    '40-45 ERROR: The - operator can not be used on expressions of type string[16]',
    '51-55 ERROR: The ~ operator can not be used on expressions of type string[2]',
    '71-79 ERROR: The + operator can not be used on expressions of types string[2], string[2]',
  ],
  [
    'E-14 order of texts, logic of texts and tuples',
    '_ = "a" < "b"; _ = 1 && "x"; _ = (1, 2) || 0; _ = !(1, 2)',
    '13-22 ERROR: The < operator can not be used on expressions of types string[2], string[2]',
    '28-36 ERROR: The && operator can not be used on expressions of types int8, string[2]',
    '42-53 ERROR: The || operator can not be used on expressions of types (int8,int8), int8',
    '59-66 ERROR: The ! operator can not be used on expressions of type (int8,int8)',
  ],
  [
    'E-16 pointers to different types',
    '$p = (uint8 *)1; $q = (uint16 *)1; _ = $p == $q; _ = $p < $q',
    '48-56 WARNING: Comparison of different pointer types: uint8 * with uint16 *',
    '62-69 WARNING: Comparison of different pointer types: uint8 * with uint16 *',
  ],
  [
    'E-16 pointers and numbers, and pointers of one type',
    '$p = (uint8 *)1; _ = $p == 1; _ = $p == (uint8 *)2; _ = 0 != $p',
  ],
  [
    'E-16 T-13 numbers of different signs, but not literals',
    '$a = (int32)-1; $b = (uint32)1; _ = $a < $b; _ = $a < 1; _ = $b > 5',
    '45-52 WARNING: Comparison of integers of different signs: int32 and uint32 can lead to undefined behavior',
  ],
  [
    'E-17 G-49 texts and tuples are no conditions',
    'if ("x") { } if ((1, 2)) { } while (comm) { break; } _ = "" ? 1 : 2; _ = "x" ?: 3',
    '9-21 ERROR: Invalid condition: string',
    '22-37 ERROR: Invalid condition: tuple',
    '38-61 ERROR: Invalid condition: string',
    '66-76 ERROR: Invalid condition: string',
    '82-90 ERROR: Invalid condition: string',
    '38-49 WARNING: While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
  ],
  ['E-17 G-49 nor are structs and stacks', 'if (*curtask) { } if (kstack) { }', ...conditions()],
  [
    'E-18 E-113 branches of two types',
    '$b = true; _ = $b ? 1 : "x"; _ = $b ? (1, 2) : 3',
    "24-36 ERROR: Branches must return the same type or compatible types: have 'int8' and 'string[2]'",
    "42-57 ERROR: Branches must return the same type or compatible types: have '(int8,int8)' and 'int8'",
  ],
  [
    'E-18 E-113 of if, too; numbers and texts of different sizes are compatible',
    '$v = if (pid) { 1 } else { "x" }; _ = pid ? 1 : 70000; _ = pid ? "a" : "abc"; _ = pid ?: 300',
    "14-41 ERROR: Branches must return the same type or compatible types: have 'int8' and 'string[2]'",
  ],
  [
    'G-42 E-71 only variables and maps have addresses',
    '$p = &pid',
    "14-18 ERROR: syntax: '&' can only be applied to a variable or a map",
  ],
];

function conditions(): string[] {
  return ['9-26 ERROR: Invalid condition: struct task_struct', '27-42 ERROR: Invalid condition: kstack_t'];
}

const NUMBERS: readonly Case[] = [
  [
    'E-21 A-023 a literal that does not fit its declared type',
    'let $a : uint8 = 300; let $b : uint8 = -1; let $c : int8 = 127; let $d : int8 = 128',
    "9-29 ERROR: Type mismatch for $a: trying to assign value of type 'int16' when variable already has a type 'uint8'",
    "31-50 ERROR: Type mismatch for $b: trying to assign value of type 'int8' when variable already has a type 'uint8'",
    "73-92 ERROR: Type mismatch for $d: trying to assign value of type 'int16' when variable already has a type 'int8'",
  ],
  [
    'E-21 the largest unsigned numbers among signed ones',
    '$z = (uint64)5; $z = (int64)-1; @m = (uint64)1; @m = -1',
    '9-23 WARNING: The value of type uint64 is kept as int64, because other values of the same variable or map are signed.',
    '41-55 WARNING: The value of type uint64 is kept as int64, because other values of the same variable or map are signed.',
  ],
  [
    'E-115 A-014 what literals can not be folded to',
    '_ = 7 / 0; _ = 1 << 64; _ = 5 % 0; _ = 9223372036854775807 * 4',
    ...['13-18', '24-31', '37-42', '48-71'].map(
      (place) => `${place} ERROR: unable to fold literals due to overflow or underflow`,
    ),
  ],
  [
    'E-115 below zero, and shifts by less than nothing; the ends of the range are fine',
    '_ = -9223372036854775808 - 1; _ = 1 << -1; _ = 9223372036854775807 + 1; _ = -(-9223372036854775807); _ = 1 << 63',
    ...['13-37', '43-50'].map((place) => `${place} ERROR: unable to fold literals due to overflow or underflow`),
  ],
];

describe('mistakes', () => {
  for (const [title, body, ...complaints] of [...LEXICAL, ...NAMES, ...OPERATORS, ...NUMBERS]) {
    it(title, () => assert.deepEqual(complaintsIn(body), complaints));
  }
});
