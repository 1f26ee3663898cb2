import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { checkText, statementsOf } from '../testing/check-script.ts';
import { expandScript } from './expand-script.ts';
import { libraryFiles } from '../stdlib/index.ts';
import { parse } from '../syntax/index.ts';

/** A one-line script and all that is said about it, without the repeated source lines. */
function said(text: string): string[] {
  const lines = checkText(text).rendered.split('\n');
  return lines.filter((line) => line !== '' && line !== text && !/^[ ~]+$/.test(line));
}

test('M-32 E-37 arguments of the wrong kind match no definition', () => {
  assert.equal(
    checkText('macro bump($v) { $v += 1; } begin { $a = 1; bump($a); bump(3); }').rendered,
    `stdin:1:55-62: ERROR: Call to bump() has arguments that do not match any definition.
macro bump($v) { $v += 1; } begin { $a = 1; bump($a); bump(3); }
                                                      ~~~~~~~
stdin:1:7-11: ERROR: bump($v) is defined here.
macro bump($v) { $v += 1; } begin { $a = 1; bump($a); bump(3); }
      ~~~~
`,
  );
  assert.deepEqual(said('macro m(@m) { @m[1] = 1; } macro m(@m, k) { @m[k] = 1; } begin { m(@a[1]); m; m($b) }'), [
    'stdin:1:66-74: ERROR: Call to m() has arguments that do not match any definition.',
    'stdin:1:7-8: ERROR: m(@m) is defined here.',
    'stdin:1:34-35: ERROR: m(@m, k) is defined here.',
    'stdin:1:76-77: ERROR: Call to m() has arguments that do not match any definition.',
    'stdin:1:7-8: ERROR: m(@m) is defined here.',
    'stdin:1:34-35: ERROR: m(@m, k) is defined here.',
    'stdin:1:79-84: ERROR: Call to m() has arguments that do not match any definition.',
    'stdin:1:7-8: ERROR: m(@m) is defined here.',
    'stdin:1:34-35: ERROR: m(@m, k) is defined here.',
  ]);
});

test('A-109 a variable is wanted, a number given', () => {
  assert.deepEqual(said('macro bump($v) { $v += 1; } begin { $a = 1; bump($a); print($a); bump(3); }'), [
    'stdin:1:66-73: ERROR: Call to bump() has arguments that do not match any definition.',
    'stdin:1:7-11: ERROR: bump($v) is defined here.',
  ]);
});

test('M-33 E-37 two definitions with the same kinds of parameters', () => {
  assert.deepEqual(said('macro f($a, x) { 1 } macro f(x) { 2 } macro f($b, y) { 3 } begin { print(f(1)) }'), [
    'stdin:1:45-46: ERROR: Redefinition of macro f($b, y)',
    'stdin:1:7-8: ERROR: This is the initial definition.',
  ]);
  assert.deepEqual(said('macro g { 1 } macro g() { 2 } begin { print(g) }'), [
    'stdin:1:21-22: ERROR: Redefinition of macro g()',
    'stdin:1:7-8: ERROR: This is the initial definition.',
  ]);
});

test('M-34 a definition of the library remains where kinds differ, and a built-in where counts do', () => {
  assert.equal(checkText('macro assert(c) { print(c); } begin { assert(1); assert(true, "x"); }').rendered, '');
  assert.equal(
    checkText('macro strftime(x) { x } macro hist(@m) { print(@m); } begin { @h = hist(3); hist(@h); }').rendered,
    '',
  );
  assert.deepEqual(said('macro pid() { 1 } begin { print(pid) }'), [
    "stdin:1:7-10: ERROR: syntax: a macro can't be called 'pid': that is a builtin",
  ]);
});

test('M-35 A-112 a body has maps only through its parameters', () => {
  assert.deepEqual(said('macro w() { @x = 1; } begin { w(); }'), [
    'stdin:1:13-15: ERROR: Macro w can only use maps that are passed to it, not @x',
    'HINT: Make it a parameter: macro w(@x)',
  ]);
  assert.deepEqual(said('macro w(@a, k) { @a[k] = @b[k]; } begin { }'), [
    'stdin:1:26-31: ERROR: Macro w can only use maps that are passed to it, not @b',
    'HINT: Make it a parameter: macro w(@a, k, @b)',
  ]);
});

