import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkText, complaintsIn } from '../testing/check-script.ts';

/** Statements inside `begin { … }` (they start at column 9) and everything that is said about them. */
const CASES: readonly (readonly [title: string, body: string, ...complaints: string[]])[] = [
  ['G-20 E-120 statements need something between them', 'print(1) print(2)', "18-23 ERROR: syntax: expected ';'"],
  [
    'G-20 an assignment before another statement needs it too',
    '$a = 1 if ($a) { }',
    "16-18 ERROR: syntax: expected ';'",
  ],
  [
    'G-21 no chained assignment, no comma operator',
    '$a = $b = 3; $c = 1, 2; print(1)',
    "17-18 ERROR: syntax: expected ';'",
    'HINT: Assignments are statements: one value can be assigned to one place at a time.',
    "28-29 ERROR: syntax: expected ';'",
    "HINT: Statements are separated by ';'.",
  ],
  [
    'G-21 an assignment is no condition',
    'if ($a = 1) { }',
    "16-17 ERROR: syntax: expected ')'",
    "HINT: Use '==' to compare; an assignment is no expression.",
  ],
  [
    'G-21 only variables and maps are counted up',
    '5++; (1, 2)--',
    "9-12 ERROR: syntax: '++' can only be applied to a variable or a map",
    "14-22 ERROR: syntax: '--' can only be applied to a variable or a map",
  ],
  [
    'G-22 E-24 parts of values and traced memory are not assigned to',
    '$s = "abc"; $s[0] = 1; $t = (1, 2); $t.0 = 5; $p = curtask; $p->pid = 3',
    '21-26 ERROR: syntax: invalid assignment target',
    'HINT: Traced memory can be read, not written.',
    '45-53 ERROR: syntax: Tuples and records are immutable once created. Assign a new one to the variable or map instead.',
    '69-76 ERROR: syntax: invalid assignment target',
    'HINT: Traced memory can be read, not written.',
  ],
  [
    'E-24 G-22 nor records, builtins and parameters',
    '$r = (a=1); $r.a += 2; pid = 3; $1 = 4; nsecs++',
    '21-30 ERROR: syntax: Tuples and records are immutable once created. Assign a new one to the variable or map instead.',
    '32-35 ERROR: syntax: invalid assignment target',
    "HINT: Variables begin with '$' and maps with '@': $pid or @pid.",
    '41-43 ERROR: syntax: invalid assignment target',
    "49-56 ERROR: syntax: '++' can only be applied to a variable or a map",
    "HINT: Variables begin with '$' and maps with '@': $nsecs or @nsecs.",
  ],
  [
    'G-24 an if without else has no value',
    '$x = if (pid) { 1 }',
    '14-28 ERROR: This block has no value: its last expression must stand without a semicolon, and an if needs an else.',
  ],
  [
    'G-24 G-25 nor has a block that ends in a semicolon',
    '$x = if (pid) { 1; } else { 2 }; $y = { 3; }',
    '23-29 ERROR: This block has no value: its last expression must stand without a semicolon, and an if needs an else.',
    '47-53 ERROR: This block has no value: its last expression must stand without a semicolon, and an if needs an else.',
  ],
  [
    'G-24 E-113 both branches are of one kind',
    '$x = if (pid) { 1 } else { "a" }',
    "14-41 ERROR: Branches must return the same type or compatible types: have 'int8' and 'string[2]'",
  ],
  [
    'G-25 M-20 what a block declares ends with it',
    '$b = { let $t = 4; $t * 2 }; print($t)',
    '44-46 ERROR: Undefined or undeclared variable: $t',
    'HINT: $t ends with the block that declares it.',
  ],
  [
    'E-36 G-28 loops and functions that want keys',
    '@s = 1; for $kv : @s { } print(len(@s)); has_key(@s, 1); $f = find(@s, 1, $v)',
    "27-29 ERROR: @s has no keys (scalar map): it can't be looped over",
    '40-47 ERROR: len() needs a map with keys; @s is a scalar map',
    '50-64 ERROR: has_key() needs a map with keys; @s is a scalar map',
    '71-86 ERROR: find() needs a map with keys; @s is a scalar map',
  ],
  [
    'G-26 bounds are integers',
    'for $i : "a"..5 { } for $j : 0..comm { }',
    "18-21 ERROR: The bounds of a range must be integers, not values of type 'string[2]'",
    "41-45 ERROR: The bounds of a range must be integers, not values of type 'string[16]'",
  ],
  [
    'G-26 G-28 what is neither range nor map',
    'for $i : 5 { } @m[1] = 1; for $j : @m[1] { }',
    '18-19 ERROR: A for loop goes over a range (0..10) or over a map with keys (@map)',
    '44-49 ERROR: A for loop goes over a range (0..10) or over a map with keys (@map)',
  ],
  [
    'G-26 a range known to be too long',
    'for $i : 0..8388609 { } for $j : (-1)..8388607 { }',
    '18-28 ERROR: A loop can have 8388608 rounds at most (this one has 8388609)',
  ],
  [
    'E-126 E-73 break and continue outside of loops',
    'break; if (pid) { continue; } { break }',
    "9-14 ERROR: 'break' statement is not allowed in a probe",
    "27-35 ERROR: 'continue' statement is not allowed in a probe",
    "41-46 ERROR: 'break' statement is not allowed in a probe",
  ],
  [
    'E-73 E-126 behind a loop is outside of it',
    'for $i : 0..3 { break } unroll(2) { continue } continue',
    "56-64 ERROR: 'continue' statement is not allowed in a probe",
  ],
  [
    'G-31 E-34 S-09 while works and is deprecated',
    '$n = 1; while ($n < 3) { $n++; } while $n > 1 { $n-- }',
    '17-30 WARNING: While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
    '42-54 WARNING: While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
  ],
  [
    'G-32 E-127 A-105 S-09 unroll takes 1 to 100',
    'unroll(0) { } unroll(101) { } unroll(100) { } unroll(-1) { }',
    '9-22 ERROR: unroll minimum value is 1',
    '23-38 ERROR: unroll maximum value is 100',
    '55-69 ERROR: unroll minimum value is 1',
  ],
  [
    'G-32 E-127 a number that the compiler knows',
    '$n = 5; unroll($n) { } unroll("a") { } unroll(2 * 3) { }',
    '17-31 ERROR: unroll expects a literal or another compile-time integer',
    '32-47 ERROR: unroll expects a literal or another compile-time integer',
  ],
  ['G-33 a probe returns integers', 'return "x"', "9-19 ERROR: A probe can only return an integer, not 'string[2]'"],
  [
    'G-33 and neither tuples nor stacks',
    'if (pid) { return (1, 2); } return kstack',
    "20-33 ERROR: A probe can only return an integer, not '(int8,int8)'",
    "37-50 ERROR: A probe can only return an integer, not 'kstack_t'",
  ],
  ['G-34 _ discards in silence', '_ = 5; _ = rand; _ = has_key(@m, 1); _ = "a"; @m[1] = 1'],
  ['G-34 E-25 without it there is a warning', 'rand; _ = rand', '9-13 WARNING: Return value discarded.'],
  [
    'G-36 M-20 a type given is kept',
    'let $a : uint8 = 255; $a = 256; let $b : int8 = 1; $b = 200; let $c : string[4] = "abcdef"',
    "31-39 ERROR: Type mismatch for $a: trying to assign value of type 'int16' when variable already has a type 'uint8'",
    "60-68 ERROR: Type mismatch for $b: trying to assign value of type 'int16' when variable already has a type 'int8'",
    "70-99 ERROR: Type mismatch for $c: trying to assign value of type 'string[7]' when variable already has a type 'string[4]'",
  ],
  [
    'G-36 E-23 E-119 M-21 A-107 declared once, in this block and those around it',
    'let $x = 1; let $x = 2; if (1) { let $x = 3; $y = 1; let $y; }',
    '21-27 ERROR: Variable $x was already declared. Variable shadowing is not allowed.',
    '9-15 ERROR: This is the initial declaration.',
    '42-48 ERROR: Variable $x was already declared. Variable shadowing is not allowed.',
    '9-15 ERROR: This is the initial declaration.',
    '62-68 ERROR: Variable $y was already declared. Variable shadowing is not allowed.',
    '54-56 ERROR: This is the initial declaration.',
  ],
  [
    'G-37 E-25 values that no one takes',
    '5; 1 + 2; "a"; $x = 3; $x; -$x; pid; strlen("abc"); (1, 2); @m[1] = 2; has_key(@m, 1)',
    '9-10 WARNING: Return value discarded.',
    '12-17 WARNING: Return value discarded.',
    '19-22 WARNING: Return value discarded.',
    '32-34 WARNING: Return value discarded.',
    '36-39 WARNING: Return value discarded.',
    '41-44 WARNING: Return value discarded.',
    '46-59 WARNING: Return value discarded.',
    '61-67 WARNING: Return value discarded.',
    '80-94 WARNING: Return value discarded.',
  ],
  [
    'E-25 G-37 F-20 what is done for its effect',
    '$x = 1; $x++; --$x; @m[1] = 1; @m[1]++; delete(@m, 1); signal(10)',
    '64-74 ERROR: signal() is an unsafe function being used in safe mode',
    'HINT: Run with --unsafe to allow it.',
  ],
  [
    'E-26 A-115 code behind the ways out',
    'if (pid) { return; print(1); } unroll(2) { break; print(2); } unroll(2) { continue; print(3); print(4); } exit(3); print(5)',
    '28-36 WARNING: Unreachable statement after return.',
    '59-67 WARNING: Unreachable statement after break.',
    '93-101 WARNING: Unreachable statement after continue.',
    '124-132 WARNING: Unreachable statement after exit().',
  ],
  [
    'E-26 one warning for each block',
    'return; print(1); print(2); print(3)',
    '17-25 WARNING: Unreachable statement after return.',
  ],
  [
    'E-03 E-102 names of no variable',
    'print($x); let $long = 1; print($lnog)',
    '15-17 ERROR: Undefined or undeclared variable: $x',
    '41-46 ERROR: Undefined or undeclared variable: $lnog',
    'HINT: Did you mean $long?',
  ],
  [
    'E-102 E-03 M-20 a variable that a block declares is unknown outside',
    'if (pid) { let $y = 5; print($y); } print($y); { let $z; } $w = $z + 1; print($w)',
    '51-53 ERROR: Undefined or undeclared variable: $y',
    'HINT: $y ends with the block that declares it.',
    '73-75 ERROR: Undefined or undeclared variable: $z',
    'HINT: $z ends with the block that declares it.',
    '58-64 WARNING: Variable $z was never assigned to.',
  ],
  [
    'E-112 what is no condition',
    '$s = "a"; if ($s) { } if ((1, 2)) { } $x = kstack ? 1 : 2',
    '19-30 ERROR: Invalid condition: string',
    '31-46 ERROR: Invalid condition: tuple',
    '52-66 ERROR: Invalid condition: kstack_t',
  ],
  [
    'E-112 of loops and conditional expressions',
    '$t = ("a", 1); while ($t) { } $x = "b" ? 1 : 2; if ("") { } else { }',
    '24-38 ERROR: Invalid condition: tuple',
    '44-55 ERROR: Invalid condition: string',
    '57-77 ERROR: Invalid condition: string',
    '24-33 WARNING: While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
  ],
  [
    'M-22 E-23 read before assigned, and never assigned',
    'let $x; print($x); let $y; $y = 1; let $z',
    '9-15 WARNING: Variable $x was never assigned to.',
    '23-25 WARNING: Variable used before it was assigned: $x',
    '44-50 WARNING: Variable $z was never assigned to.',
  ],
  [
    'M-22 a compound assignment reads',
    'let $n; $n += 1; print($n)',
    '17-19 WARNING: Variable used before it was assigned: $n',
  ],
  [
    'M-23 types that do not go together',
    '$a = 1; $a = "x"; $b = "x"; $b = 5; $c = (1,2); $c = (1,"a"); $d = kstack; $d = 1',
    "17-25 ERROR: Type mismatch for $a: trying to assign value of type 'string[2]' when variable already has a type 'int8'",
    "37-43 ERROR: Type mismatch for $b: trying to assign value of type 'int8' when variable already has a type 'string[2]'",
    "57-69 ERROR: Type mismatch for $c: trying to assign value of type '(int8,string[2])' when variable already has a type '(int8,int8)'",
    "84-90 ERROR: Type mismatch for $d: trying to assign value of type 'int8' when variable already has a type 'kstack_t'",
  ],
  [
    'M-24 aggregations stay in maps',
    '$z = @h; @h = hist(3); $c = count(); let $s = @s; @s = stats(1)',
    "9-16 ERROR: Value 'hist_t' cannot be assigned to a scratch variable.",
    '37-44 ERROR: count() must be assigned directly to a map',
    'HINT: Write `@ = count();` and read the map.',
    "46-57 ERROR: Value 'stats_t' cannot be assigned to a scratch variable.",
  ],
  [
    'F-20 S-04 E-34 older forms of delete()',
    '@a[1] = 1; @b[2] = 2; @c[1,2] = 3; delete(@a[1], @b[2]); delete(@c[1,2])',
    '51-56 WARNING: delete(@a[…]) is deprecated. Use delete(@a, …) instead.',
    '58-63 WARNING: delete(@b[…]) is deprecated. Use delete(@b, …) instead.',
    '66-81 WARNING: delete(@c[…]) is deprecated. Use delete(@c, …) instead.',
  ],
  [
    'F-22 find() wants a map, a key of its type and a variable',
    '@m[1] = 2; $a = find(@m, "x", $v); $b = find(@m, 1, 5); $c = find(1, 2, $w); @h[1] = hist(1); $d = find(@h, 1, $x)',
    "25-42 ERROR: Argument mismatch for @m: trying to access with arguments: 'string[2]' when map expects arguments: 'int8'",
    '49-63 ERROR: find() expects a variable as argument 3',
    '70-84 ERROR: find() expects a map as argument 1',
    "113-115 ERROR: Value 'hist_t' cannot be assigned to a scratch variable.",
  ],
  [
    'F-22 M-23 the variable must fit the values',
    '@m[1] = 2; $v = "a"; $a = find(@m, 1, $v)',
    "35-50 ERROR: Type mismatch for $v: trying to assign value of type 'int8' when variable already has a type 'string[2]'",
  ],
  [
    'F-23 len() of other things',
    '$k = kstack; print(len($k)); print(len(5)); print(len(@x))',
    '28-35 ERROR: len() expects a map with keys, kstack or ustack (a stack that was kept provided)',
    "44-50 ERROR: len() expects a map with keys, kstack or ustack ('int8' provided)",
    '63-65 ERROR: Undefined map: @x',
  ],
  [
    'M-16 a whole map printed again and again',
    'for $i : 0..3 { @m[$i] = 1; print(@m); } print(@m)',
    '37-46 WARNING: Due to the asynchronous nature of print(), @m is printed whole each time, as it is when the record is read.',
  ],
  [
    'S-05 M-20 E-03 variables of older scripts live in the whole probe',
    'if (pid) { $x = 3; } print($x)',
    '36-38 WARNING: Variable $x is used outside the block that first assigns it.',
    'HINT: Declare it before that block: let $x;',
  ],
];

