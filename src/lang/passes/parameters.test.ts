import assert from 'node:assert/strict';
import test from 'node:test';
import { checkText, complaintsIn, printedBy } from '../testing/check-script.ts';

test('T-70 E-40 T-71 the other kind of parameter is meant', () => {
  const positional = ['5', 'abc', ''];
  const complaints = (body: string): string[] => complaintsIn(body, { positional });
  assert.deepEqual(complaints('_ = $1 == "5"'), [
    "13-22 ERROR: Type mismatch for '==': comparing int8 with string[2]",
    '13-15 ERROR: left (int8)',
    '19-22 ERROR: right (string[2])',
    "HINT: str($1) is the parameter's text.",
  ]);
  assert.deepEqual(complaints('printf("%d", $2)'), [
    "9-25 ERROR: unsupported format specifier for type 'string[4]': d",
    'HINT: The parameter $2 is no number: abc',
  ]);
  assert.deepEqual(complaints('time($1); printf($1)'), [
    '9-17 ERROR: time() expects a string literal (int8 provided)',
    "HINT: str($1) is the parameter's text.",
    '19-29 ERROR: printf() expects a string literal as its format (int8 provided)',
    "HINT: str($1) is the parameter's text.",
  ]);
  assert.deepEqual(complaints('print($3); print($4); print(str($3) + str($4))'), [
    '15-17 WARNING: Positional parameter $3 is empty or not provided.',
    '26-28 WARNING: Positional parameter $4 is empty or not provided.',
  ]);
});

test('T-70 T-72 parameters are literals: they fold, and decide what is compiled', () => {
  const positional = ['-5', '0x10', 'x'];
  assert.deepEqual(
    printedBy('print($1 + $2); print(($2 << 1, $#, $3 + "y")); print(comptime ($# == 3));', { positional }),
    ['11:int8', '{0: 32:int8, 1: 3:int8, 2: "xy":string[3]}:(int8,int8,string[3])', 'true'],
  );
  assert.equal(
    checkText('begin { if comptime ($# > 3) { fail("at most three"); } else { print($1); } }', { positional }).rendered,
    '',
  );
});

test('E-41 one option, two meanings', () => {
  assert.deepEqual(
    complaintsIn(
      'print(getopt("a", 1)); print(getopt("a", 2)); print(getopt("a")); print(getopt(pid)); print(getopt("b", pid))',
    ),
    [
      "38-52 ERROR: Command line option 'a' is declared with different types or default values",
      '15-29 ERROR: This is the initial declaration.',
      "61-72 ERROR: Command line option 'a' is declared with different types or default values",
      '15-29 ERROR: This is the initial declaration.',
      '81-92 ERROR: getopt() expects a string literal (uint32 provided)',
      '101-117 ERROR: getopt() expects a literal number, string or bool as its second argument (uint32 provided)',
    ],
  );
  const named = new Map([['a', '9']]);
  assert.equal(checkText('begin { print(getopt("a", 1)); print(getopt("a", 1, "help")); }', { named }).rendered, '');
  assert.equal(
    checkText('begin { print(getopt("b")); }', { named }).rendered,
    'ERROR: unexpected program command line options: --a\nHINT: expected program options:\n--b\n',
  );
});
