import assert from 'node:assert/strict';
import test from 'node:test';
import { checkText, complaintsIn, statementsOf } from '../testing/check-script.ts';

test('G-47 E-38 what must be known at compile time and is not', () => {
  assert.deepEqual(complaintsIn('print(comptime pid); if comptime (pid > 1) { } $a = comptime (1, comm);'), [
    '15-27 ERROR: Unable to evaluate at compile time.',
    '43-50 ERROR: Unable to evaluate at compile time.',
    '61-79 ERROR: Unable to evaluate at compile time.',
  ]);
  assert.deepEqual(complaintsIn('$x = 1; $y = { if comptime ($x) { 1 } else { 2 } }; print(comptime ($x + 1))'), [
    '37-39 ERROR: Unable to evaluate at compile time.',
    '67-84 ERROR: Unable to evaluate at compile time.',
  ]);
});

test('G-47 dead branches leave nothing behind, live ones are checked', () => {
  const dead = 'print($nope); nosuch(1); let $q; @m = "a"; @m = 1;';
  assert.equal(
    checkText(`begin { if comptime (sizeof(pid) == 8) { ${dead} } else if comptime (false) { ${dead} } }`).rendered,
    '',
  );
  assert.deepEqual(
    complaintsIn('if comptime (1) { print($a) } else { print($b) } if comptime (is_str($c)) { print($d) }'),
    [
      '33-35 ERROR: Undefined or undeclared variable: $a',
      '78-80 ERROR: Undefined or undeclared variable: $c',
      '91-93 ERROR: Undefined or undeclared variable: $d',
    ],
  );
  assert.deepEqual(statementsOf('begin { if comptime (is_str(comm)) { print(1); } else { print(2); } }'), [
    '{',
    'emit print(1:int8)',
    '}',
  ]);
});

test('G-48 E-22 numbers too large or too small while folding, and divisions by zero', () => {
  const texts = [
    '18446744073709551615 + 1',
    '-9223372036854775808 - 1',
    '5 % 0',
    '7 / 0',
    '1 << 64',
    '1 >> 64',
    '2 * 9223372036854775808',
    '0 - 9223372036854775809',
    '-9223372036854775809',
  ];
  for (const text of texts)
    assert.deepEqual(
      complaintsIn(`print(${text})`),
      [`15-${15 + text.length} ERROR: unable to fold literals due to overflow or underflow`],
      text,
    );
  assert.deepEqual(
    complaintsIn('print(18446744073709551614 + 1); print(-9223372036854775807 - 1); print(1 << 63);'),
    [],
  );
});

test('G-48 nothing left of a text', () => {
  assert.deepEqual(complaintsIn('print("ab" + 2); print("abc" + 2); print("" + "")'), [
    '15-23 WARNING: Nothing is left of the string literal after the addition.',
  ]);
});

test('G-44 a map is not assigned in what is not evaluated', () => {
  assert.deepEqual(
    complaintsIn('print(sizeof({ @x = 1; 5 })); print(sizeof(@n++)); let $a : typeof({ @y[1] += 2; 1 }) = 1;'),
    [
      "24-30 ERROR: @x can't be assigned in an expression that is not evaluated",
      "52-56 ERROR: @n can't be assigned in an expression that is not evaluated",
      "78-88 ERROR: @y can't be assigned in an expression that is not evaluated",
    ],
  );
  assert.deepEqual(complaintsIn('print(offsetof(struct file, f_path.nosuch)); print(sizeof(struct nosuch))'), [
    "15-51 ERROR: Struct/union of type 'struct path' does not contain a field named 'nosuch'",
    '67-80 ERROR: Cannot resolve unknown type "struct nosuch"',
    "HINT: Neither the script nor the kernel's BTF defines it: include its header, or define it.",
  ]);
});

test('G-46 typeinfo is to be switched on', () => {
  assert.deepEqual(complaintsIn('print(typeinfo(pid).base_type)'), [
    '15-28 ERROR: typeinfo() is an unstable feature and is switched off.',
    "HINT: Set the config 'unstable_typeinfo' to 'enable' to use it without this message.",
  ]);
  assert.deepEqual(
    complaintsIn('print(typeinfo(pid).base_type); print(typeinfo(5).full_type)', {
      environment: { BPFTRACE_UNSTABLE_TYPEINFO: 'warn' },
    }),
    [
      '15-28 WARNING: typeinfo() is an unstable feature: its answers may still change.',
      "HINT: Set the config 'unstable_typeinfo' to 'enable' to use it without this message.",
    ],
  );
});

test('G-11 G-13 declarations and commas in the wrong place', () => {
  assert.deepEqual(
    checkText('let $x = 5; begin { }')
      .rendered.split('\n')
      .filter((line) => /ERROR|HINT/.test(line)),
    [
      'stdin:1:5-7: ERROR: syntax: expected map',
      'HINT: Outside of probes only maps can be declared: `let @name = hash(100);`.',
    ],
  );
  assert.deepEqual(complaintsIn('print(1,)'), ['17-18 ERROR: syntax: expected expression']);
  assert.deepEqual(complaintsIn('let @x = hash(5);'), [
    '13-15 ERROR: syntax: expected variable',
    'HINT: Maps are declared outside of probes: `let @name = hash(100);`.',
  ]);
});

test('F-59 F-39 names of kernel functions are literals, questions have one subject', () => {
  assert.deepEqual(
    complaintsIn('print(kfunc_exist(comm)); print(kfunc_allowed(5)); print(is_str("a", 1)); print(is_ptr());'),
    [
      '15-32 ERROR: kfunc_exist() expects a string literal (string[16] provided)',
      '41-57 ERROR: kfunc_allowed() expects a string literal (int8 provided)',
      '66-80 ERROR: is_str() requires exactly one argument (2 provided)',
      '89-97 ERROR: is_ptr() requires exactly one argument (0 provided)',
    ],
  );
});

test('E-22 A-014 a division by zero among literals', () => {
  assert.deepEqual(complaintsIn('print(7 / 0); $a = 1 << 70; $b = 5 % (3 - 3);'), [
    '15-20 ERROR: unable to fold literals due to overflow or underflow',
    '28-35 ERROR: unable to fold literals due to overflow or underflow',
    '42-53 ERROR: unable to fold literals due to overflow or underflow',
  ]);
});

test('G-45 brackets behind a name count elements of a type', () => {
  assert.deepEqual(
    statementsOf('begin { $a = sizeof(int16[3]); $n = (uint8[2])0; $b = sizeof(($n[0])); $c = sizeof(typeof($n)); }'),
    ['$a#0 = 6:uint64', '$n#1 = uint8[2](0:int8)', '$b#2 = 1:uint64', '$c#3 = 2:uint64'],
  );
});
