import test from 'node:test';
import { expectErrors, expectExpression, expectStatements } from './testing.test.ts';

test('operators bind as the table of precedence says', () => {
  expectExpression('1 + 2 * 3 - 4 / 2', '(- (+ 1 (* 2 3)) (/ 4 2))');
  expectExpression('(1 | 2) ^ 3 & 1', '(^ (| 1 2) (& 3 1))');
  expectExpression('1 << 2 + 1', '(<< 1 (+ 2 1))');
  expectExpression('1 - 2 - 3', '(- (- 1 2) 3)');
  expectExpression(
    '$a || $b && $c | $d ^ $e & $f == $g < $h >> $i',
    '(|| $a (&& $b (| $c (^ $d (& $e (== $f (< $g (>> $h $i))))))))',
  );
  expectExpression('$a != 1 && $b >= 2', '(&& (!= $a 1) (>= $b 2))');
  expectExpression('-$x * ~!5', '(* (- $x) (~ (! 5)))');
  expectExpression('$a % 3 <= 1', '(<= (% $a 3) 1)');
});

test('the conditional operator is right-associative and its middle may be left out', () => {
  expectExpression('1 ? 2 : 3 ? 4 : 5', '(?: 1 2 (?: 3 4 5))');
  expectExpression('1 ? 2 ? 3 : 4 : 5', '(?: 1 (?: 2 3 4) 5)');
  expectExpression('0 ?: 9', '(?: 0 9)');
  expectExpression('$a || $b ?: 9 ?: 1', '(?: (|| $a $b) (?: 9 1))');
});

test('literals', () => {
  expectExpression('0x1f + 010 + 1_0', '(+ (+ 31 8) 10)');
  expectExpression(
    '(1e6, 5e3, 1ms, 2m, 3us, 1s, 1h, 1d, 7ns)',
    '(tuple 1000000 5000 1000000 120000000000 3000 1000000000 3600000000000 86400000000000 7)',
  );
  expectExpression('(1u, 1ul, 1ull, 1l, 1ll, 0xdead_beef, 0XFF)', '(tuple 1 1 1 1 1 3735928559 255)');
  expectExpression('18446744073709551615', '18446744073709551615');
  expectExpression('(true, false)', '(tuple true false)');
  expectExpression('"a\\tb\\x41\\101\\n\\r\\"\\\\\\0\\X4a"', JSON.stringify('a\tbAA\n\r"\\\0J'));
  expectExpression('"// no comment /* at all"', '"// no comment /* at all"');
  expectExpression('"héllo \\xc3\\xa9"', '"héllo é"');
  expectExpression('($1, $23, $#)', '(tuple $1 $23 $#)');
});

test('maps, variables, calls and members', () => {
  expectExpression('@', '@');
  expectExpression('@[1]', '(@[] 1)');
  expectExpression('@m[pid, "x"][0]', '([] (@m[] pid "x") 0)');
  expectExpression('@m[(1, 2)]', '(@m[] (tuple 1 2))');
  expectExpression('f()', 'call f');
  expectExpression('str(args->buf, 2)', '(call str (->buf args) 2)');
  expectExpression('args.fn->union.if.struct', '(.struct (.if (->union (.fn args))))');
  expectExpression('$t.1.1', '(.1 (.1 $t))');
  expectExpression('$t.0 + 1', '(+ (.0 $t) 1)');
  expectExpression('$p[3].x', '(.x ([] $p 3))');
  expectExpression('*(int32*)$x->y', '(* (cast int32* (->y $x)))');
  expectExpression('&@m[1]', '(& (@m[] 1))');
  expectExpression('"/"[0]', '([] "/" 0)');
  expectExpression('kstack(perf, 3)', '(call kstack perf 3)');
});

test('counting up and down', () => {
  expectExpression('$i++ + ++$i', '(+ (x++ $i) (++x $i))');
  expectExpression('@x[1]-- - --@y', '(- (x-- (@x[] 1)) (--x @y))');
  expectErrors('1++;', "9-12 syntax: '++' can only be applied to a variable or a map");
  expectErrors('--pid;', "9-14 syntax: '--' can only be applied to a variable or a map");
  expectErrors('_ = &1;', "13-15 syntax: '&' can only be applied to a variable or a map");
});

test('groups, tuples and records', () => {
  expectExpression('((1))', '1');
  expectExpression('()', 'tuple');
  expectExpression('(1,)', '(tuple 1)');
  expectExpression('(1, "x", (2, true),)', '(tuple 1 "x" (tuple 2 true))');
  expectExpression('(a=1)', '(record (.a = 1))');
  expectExpression('(pid=1, name="n",)', '(record (.pid = 1) (.name = "n"))');
  expectExpression('(a == 1)', '(== a 1)');
  expectErrors('_ = (a=1, a=2);', "19-20 syntax: duplicate member 'a'");
});