test("M-35 neither side sees the other's variables", () => {
  assert.deepEqual(
    said(
      'macro peek() { $mine } macro make() { $made = 1; $made } begin { $mine = 1; print(peek); print(make() + $made); }',
    ),
    [
      'stdin:1:16-21: ERROR: Undefined or undeclared variable: $mine',
      'stdin:1:83-87: ERROR: expanded from',
      'stdin:1:105-110: ERROR: Undefined or undeclared variable: $made',
    ],
  );
});

test('M-36 a name that is no macro without parameters stays what it was', () => {
  assert.equal(checkText('macro comm() { "mine" } begin { print(comm == comm()); }').rendered, '');
  assert.deepEqual(said('macro now() { nsecs } begin { print(nows); }'), [
    "stdin:1:37-41: ERROR: Unknown identifier: 'nows'",
  ]);
});

test('M-37 A-110 E-37 a macro that calls itself', () => {
  assert.deepEqual(said('macro f(x) { f(x) } begin { f(1); }'), [
    'stdin:1:14-18: ERROR: Macro f calls itself: f > f',
    'stdin:1:29-33: ERROR: expanded from',
  ]);
  assert.deepEqual(said('macro a() { b(1) } macro b(x) { c + x } macro c() { a() } begin { print(b(2)); }'), [
    'stdin:1:13-17: ERROR: Macro b calls itself: b > c > a > b',
    'stdin:1:53-56: ERROR: expanded from',
    'stdin:1:33-34: ERROR: expanded from',
    'stdin:1:73-77: ERROR: expanded from',
  ]);
});

test('M-37 expansions come to an end', () => {
  const levels = Array.from({ length: 30 }, (_, level) => `macro m${level}() { m${level + 1} + m${level + 1} }`);
  const [first] = said(`${levels.join(' ')} macro m30() { 1 } begin { print(m0); }`);
  assert.match(first!, /^stdin:1:\d+-\d+: ERROR: Macros are expanded more than 20000 times\.$/);
});

test('M-38 E-37 no way out of a body', () => {
  assert.deepEqual(said('macro f() { return; } begin { unroll(2) { f(); } }'), [
    "stdin:1:13-19: ERROR: 'return' statement is not allowed in a macro",
  ]);
  assert.deepEqual(said('macro g(x) { if (x) { break; } unroll(2) { continue; } continue; } begin { }'), [
    "stdin:1:23-28: ERROR: 'break' statement is not allowed in a macro outside of a loop",
    "stdin:1:56-64: ERROR: 'continue' statement is not allowed in a macro outside of a loop",
  ]);
});

test('M-39 what is wrong in a body shows the body and all calls', () => {
  assert.equal(
    checkText('macro inner(x) {\n  x + "s"\n}\nmacro outer(y) { inner(y) }\nbegin {\n  $n = outer(pid);\n}').rendered,
    `stdin:2:3-10: ERROR: The + operator can not be used on expressions of types uint32, string[2]
  x + "s"
  ~~~~~~~
stdin:4:18-26: ERROR: expanded from
macro outer(y) { inner(y) }
                 ~~~~~~~~
stdin:6:8-18: ERROR: expanded from
  $n = outer(pid);
       ~~~~~~~~~~
`,
  );
  assert.deepEqual(said('macro both(x, y) { x == y } begin { print(both(1, "a")); }'), [
    "stdin:1:20-26: ERROR: Type mismatch for '==': comparing int8 with string[2]",
    'stdin:1:43-55: ERROR: expanded from',
    'stdin:1:48-49: ERROR: left (int8)',
    'stdin:1:51-54: ERROR: right (string[2])',
  ]);
});

test('M-40 E-37 a body without a value is a statement', () => {
  assert.deepEqual(said('macro put($x) { $x = 1; } begin { $a = 2; put($a); print(put($a)); }'), [
    'stdin:1:58-65: ERROR: Macro put has no value: it can only be used as a statement',
  ]);
  assert.deepEqual(said('macro maybe(x) { if (x) { 1 } } begin { maybe(0); $a = maybe(1) + 1; }'), [
    'stdin:1:56-64: ERROR: Macro maybe has no value: it can only be used as a statement',
    'stdin:1:27-28: WARNING: Return value discarded.',
    'stdin:1:41-49: WARNING: expanded from',
  ]);
  assert.equal(
    checkText('macro either(x) { if (x) { 1 } else { 2 } } begin { $a = either(1) + 1; either(0); }').rendered,
    '',
  );
});

