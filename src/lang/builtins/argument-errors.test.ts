import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText, complaintsIn } from '../testing/check-script.ts';
import { sampleTarget } from '../testing/target.ts';

/** Of a call in begin: what is said of it, without its place. */
function complaint(statement: string): string {
  return complaintsIn(`$n = 1; $s = "abc"; $p = (uint8 *)5; ${statement};`)
    .map((line) => line.replace(/^\d+-\d+ ERROR: /, ''))
    .join(' | ');
}

test('E-122 F-33 F-34 how many arguments a function takes', () => {
  assert.equal(complaint('print(strlen())'), 'strlen() requires exactly one argument (0 provided)');
  assert.equal(complaint('print(strcap("a", 1))'), 'strcap() requires exactly one argument (2 provided)');
  assert.equal(complaint('print(strcontains("a"))'), 'strcontains() requires exactly 2 arguments (1 provided)');
  assert.equal(complaint('print(memcmp("a", "b"))'), 'memcmp() requires exactly 3 arguments (2 provided)');
  assert.equal(complaint('join(1, 2, 3)'), 'join() takes up to 2 arguments (3 provided)');
  assert.equal(complaint('cat()'), 'cat() requires at least one argument (0 provided)');
  assert.equal(complaint('print(ntop())'), 'ntop() requires at least one argument (0 provided)');
});

test('E-122 the whole call is marked', () => {
  assert.equal(
    checkText('begin { print(str_concat("a")); }').rendered,
    'stdin:1:15-30: ERROR: str_concat() requires exactly 2 arguments (1 provided)\n' +
      'begin { print(str_concat("a")); }\n' +
      '              ~~~~~~~~~~~~~~~\n',
  );
});

test('F-30 F-31 F-32 F-33 F-34 functions on text and memory want that', () => {
  const cases: [statement: string, message: string][] = [
    ['print(str((1, 2)))', 'str() expects an integer or a pointer type as first argument ((int8,int8) provided)'],
    ['print(str($p, "x"))', 'str() expects an integer as argument 2 (string[2] provided)'],
    ['print(str($p, -1))', 'str() expects a positive length (provided -1)'],
    ['print(buf($p))', 'buf() expects a length argument for a non-array type'],
    [
      'print(buf((1, 2), 1))',
      'buf() expects an integer, a pointer or an array as first argument ((int8,int8) provided)',
    ],
    ['print(strncmp($s, 1, 1))', 'strncmp() expects strings (int8 provided)'],
    ['print(strncmp($s, $s, 0))', 'strncmp() expects a positive number of bytes (provided 0)'],
    ['print(strncmp($s, $s, $n))', 'strncmp() expects an integer literal as argument 3 (int8 provided)'],
    ['print(strlen(5))', 'strlen() expects a string (int8 provided)'],
    [
      'print(strstr($p, "a"))',
      'strstr() expects a string (uint8 * provided) | HINT: str(…) reads the text that a pointer points to.',
    ],
    ['print(str_concat("a", 1))', 'str_concat() expects a string (int8 provided)'],
    ['print(memcmp("ab", "abcd", 4))', 'memcmp() wants 4 bytes of argument 1, which has 3 (string[3])'],
    ['print(memcmp("ab", "ab", -1))', 'memcmp() expects a number of bytes from 0 to 4096 (provided -1)'],
    ['print(memcmp("ab", "ab", $n))', 'memcmp() expects an integer literal as argument 3 (int8 provided)'],
    [
      'print(memcmp($s, 5, 1))',
      'memcmp() compares the bytes of a number with those of another number only' +
        ' | HINT: Cast an address to a pointer to compare what stands there: (uint8 *)arg0',
    ],
  ];
  for (const [statement, message] of cases) assert.equal(complaint(statement), message);
});

test('F-33 a parameter that looks like a number is none of the texts', () => {
  assert.deepEqual(complaintsIn('print(strlen($1));', { positional: ['12'] }), [
    '15-25 ERROR: strlen() expects a string (int8 provided)',
    "HINT: str($1) is the parameter's text.",
  ]);
  assert.deepEqual(complaintsIn('print(strstr($1, "b"));', { positional: ['abc'] }), []);
});

test('F-33 searches need a helper, but for literals', () => {
  const call = 'print(strcontains(comm, "a"));';
  assert.deepEqual(complaintsIn(`${call} print(strstr("ab", "b"));`), [
    '15-37 ERROR: strcontains() needs the helper bpf_loop, which this kernel lacks',
    'HINT: it came with kernel 5.17',
  ]);
  assert.deepEqual(complaintsIn(call, { target: sampleTarget({ features: ['loop'] }) }), []);
});

