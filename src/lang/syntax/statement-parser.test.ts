import test from 'node:test';
import { expectDiagnostics, expectErrors, expectStatements } from './testing.test.ts';

test('simple statements', () => {
  expectStatements('', '');
  expectStatements(';;', '');
  expectStatements('print(1); print(2);', '(call print 1) (call print 2)');
  expectStatements('print(1)', '(value (call print 1))');
  expectStatements('$a = 1; @ = 2; @m[pid] += 3; @x <<= 1', '(= $a 1) (= @ 2) (+= (@m[] pid) 3) (<<= @x 1)');
  expectStatements(
    '$a -= 1; $a *= 1; $a /= 1; $a %= 1; $a &= 1; $a |= 1; $a ^= 1; $a >>= 1;',
    '(-= $a 1) (*= $a 1) (/= $a 1) (%= $a 1) (&= $a 1) (|= $a 1) (^= $a 1) (>>= $a 1)',
  );
  expectStatements('_ = f();', '(discard call f)');
  expectStatements(
    'let $x; let $x = 1; let $y : uint64; let $z : struct s * = 0;',
    'let $x (let $x 1) let $y : uint64 (let $z : struct s* 0)',
  );
  expectStatements('let $t : (uint8, string[3])', 'let $t : (uint8, string[3])');
  expectStatements('break; continue; return; return 1', 'break continue return (return 1)');
  expectStatements('import "x.bt";', 'import "x.bt"');
  expectStatements('{ $a = 1; } print($a)', '(block (= $a 1)) (value (call print $a))');
  expectStatements('print(6 / 2) // done\n /* and */', '(value (call print (/ 6 2)))');
});

test('heads need no parentheses', () => {
  expectStatements('if ($x) { 1; }', '(if $x (then 1))');
  expectStatements('if !pid { 1; }', '(if (! pid) (then 1))');
  expectStatements('if $a > 1 { 1; }', '(if (> $a 1) (then 1))');
  expectStatements('if (a) && (b) { 1; }', '(if (&& a b) (then 1))');
  expectStatements(
    'if (pid) { 1; } else if ($y) { 2; } else { 3; }',
    '(if pid (then 1) (else (if $y (then 2) (else 3))))',
  );
  expectStatements(
    '$t = 1; if $t { print("p") } else { print("q") } if !$t { print("r") }',
    '(= $t 1) (if $t (then (value (call print "p"))) (else (value (call print "q")))) (if (! $t) (then (value (call print "r"))))',
  );
  expectStatements('while ($n < 3) { $n++; }', '(while (< $n 3) (do (x++ $n)))');
  expectStatements('while $n { break; }', '(while $n (do break))');
  expectStatements('unroll(4) { $n *= 2; } unroll $1 { }', '(unroll 4 (do (*= $n 2))) (unroll $1 do)');
  expectStatements(
    'if comptime (sizeof(int64) == 4) { fail("32-bit"); }',
    '(if comptime (== (sizeof type int64) 4) (then (call fail "32-bit")))',
  );
  expectStatements('if f({ 1 }) { 2; }', '(if (call f (block (value 1))) (then 2))');
});

test('for runs over ranges and maps', () => {
  expectStatements('for $i : 1..4 { f($i); }', '(for $i (.. 1 4) (do (call f $i)))');
  expectStatements('for ($i : (-3)..$n) { }', '(for $i (.. (- 3) $n) do)');
  expectStatements('for $i : 0..$n + 1 { }', '(for $i (.. 0 (+ $n 1)) do)');
  expectStatements('for ($kv : @m) { print($kv.0.1); }', '(for $kv @m (do (call print (.1 (.0 $kv)))))');
  expectStatements('for $kv : @ { }', '(for $kv @ do)');
});

test('a missing semicolon is reported at what follows, once per line', () => {
  expectErrors('print(1) print(2)', "18-23 syntax: expected ';'");
  expectErrors('print(1) print(2) print(3);', "18-23 syntax: expected ';'");
  expectDiagnostics(
    'begin {\n\tprint(1)\n\tprint(2)\n\tprint(3);\n}\n',
    `stdin:3:2-7: ERROR: syntax: expected ';'
    print(2)
    ~~~~~
HINT: Line 2 ends without a ';'.
stdin:4:2-7: ERROR: syntax: expected ';'
    print(3);
    ~~~~~
HINT: Line 3 ends without a ';'.
`.replaceAll('~~~~~', '~~~~~'),
  );
});

test('assignment goes to variables and maps only', () => {
  const immutable =
    'syntax: Tuples and records are immutable once created. Assign a new one to the variable or map instead.';
  expectErrors('$t.0 = 5', `9-17 ${immutable}`);
  expectErrors('$r.name = 5;', `9-20 ${immutable}`);
  expectErrors('$s->b = 1;', '9-14 syntax: invalid assignment target');
  expectErrors('$s[0] = 1;', '9-14 syntax: invalid assignment target');
  expectErrors(
    'pid = 1; 5 = 3; f() += 1;',
    '9-12 syntax: invalid assignment target',
    '18-19 syntax: invalid assignment target',
    '25-28 syntax: invalid assignment target',
  );
  expectErrors('$x = $y = 1;', "17-18 syntax: expected ';'");
});