test('M-41 E-37 names of parameters', () => {
  assert.deepEqual(said('macro f(a, b, a) { a } begin { }'), ["stdin:1:15-16: ERROR: syntax: duplicate parameter 'a'"]);
  assert.deepEqual(said('macro f(pid) { pid } macro g(arg0, uid) { uid } begin { print(g(1, 2)); }'), [
    "stdin:1:9-12: ERROR: syntax: a parameter can't be called 'pid': that is a builtin",
    "stdin:1:30-34: ERROR: syntax: a parameter can't be called 'arg0': that is a builtin",
  ]);
  assert.equal(checkText('macro g(uid, cpu) { uid + cpu } begin { print(g(1, 2)); }').rendered, '');
});

test('E-39 F-11 fail() and static_assert() refuse where they are reached', () => {
  assert.deepEqual(said('begin { if (pid) { fail("%s is %d%% %s", "x", -5, true); } }'), [
    'stdin:1:20-56: ERROR: x is -5% true',
  ]);
  assert.deepEqual(
    said(
      'begin { if comptime (1 == 2) { fail("never"); } static_assert(sizeof(int64) == 8, "odd"); fail(pid); fail("%d"); fail("%s", comm); }',
    ),
    [
      'stdin:1:91-100: ERROR: fail() expects a string literal (uint32 provided)',
      'stdin:1:102-112: ERROR: not enough arguments for format string (0 supplied, 1 expected)',
      'stdin:1:114-130: ERROR: fail() expects literals: its message is made at compile time',
    ],
  );
  assert.deepEqual(said('begin { static_assert(1 + 1 == 3, "sums"); assert_str(5); assert_str("five"); }'), [
    'stdlib/base.bt:28:5-45: ERROR: static assertion failed: sums',
    '    fail("static assertion failed: %s", msg);',
    'stdin:1:9-42: ERROR: expanded from',
    'stdlib/base.bt:15:5-38: ERROR: a string is expected here',
    '    fail("a string is expected here");',
    'stdin:1:44-57: ERROR: expanded from',
  ]);
});

test('the generated library is current, and all of it parses', () => {
  execFileSync(process.execPath, [new URL('../../../gen/stdlib.ts', import.meta.url).pathname, '--check']);
  for (const source of libraryFiles) {
    const { script, diagnostics } = parse(source, { positional: [] });
    assert.deepEqual(diagnostics, [], source.name);
    assert.deepEqual(expandScript(script!).diagnostics, [], source.name);
    const names = script!.items.map((item) => (item.kind === 'macro' ? item.name : item.kind));
    assert.deepEqual([...new Set(names)], Object.keys(source.macros), source.name);
  }
});

test('M-30 a body without statements stays a literal; the value of one with statements has its type', () => {
  const macros = 'macro sum(a, b) { a + b } macro long($x) { let $wide = (int64)$x; $wide + 1 }';
  assert.deepEqual(
    statementsOf(`${macros} begin { $a = comptime sum(1, sum(2, 3)); $b = (int8)1; @c = sizeof(long($b)); }`),
    ['$a#0 = 6:int8', '$b#1 = 1:int8', '@c = 8:uint64'],
  );
});

test('M-31 types as arguments', () => {
  const macros = 'macro room(t) { sizeof(t) } macro as(t, v) { (typeof(t))v } macro plus(x) { x + 1 }';
  assert.deepEqual(
    statementsOf(
      `${macros} begin { $a = (room(int32[5]), room(uint8 *), room(unsigned short), room("abc")); $b = as(uint8, 511); $c = as(int8 *, 0); }`,
    ).slice(0, 3),
    [
      '$a#0 = {0: 20:uint64, 8: 8:uint64, 16: 2:uint64, 24: 4:uint64}:(uint64,uint64,uint64,uint64)',
      '$b#1 = 255:uint8',
      '$c#2 = 0:int8 *',
    ],
  );
  assert.deepEqual(said(`${macros} begin { print(plus(uint8 *)); }`), [
    'stdin:1:104-111: ERROR: A type stands here where a value is expected',
    'HINT: sizeof(), typeof() and macros that use them take types.',
  ]);
});

