import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText, complaintsIn } from '../../testing/check-script.ts';

function refused(call: string): string {
  const found = complaintsIn(`@h = hist(1); @s = stats(1); ${call};`);
  return found.map((line) => line.replace(/^\d+-\d+ ERROR: /, '')).join('; ');
}

test('R-02 E-33 numbers with a fraction and %n are refused, in any form', () => {
  for (const conversion of ['e', 'E', 'f', 'F', 'g', 'G', 'a', 'A', 'n'])
    assert.equal(refused(`printf("%${conversion}", 1)`), `unsupported format specifier: ${conversion}`);
  assert.equal(refused('warnf("%-5.2lf", 1)'), 'unsupported format specifier: f');
});

test('R-03 E-33 E-121 too few and too many arguments', () => {
  const cases: [call: string, supplied: number, expected: number][] = [
    ['printf("%d\\n")', 0, 1],
    ['printf("%d %s\\n", 1)', 1, 2],
    ['printf("x", 1, 2)', 2, 0],
    ['printf("%*d", 3, 4)', 2, 1],
    ['printf("%5%", 3)', 1, 0],
    ['errorf("%d")', 0, 1],
  ];
  for (const [call, supplied, expected] of cases) {
    const which = supplied < expected ? 'not enough' : 'too many';
    assert.equal(refused(call), `${which} arguments for format string (${supplied} supplied, ${expected} expected)`);
  }
});

test('R-03 a format is a literal', () => {
  assert.equal(refused('$f = "a"; printf($f)'), 'printf() expects a string literal as its format (string[2] provided)');
  assert.equal(refused('cat(5)'), 'cat() expects a string literal as its format (int8 provided)');
});

test('R-04 E-33 E-121 which type goes with which conversion', () => {
  const cases: [call: string, type: string, conversion: string][] = [
    ['"%d", "s"', 'string[2]', 'd'],
    ['"%x", (1, 2)', '(int8,int8)', 'x'],
    ['"%c", buf("a", 1)', 'buffer[1]', 'c'],
    ['"%p", comm', 'string[16]', 'p'],
    ['"%r", "text"', 'string[5]', 'r'],
    ['"%rx", 5', 'int8', 'rx'],
    ['"%5rh", comm', 'string[16]', 'rh'],
    ['"%gr", comm', 'string[16]', 'gr'],
    ['"%s %lu", 1, pton("::1")', 'uint8[16]', 'u'],
  ];
  for (const [call, type, conversion] of cases)
    assert.equal(refused(`printf(${call})`), `unsupported format specifier for type '${type}': ${conversion}`);
});

test('R-04 an aggregation that is no number is no argument', () => {
  assert.match(refused('printf("%d", @h)'), /^Value 'hist_t' cannot be read in an expression\./);
  assert.match(refused('printf("%s", @s)'), /^Value 'stats_t' cannot be read in an expression\./);
});

test('E-33 E-121 the whole call is marked', () => {
  assert.equal(
    checkText('begin { printf("%d\\n"); }').rendered,
    'stdin:1:9-23: ERROR: not enough arguments for format string (0 supplied, 1 expected)\n' +
      'begin { printf("%d\\n"); }\n' +
      '        ~~~~~~~~~~~~~~\n',
  );
});