test('habits from other languages are told the way of this one', () => {
  const loops = 'HINT: Loops are written `for $i : 0..10 { … }`, `for $kv : @map { … }` or `while $i < 10 { … }`.';
  expectDiagnostics(
    'begin { for ($i = 0; $i < 3; $i++) { print($i) } }',
    `stdin:1:17-18: ERROR: syntax: expected ':'\nbegin { for ($i = 0; $i < 3; $i++) { print($i) } }\n                ~\n${loops}\n`,
  );
  expectDiagnostics(
    'begin { for (int i = 0; i < 3; i++) { } }',
    `stdin:1:14-17: ERROR: syntax: expected loop variable\nbegin { for (int i = 0; i < 3; i++) { } }\n             ~~~\n${loops}\n`,
  );
  expectDiagnostics(
    'begin { if (pid = 1) { } }',
    `stdin:1:17-18: ERROR: syntax: expected ')'
begin { if (pid = 1) { } }
                ~
HINT: Use '==' to compare; an assignment is no expression.
`,
  );
  expectDiagnostics(
    'begin { if ($x = 1) { } }',
    `stdin:1:16-17: ERROR: syntax: expected ')'
begin { if ($x = 1) { } }
               ~
HINT: Use '==' to compare; an assignment is no expression.
`,
  );
  expectDiagnostics(
    'begin { if $x = 1 { } }',
    `stdin:1:15-16: ERROR: syntax: expected '{'
begin { if $x = 1 { } }
              ~
HINT: Use '==' to compare.
`,
  );
  expectDiagnostics(
    "begin { print('hi'); }",
    `stdin:1:15-19: ERROR: syntax: strings stand in double quotes
begin { print('hi'); }
              ~~~~
HINT: Write "hi".
`,
  );
  expectDiagnostics(
    'begin { print(args=>x); }',
    `stdin:1:19-20: ERROR: syntax: expected ')'
begin { print(args=>x); }
                  ~
HINT: Members are written with '.' or '->'.
`,
  );
  expectDiagnostics(
    'begin { if ($a and $b) { } elif ($c) { } }',
    `stdin:1:16-19: ERROR: syntax: expected ')'
begin { if ($a and $b) { } elif ($c) { } }
               ~~~
HINT: The operator is '&&'.
stdin:1:28-32: ERROR: syntax: expected ';'
begin { if ($a and $b) { } elif ($c) { } }
                           ~~~~
HINT: Write 'else if'.
`,
  );
  expectDiagnostics(
    'begin { let x = 1; let @m = 2; }',
    `stdin:1:13-14: ERROR: syntax: expected variable
begin { let x = 1; let @m = 2; }
            ~
HINT: Variables begin with '$': $x.
stdin:1:24-26: ERROR: syntax: expected variable
begin { let x = 1; let @m = 2; }
                       ~~
HINT: Maps are declared outside of probes: \`let @name = hash(100);\`.
`,
  );
});

test('a missing brace points to the one that is open', () => {
  expectDiagnostics(
    'begin {',
    `stdin:1:8-8: ERROR: syntax: expected '}'
begin {
       
stdin:1:7-8: ERROR: This brace is never closed.
begin {
      ~
`,
  );
  expectDiagnostics(
    'begin {\n  if (1) {\n    print(1);\n  \n}\n\nkprobe:f { print(2) print(3) }\n',
    `stdin:7:1-7: ERROR: syntax: expected '}'
kprobe:f { print(2) print(3) }
~~~~~~
stdin:1:7-8: ERROR: This brace is never closed.
begin {
      ~
stdin:7:21-26: ERROR: syntax: expected ';'
kprobe:f { print(2) print(3) }
                    ~~~~~
`,
  );
  expectErrors('if ($x == 1 { print(2) print(3); }', "21-22 syntax: expected ')'", "32-37 syntax: expected ';'");
});

test('one mistake gives one error', () => {
  expectErrors('printf("a); }', '16-24 syntax: unterminated string');
  expectErrors(
    'printf("a);\n @x = 1;\n y = 2;',
    '16-20 syntax: unterminated string',
    '31-32 syntax: invalid assignment target',
  );
  expectErrors('$x = ) ; $y = 1; $z = ] ;', '14-15 syntax: expected expression', '31-32 syntax: expected expression');
  expectErrors('print("a" "b"); $x = ;', "19-22 syntax: expected ')'", '30-31 syntax: expected expression');
  expectErrors('if ($a) print(1); print(2);', "17-22 syntax: expected '{'");
  expectErrors('foo bar baz;', "13-16 syntax: expected ';'");
  expectErrors('if (1 + ) { print(1); }', '17-18 syntax: expected expression');
  expectErrors('/* abc', '9-17 syntax: unterminated comment');
  expectErrors('print(1); é; print(2) print(3);', "19-20 syntax: invalid character 'é'", "31-36 syntax: expected ';'");
});