test('F-35 F-36 F-37 F-54 functions on numbers and addresses want that', () => {
  const cases: [statement: string, message: string][] = [
    ['print(strerror("a"))', 'strerror() expects an integer as argument 1 (string[2] provided)'],
    ['print(signal_name(comm))', 'signal_name() expects an integer as argument 1 (string[16] provided)'],
    ['print(syscall_name((1, 2)))', 'syscall_name() expects an integer as argument 1 ((int8,int8) provided)'],
    ['print(bswap("a"))', 'bswap() expects an integer (string[2] provided)'],
    ['print(bswap($p))', 'bswap() expects an integer (uint8 * provided)'],
    ['print(kptr("a"))', 'kptr() expects an integer or a pointer (string[2] provided)'],
    ['print(uptr((1, 2)))', 'uptr() expects an integer or a pointer ((int8,int8) provided)'],
    ['print(macaddr("abcde"))', 'macaddr() expects an array of 6 bytes or the address of one (string[6] provided)'],
    ['print(ntop((1, 2, 3)))', 'ntop() expects an integer, or an array of 4 or 16 bytes ((int8,int8,int8) provided)'],
    ['print(ntop("a", 1))', 'ntop() expects an integer as argument 1 (string[2] provided)'],
    ['print(pton($s))', 'pton() expects a string literal (string[4] provided)'],
  ];
  for (const [statement, message] of cases) assert.equal(complaint(statement), message);
});

test('F-54 pton refuses what is no address', () => {
  for (const text of [
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '12345::',
    '::1.2.3',
    'x',
    '',
  ])
    assert.equal(complaint(`print(pton("${text}"))`), `pton() expects an IPv4 or IPv6 address (${text} provided)`);
});

test('F-38 container_of wants a pointer, a type and a member', () => {
  const cases: [statement: string, message: string][] = [
    [
      'print(container_of("a", struct task_struct, pid))',
      'container_of() expects a pointer first (string[2] provided)',
    ],
    ['print(container_of($p, 2, pid))', 'container_of() expects a type as second argument'],
    ['print(container_of($p, struct task_struct, 5))', 'container_of() expects the name of a member last'],
    [
      'print(container_of($p, struct task_struct, nosuch))',
      "Struct/union of type 'struct task_struct' does not contain a field named 'nosuch'",
    ],
    [
      'print(container_of($p, struct nosuch, a))',
      'Cannot resolve unknown type "struct nosuch" | ' +
        "HINT: Neither the script nor the kernel's BTF defines it: include its header, or define it.",
    ],
  ];
  for (const [statement, message] of cases) assert.equal(complaint(statement), message);
});

test('F-41 write_user is unsafe, and wants an address, a value and a length that it has', () => {
  const unsafely = (statement: string): string =>
    complaintsIn(`$s = "abc"; ${statement};`, { unsafe: true })
      .map((line) => line.replace(/^\d+-\d+ ERROR: /, ''))
      .join(' | ');
  assert.equal(
    complaint('print(write_user(1, "a", 1))'),
    'write_user() is an unsafe function being used in safe mode | HINT: Run with --unsafe to allow it.',
  );
  assert.equal(
    unsafely('print(write_user("a", "a", 1))'),
    'write_user() expects an address of user memory first (string[2] provided)',
  );
  assert.equal(
    unsafely('print(write_user(5, $s, 9))'),
    'write_user() wants 9 bytes of argument 2, which has 4 (string[4])',
  );
  assert.equal(unsafely('print(write_user(5, $s, 0))'), 'write_user() expects a length from 1 to 1024 (provided 0)');
  assert.equal(
    unsafely('print(write_user(5, $s, 4))'),
    "This kernel doesn't let programs write to user memory." +
      ' | HINT: The helper bpf_probe_write_user is refused: kernel lockdown does that, and kernels without it.',
  );
});

test('T-31 casts that can not be', () => {
  const cases: [statement: string, message: string][] = [
    ['print((uint8)"a")', 'Cannot cast from "string[2]" to "uint8"'],
    ['print((string[2])"abc")', 'Cannot cast from "string[4]" to "string[2]"'],
    ['print((int8[2])"abc")', 'Cannot cast from "string[4]" to "int8[2]"'],
    ['print((int8[9])5)', 'Cannot cast from "int8" to "int8[9]"'],
    ['print((uint16)pton("1.2.3.4"))', 'Cannot cast from "uint8[4]" to "uint16"'],
    ['print((uint64)(1, 2))', 'Cannot cast from "(int8,int8)" to "uint64"'],
    ['print((uint8 *)$s)', 'Cannot cast from "string[4]" to "uint8 *"'],
  ];
  for (const [statement, message] of cases) assert.equal(complaint(statement), message);
});