describe('what is said about statements', () => {
  for (const [title, body, ...expected] of CASES) {
    it(title, () => assert.deepEqual(complaintsIn(body), expected));
  }
});

/** Whole scripts, and the first lines of what is said about them. */
const SCRIPTS: readonly (readonly [title: string, text: string, ...complaints: string[]])[] = [
  [
    'M-13 A-088 kinds and values must fit',
    'let @a = hash(5); begin { @a[1] = count(); }',
    '27-42 ERROR: Incompatible map types. @a was declared as hash; this value needs percpuhash or percpulruhash.',
  ],
  [
    'M-13 M-14 the other way round',
    'let @a = percpulruhash(5); begin { @a[1] = 1; }',
    '36-45 ERROR: Incompatible map types. @a was declared as percpulruhash; this value needs hash or lruhash.',
  ],
  [
    'M-14 M-13 aggregations go into maps per CPU',
    'let @a = lruhash(5); let @b = percpuhash(5); begin { @a[1] = hist(1); @b[1] = avg(1); }',
    '54-69 ERROR: Incompatible map types. @a was declared as lruhash; this value needs percpuhash or percpulruhash.',
  ],
  [
    'M-13 kinds that are none',
    'let @a = foo(5); begin { @a[1] = 1; }',
    '1-16 ERROR: Invalid map type: foo',
    'HINT: Valid map types: hash, lruhash, percpuhash, percpulruhash',
  ],
  [
    'M-13 sizes',
    'let @a = hash(0); let @b = hash(5000000000); begin { @a[1] = 1; @b[1] = 1; }',
    '1-17 ERROR: Max entries must be 1..4294967295 (provided 0)',
    '19-44 ERROR: Max entries must be 1..4294967295 (provided 5000000000)',
  ],
  ['M-13 no expressions as size', 'let @a = hash(2 * 3); begin { @a[1] = 1; }', "17-18 ERROR: syntax: expected ')'"],
  [
    'M-13 E-23 unused, and declared twice',
    'let @a = hash(5); let @b = hash(5); let @b = lruhash(3); begin { @b[1] = 1; }',
    '37-56 ERROR: Map @b was already declared.',
    '1-17 WARNING: Unused map declaration: @a',
  ],
  [
    'G-35 predicates are conditions',
    'begin / "a" / { } begin / (1, 2) / { }',
    '9-12 ERROR: Invalid condition: string',
    '27-33 ERROR: Invalid condition: tuple',
  ],
  [
    'M-45 what functions take and give',
    'fn a() : int64 { return "x"; } fn b() : void { return 3; } fn c() : int32 { return; } fn d($x : uint8) : void { } begin { a(1); d(256); d("a"); }',
    "25-28 ERROR: Function a() returns 'int64': a value of type 'string[2]' can't be returned",
    '48-56 ERROR: Function b() returns nothing',
    "77-83 ERROR: Function c() must return a value of type 'int32'",
    '123-127 ERROR: a() takes no arguments (1 provided)',
    '1-5 ERROR: This is its definition.',
    "131-134 ERROR: $x of d() is of type 'uint8', not 'int16'",
    'HINT: A cast cuts it off: (uint8)…',
    "139-142 ERROR: $x of d() is of type 'uint8', not 'string[2]'",
  ],
  [
    'M-45 G-33 a value on every way',
    'fn a() : int64 { if (pid) { return 1; } } fn b() : int64 { if (pid) { return 1; } else { return 2; } } fn c() : bool { for $i : 0..3 { return true; } } begin { }',
    "1-5 ERROR: Function a() must return a value of type 'int64' on every way to its end",
    "104-108 ERROR: Function c() must return a value of type 'bool' on every way to its end",
  ],
  [
    'M-45 names',
    'fn a() : void { } fn a() : void { } fn strlen($s : string) : int64 { return 1; } begin { }',
    '19-23 ERROR: Function a() was already defined.',
    '37-46 ERROR: strlen() is a function of the language: give yours another name.',
  ],
  [
    'M-45 no recursion',
    'fn a() : void { b(); } fn b() : void { if (pid) { a(); } } fn c() : void { c(); } begin { a(); }',
    '1-5 ERROR: Function a() calls itself: a > b > a',
    'HINT: An eBPF program has no stack for recursion. Use a loop.',
    '60-64 ERROR: Function c() calls itself: c > c',
    'HINT: An eBPF program has no stack for recursion. Use a loop.',
  ],
  [
    'M-45 no event in a function',
    'fn a() : uint64 { $k = kstack; print(probe); return arg0 + retval; } begin { }',
    "24-30 ERROR: 'kstack' needs the context of a probe: it is not available in a function",
    'HINT: Pass its value to the function as an argument.',
    "38-43 ERROR: 'probe' needs the context of a probe: it is not available in a function",
    'HINT: Pass its value to the function as an argument.',
    "53-57 ERROR: 'arg0' needs the context of a probe: it is not available in a function",
    'HINT: Pass its value to the function as an argument.',
    "60-66 ERROR: 'retval' needs the context of a probe: it is not available in a function",
    'HINT: Pass its value to the function as an argument.',
  ],
  [
    'M-45 nothing where a value is wanted',
    'fn a() : void { } begin { $x = a(); }',
    "27-35 ERROR: A value of type 'void' cannot be assigned to a variable.",
  ],
  [
    'M-45 M-20 M-21 variables of its own',
    'fn a($x : int64) : int64 { let $x = 1; return $y; } begin { $y = 1; print(a($y)); }',
    '28-34 ERROR: Variable $x was already declared. Variable shadowing is not allowed.',
    '6-16 ERROR: This is the initial declaration.',
    '47-49 ERROR: Undefined or undeclared variable: $y',
  ],
];

describe('what is said about scripts', () => {
  for (const [title, text, ...expected] of SCRIPTS) {
    it(title, () => {
      const lines = checkText(text).rendered.split('\n');
      const found = lines.flatMap(
        (line) => /^(?:stdin:1:)?((?:\d+-\d+: )?(?:ERROR|WARNING|HINT): .*)$/.exec(line)?.[1] ?? [],
      );
      assert.deepEqual(
        found.map((line) => line.replace(/^(\d+-\d+): /, '$1 ')),
        expected,
      );
    });
  }
});