test('M-32 nor does a number of arguments that no definition has', () => {
  assert.deepEqual(said('macro two(a, b) { a } begin { print(two(1)); two(1, 2, 3); two; }'), [
    'stdin:1:37-43: ERROR: Call to two() has arguments that do not match any definition.',
    'stdin:1:7-10: ERROR: two(a, b) is defined here.',
    'stdin:1:46-58: ERROR: Call to two() has arguments that do not match any definition.',
    'stdin:1:7-10: ERROR: two(a, b) is defined here.',
    'stdin:1:60-63: ERROR: Call to two() has arguments that do not match any definition.',
    'stdin:1:7-10: ERROR: two(a, b) is defined here.',
  ]);
});

test('M-38 loops of the body may be left', () => {
  const loops =
    'while ($x < 9) { $x++; if ($x == 5) { break; } continue; } for $i : 0..3 { if ($i == 1) { continue; } break; }';
  assert.deepEqual(
    said(`macro f($x) { ${loops} } begin { $n = 0; f($n); }`).filter((line) => line.includes('ERROR')),
    [],
  );
});

test('M-40 a call without value where a value is wanted', () => {
  assert.deepEqual(
    said(
      'macro none { } macro say(x) { print(x); } begin { none; say(1); $a = none; @b[say(2)] = 1; if (none()) { } }',
    ),
    [
      'stdin:1:70-74: ERROR: Macro none has no value: it can only be used as a statement',
      'stdin:1:79-85: ERROR: Macro say has no value: it can only be used as a statement',
      'stdin:1:96-102: ERROR: Macro none has no value: it can only be used as a statement',
    ],
  );
});

test('M-41 variables and maps are parameters with names of their own', () => {
  assert.deepEqual(
    said('macro f($a, $a, @m, @m) { 1 } macro g($pid, @ctx, uid) { 1 } macro h(__builtin_x) { 1 } begin { }'),
    [
      "stdin:1:13-15: ERROR: syntax: duplicate parameter '$a'",
      "stdin:1:21-23: ERROR: syntax: duplicate parameter '@m'",
      "stdin:1:70-81: ERROR: syntax: a parameter can't be called '__builtin_x': that is a builtin",
    ],
  );
});

test('G-12 S-35 parentheses or none define the same macro', () => {
  assert.deepEqual(statementsOf('macro bare { 1 } macro full() { bare() + bare } begin { $a = full + full(); }'), [
    '$a#0 = 4:int8',
  ]);
});

test('E-39 E-38 assertions of the library, where they fold and where they do not', () => {
  assert.deepEqual(said('begin { static_assert(pid > 1, "x"); if comptime (false) { static_assert(false, "y"); } }'), [
    'stdlib/base.bt:27:15-20: ERROR: Unable to evaluate at compile time.',
    '  if comptime !cond {',
    'stdin:1:9-36: ERROR: expanded from',
  ]);
});

test('M-39 the calls are shown once for all places of one body', () => {
  assert.deepEqual(
    said('macro eq() { 1 == "a" } macro twice() { let $x = 1; let $x = 2; } begin { twice(); print(eq); }'),
    [
      'stdin:1:53-59: ERROR: Variable $x was already declared. Variable shadowing is not allowed.',
      'stdin:1:75-82: ERROR: expanded from',
      'stdin:1:41-47: ERROR: This is the initial declaration.',
      "stdin:1:14-22: ERROR: Type mismatch for '==': comparing int8 with string[2]",
      'stdin:1:90-92: ERROR: expanded from',
      'stdin:1:14-15: ERROR: left (int8)',
      'stdin:1:19-22: ERROR: right (string[2])',
    ],
  );
});

test('M-39 places of a body and of an argument do not mix', () => {
  assert.deepEqual(said('macro w(x) { while (x) { break; } } begin { unroll(2) { w(1); } }'), [
    'stdin:1:14-34: WARNING: While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
    'stdin:1:57-61: WARNING: expanded from',
  ]);
});

test('a slip in the name of a macro of the library', () => {
  assert.deepEqual(said('begin { asert(true, "x"); }'), [
    "stdin:1:9-25: ERROR: Unknown function: 'asert'",
    'HINT: Did you mean assert()?',
  ]);
});