test('T-31 casts that change nothing, and those of old scripts to a struct', () => {
  assert.deepEqual(complaintsIn('$x = (uint32)5; print((uint32)$x);'), [
    '31-41 WARNING: Unnecessary cast: expression is already of type: uint32',
  ]);
  assert.deepEqual(complaintsIn('print((struct task_struct)5);'), [
    "15-36 WARNING: Cast of 'int8' to 'struct task_struct' is read as a cast to 'struct task_struct *'",
  ]);
  assert.deepEqual(complaintsIn('print((uint8)5); $x = (uint8)5; print((int8)$x);'), []);
});

test('E-15 E-110 what does not compare: arrays of other sizes, numbers with texts', () => {
  const both = (left: string, right: string): string => `Type mismatch for '==': comparing ${left} with ${right}`;
  assert.ok(complaint('print(pton("::1") == pton("1.2.3.4"))').startsWith(both('uint8[16]', 'uint8[4]')));
  assert.ok(complaint('print(1 == $s)').startsWith(both('int8', 'string[4]')));
});

test('E-110 the whole comparison is marked, then its sides', () => {
  const { rendered } = checkText('begin { $x = 5; print($x != comm); }');
  assert.match(rendered, /^stdin:1:23-33: ERROR: Type mismatch for '!=': comparing int8 with string\[16\]\n/);
  assert.match(rendered, /^stdin:1:23-25: \w+: left \(int8\)$/m);
  assert.match(rendered, /^stdin:1:29-33: \w+: right \(string\[16\]\)$/m);
});

test('E-111 operators on what is no number', () => {
  assert.equal(complaint('print(comm + 1)'), 'The + operator can not be used on expressions of types string[16], int8');
  assert.equal(
    complaint('print((1, 2) * 2)'),
    'The * operator can not be used on expressions of types (int8,int8), int8',
  );
});

test('E-15 arrays of one size compare by their bytes', () => {
  assert.equal(complaint('print(pton("::1") != pton("::2")); print((int8[4])$n == pton("1.0.0.0"))'), '');
});

test('E-19 E-114 T-52 what is no pointer is not followed, what is no array has no elements, and those have an end', () => {
  const cases: [statement: string, message: string][] = [
    ['print(*comm)', "Can not dereference type 'string[16]'. It is not a pointer."],
    ['print(*(1, 2))', "Can not dereference type '(int8,int8)'. It is not a pointer."],
    ['print($n[0])', 'The array index operator [] can not be used on expressions of type int8'],
    ['print($s["a"])', "The array index operator [] accepts only integer indices, not 'string[2]'"],
    ['print($s[4])', 'the index 4 is out of bounds for array of size 4'],
    ['print("abc"[-1])', 'the index -1 is out of bounds for array of size 4'],
    ['print(pton("1.2.3.4")[4])', 'the index 4 is out of bounds for array of size 4'],
    ['print((1, 2).2)', 'Invalid tuple index: 2. Found 2 elements in tuple.'],
  ];
  for (const [statement, message] of cases) assert.equal(complaint(statement), message);
});

test('E-114 the whole access is marked', () => {
  assert.equal(
    checkText('begin { $s = "abc"; print($s[5]); }').rendered,
    'stdin:1:27-32: ERROR: the index 5 is out of bounds for array of size 4\n' +
      'begin { $s = "abc"; print($s[5]); }\n' +
      '                          ~~~~~\n',
  );
});

test('E-111 T-54 texts do not add at run time, nor have an order', () => {
  assert.equal(
    checkText('begin { $s = "a"; $t = $s + "b"; }').rendered,
    'stdin:1:24-32: ERROR: The + operator can not be used on expressions of types string[2], string[2]\n' +
      'begin { $s = "a"; $t = $s + "b"; }\n' +
      '                       ~~~~~~~~\n',
  );
  assert.equal(
    complaint('print($s < "b")'),
    'The < operator can not be used on expressions of types string[4], string[2]',
  );
});

test('E-35 modes that are not there', () => {
  assert.match(complaint('print(nsecs(nosuch))'), /^Invalid timestamp mode: nosuch/);
  assert.match(complaint('print(pid(nosuch))'), /^Invalid PID namespace mode: nosuch/);
  assert.match(complaint('print(kstack(nosuch))'), /nosuch/);
});