test('a name in parentheses is a cast unless it is a core builtin', () => {
  expectExpression('(uint8)200', '(cast uint8 200)');
  expectExpression('(pid) - 1', '(- pid 1)');
  expectExpression('(arg0) - 1', '(- arg0 1)');
  expectExpression('(sarg1) * 2', '(* sarg1 2)');
  expectExpression('(nsecs) & 1', '(& nsecs 1)');
  expectExpression('(foo) - 1', '(cast foo (- 1))');
  expectExpression('(uid) / 2', '(/ uid 2)');
  expectExpression('(uid)', 'uid');
  expectExpression('(struct sock *)arg0', '(cast struct sock* arg0)');
  expectExpression('((struct sock *)arg0)->sk', '(->sk (cast struct sock* arg0))');
  expectExpression('(struct x)$p', '(cast struct x $p)');
  expectExpression('(enum E)3', '(cast enum E 3)');
  expectExpression('(int8[4])(uint32)1', '(cast int8[4] (cast uint32 1))');
  expectExpression('(uint8**)arg0', '(cast uint8** arg0)');
  expectExpression('(unsigned long)arg0', '(cast unsigned long arg0)');
  expectExpression('(const char *)arg0', '(cast char* arg0)');
  expectExpression('(typeof($x))5', '(cast typeof($x) 5)');
  expectExpression('(typeof(@m[1])*)5', '(cast typeof((@m[] 1))* 5)');
  expectExpression('(uint64)@c + 1', '(+ (cast uint64 @c) 1)');
  expectExpression('(int32)-1', '(cast int32 (- 1))');
  expectExpression('(a * b)', '(* a b)');
  expectExpression('(a[1] + 1)', '(+ ([] a 1) 1)');
});

test('sizeof and its like take types and expressions', () => {
  expectExpression('sizeof(struct s)', '(sizeof type struct s)');
  expectExpression('sizeof(uint64)', '(sizeof type uint64)');
  expectExpression('sizeof(uint8*)', '(sizeof type uint8*)');
  expectExpression('sizeof(string[10])', '(sizeof type string[10])');
  expectExpression('sizeof(($a[1]))', '(sizeof ([] $a 1))');
  expectExpression('sizeof((uint8)200 + (uint8)100)', '(sizeof (+ (cast uint8 200) (cast uint8 100)))');
  expectExpression('sizeof(pid)', '(sizeof pid)');
  expectExpression('sizeof((1, 2))', '(sizeof (tuple 1 2))');
  expectExpression('offsetof(struct s, a.b.enum)', '(offsetof .a.b.enum type struct s)');
  expectExpression('offsetof(*$p, a)', '(offsetof .a (* $p))');
  expectExpression('typeinfo($x).full_type', '(.full_type (typeinfo $x))');
  expectExpression('container_of($p, struct page, lru)', '(call container_of $p type struct page lru)');
  expectExpression('typeof(a) == typeof(b)', '(== type typeof(type a) type typeof(type b))');
  expectExpression('(typeof(a) == typeof(b))', '(== type typeof(type a) type typeof(type b))');
});

test('blocks and if are expressions', () => {
  expectExpression('{ let $t = 1; $t + 1 }', '(block (let $t 1) (value (+ $t 1)))');
  expectExpression(
    'if ($a > 1) { "big" } else { "small" }',
    '(if (> $a 1) (then (value "big")) (else (value "small")))',
  );
  expectExpression(
    'if $a { 1 } else if $b { 2 } else { 3 }',
    '(if $a (then (value 1)) (else (value (if $b (then (value 2)) (else (value 3))))))',
  );
  expectExpression(
    '{ f(); if $a { 1 } else { 2 } }',
    '(block call f (value (if $a (then (value 1)) (else (value 2)))))',
  );
  expectExpression('{ { 1 } }', '(block (value (block (value 1))))');
  expectExpression('comptime $x + 1', '(+ (comptime $x) 1)');
  expectStatements('if ($a) { f() } else { g() }', '(if $a (then (value call f)) (else (value call g)))');
});

test('mistakes in expressions', () => {
  expectErrors('$x = ;', '14-15 syntax: expected expression');
  expectErrors('print(1;', "16-17 syntax: expected ')'");
  expectErrors('print(1,);', '17-18 syntax: expected expression');
  expectErrors('@x[] = 1;', '12-13 syntax: expected expression');
  expectErrors('$t.01;', '12-14 syntax: expected field name');
  expectErrors('_ = 1.5;', '13-16 syntax: floating-point numbers are not supported');
  expectErrors('_ = "\\q";', "14-16 syntax: invalid escape character '\\q'");
  expectErrors('_ = "\\777";', "14-18 syntax: octal escape out of range '\\777'");
  expectErrors('_ = 1_;', '13-15 syntax: trailing underscore in integer literal');
  expectErrors('_ = 0x1x;', "13-17 syntax: invalid integer suffix 'x'");
  expectErrors('_ = 089;', '13-16 syntax: invalid digit in octal literal: 089');
  expectErrors('_ = 0b11;', "13-17 syntax: invalid integer suffix 'b11'");
  expectErrors('_ = 12e3;', '13-17 syntax: the coefficient of an exponent must be 1-9: 12e3');
  expectErrors('_ = 1e06;', '13-17 syntax: the exponent must start with 1-9: 1e06');
  expectErrors('_ = 4294967296u;', '13-24 syntax: overflow error, maximum value is 4294967295: 4294967296u');
  expectErrors(
    '_ = 18446744073709551616;',
    '13-33 syntax: overflow error, maximum value is 18446744073709551615: 18446744073709551616',
  );
  expectErrors(
    '_ = 9223372036854775808l;',
    '13-33 syntax: overflow error, maximum value is 9223372036854775807: 9223372036854775808l',
  );
  expectErrors('_ = 9e99;', '13-17 syntax: overflow error, maximum value is 18446744073709551615: 9e99');
  expectErrors('_ = 999999d;', '13-20 syntax: overflow error, maximum value is 18446744073709551615: 999999d');
  expectErrors('_ = $0;', '13-15 syntax: positional parameters begin with $1');
  expectErrors('_ = $;', "13-14 syntax: expected a name or a number after '$'");
  expectErrors('_ = sizeof(struct);', '26-27 syntax: expected name of a type');
  expectErrors('_ = while;', '13-18 syntax: expected expression');
});
