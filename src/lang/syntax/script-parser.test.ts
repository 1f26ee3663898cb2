import assert from 'node:assert/strict';
import test from 'node:test';
import { parse, printAst } from './index.ts';
import { expectDiagnostics, expectParsed } from './testing.test.ts';

function pointOf(text: string, positional: readonly string[] = []): unknown {
  const item = parse({ name: 'stdin', text }, { positional }).script!.items[0]!;
  assert.equal(item.kind, 'probe');
  return item.kind === 'probe'
    ? item.points.map(({ name, components }) => [
        name,
        ...components.map((part) => (part.quoted ? [part.text] : part.text)),
      ])
    : [];
}

test('whole scripts', () => {
  expectParsed('', '');
  expectParsed('// nothing\n', '');
  expectParsed('\ufeff#!/usr/bin/env sonde\nbegin { }', 'probe begin');
  expectParsed(
    'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }',
    '(probe tracepoint:raw_syscalls:sys_enter (= (@[] comm) call count))',
  );
  expectParsed(
    'kprobe:do_sys_open { printf("%s: %s\\n", comm, str(arg1)) }',
    '(probe kprobe:do_sys_open (value (call printf "%s: %s\\n" comm (call str arg1))))',
  );
  expectParsed(
    'ur:/bin/bash:readline { printf("%s\\n", str(retval)); }',
    '(probe ur:/bin/bash:readline (call printf "%s\\n" (call str retval)))',
  );
  expectParsed(
    'kretprobe:vfs_read /@start[tid]/ { delete(@start[tid]); }',
    '(probe kretprobe:vfs_read (predicate (@start[] tid)) (call delete (@start[] tid)))',
  );
});

test('attach points', () => {
  expectParsed('kprobe:a, kprobe:b,\n\ttracepoint:c:d, { }', 'probe kprobe:a, kprobe:b, tracepoint:c:d');
  expectParsed('BEGIN/1/{ print("y"); }', '(probe BEGIN (predicate 1) (call print "y"))');
  expectParsed('begin / 0 / { }', '(probe begin (predicate 0))');
  expectParsed('uprobe:/bin/sh:main /pid/{}', '(probe uprobe:/bin/sh:main (predicate pid))');
  assert.deepEqual(pointOf('mine=kprobe:vfs_read { }'), [['mine', 'kprobe', 'vfs_read']]);
  assert.deepEqual(pointOf('uprobe:"/tmp/a b":"foo(int, char)" { }'), [
    [undefined, 'uprobe', ['/tmp/a b'], ['foo(int, char)']],
  ]);
  assert.deepEqual(pointOf('uprobe:/tmp/"a:{\\"\\\\"b*:f { }'), [[undefined, 'uprobe', '/tmp/a:{"\\b*', 'f']]);
  assert.deepEqual(pointOf('tracepoint:syscalls:sys_enter_[a-c]* { }'), [
    [undefined, 'tracepoint', 'syscalls', 'sys_enter_[a-c]*'],
  ]);
  assert.deepEqual(pointOf('uprobe::f { }'), [[undefined, 'uprobe', '', 'f']]);
  assert.deepEqual(pointOf('*:vfs_* { }'), [[undefined, '*', 'vfs_*']]);
});

test('positional parameters are replaced in unquoted attach points', () => {
  expectParsed('BEGI$1 { print($1); }', '(probe BEGIN (call print $1))', ['N']);
  assert.deepEqual(pointOf('interval:$1:"$2" { }', ['s:10', 'x']), [[undefined, 'interval', 's', '10', ['$2']]]);
  expectDiagnostics(
    'kprobe:$2 { }',
    `stdin:1:8-10: WARNING: Positional parameter $2 is empty or not provided.
kprobe:$2 { }
       ~~
`,
    ['x'],
  );
});

test('a slash directly before a brace closes a predicate, others divide', () => {
  expectParsed('begin /10 / 2 == 5/ { }', '(probe begin (predicate (== (/ 10 2) 5)))');
  expectParsed('begin /(10 / 2)/ // yes\n /* really */ { }', '(probe begin (predicate (/ 10 2)))');
  expectParsed(
    'begin { let $i : int32 = 6 / 2; print($i) }',
    '(probe begin (let $i : int32 (/ 6 2)) (value (call print $i)))',
  );
});

test('C text is kept verbatim', () => {
  expectParsed(
    '#include <linux/fs.h>\r\n#define FOO 5+2\nbegin { }',
    'directive "#include <linux/fs.h>"\ndirective "#define FOO 5+2"\nprobe begin',
  );
  expectParsed(
    'struct s { int a; char b[4]; }; begin { }',
    'definition "struct s { int a; char b[4]; };"\nprobe begin',
  );
  expectParsed('enum E { P = 3, Q }\nbegin { }', 'definition "enum E { P = 3, Q }"\nprobe begin');
  expectParsed(
    'struct s { struct { int x; } y; /* } */ char c; } __attribute__((packed)) __attribute__ ((aligned(8))) ; begin { }',
    'definition "struct s { struct { int x; } y; /* } */ char c; } __attribute__((packed)) __attribute__ ((aligned(8))) ;"\nprobe begin',
  );
  expectParsed(
    'typedef unsigned int u_int; typedef struct { int a; } t;\nunion u { int a; };\nbegin { }',
    'definition "typedef unsigned int u_int;"\ndefinition "typedef struct { int a; } t;"\ndefinition "union u { int a; };"\nprobe begin',
  );
});

test('config, imports, maps, macros and functions', () => {
  expectParsed(
    'config = { max_strlen = 10; missing_probes = warn; license = "GPL"; x = true } begin { }',
    '(config max_strlen = 10 missing_probes = warn license = "GPL" x = true)\nprobe begin',
  );
  expectParsed('import "a.bt"; config = { } import "b";', 'config\nimport "a.bt"\nimport "b"');
  expectParsed('let @a = lruhash(100);', 'let @a = lruhash(100)');
  expectParsed('macro add($v, @m, x) { $v += x; $v }', '(macro add($v, @m, x) (+= $v x) (value $v))');
  expectParsed(
    'macro now { nsecs } macro t() { if (1) { 2 } else { 3 } }',
    '(macro now() (value nsecs))\n(macro t() (value (if 1 (then (value 2)) (else (value 3)))))',
  );
  expectParsed(
    'fn add($a : int64, $b : struct s *) : uint8[4] { return $a; }',
    '(fn add($a : int64, $b : struct s*) : uint8[4] (return $a))',
  );
});

test('the order of a script is kept', () => {
  expectDiagnostics(
    'begin { } config = { a = 1 }',
    'stdin:1:11-17: ERROR: syntax: config must appear before probes and functions\nbegin { } config = { a = 1 }\n          ~~~~~~\n',
  );
  expectDiagnostics(
    'begin { } import "a"; #define X 1',
    `stdin:1:11-17: ERROR: syntax: import must appear before probes and functions
begin { } import "a"; #define X 1
          ~~~~~~
stdin:1:23-34: ERROR: syntax: C definitions must appear before probes and functions
begin { } import "a"; #define X 1
                      ~~~~~~~~~~~
`,
  );
  expectDiagnostics(
    'config = { } struct s { int a; };',
    'stdin:1:14-34: ERROR: syntax: C definitions must appear before config and imports\nconfig = { } struct s { int a; };\n             ~~~~~~~~~~~~~~~~~~~~\n',
  );
  expectDiagnostics(
    'config = { } config = { }',
    `stdin:1:14-26: ERROR: syntax: a script can have only one config block
config = { } config = { }
             ~~~~~~~~~~~~
stdin:1:1-13: ERROR: This is the first config block.
config = { } config = { }
~~~~~~~~~~~~
`,
  );
});

test('mistakes outside of blocks', () => {
  const cases: readonly (readonly [string, string, string, string?])[] = [
    ['print(1)', '1:9-9', "expected '{'", 'Statements stand in a probe: begin { … }.'],
    ['@x = 1;', '1:1-3', 'expected attach point', 'Statements stand in a probe: begin { … }.'],
    ['{ print(1); }', '1:1-2', 'expected attach point', 'A block follows the name of a probe: begin { … }.'],
    ['begin { } }', '1:11-12', 'expected attach point', "Every block is closed already: this '}' is one too many."],
    [
      'uprobe:sh:f/pid == 1/ { }',
      '1:17-19',
      "expected '{'",
      "A blank is needed between an attach point and the '/' of its predicate.",
    ],
    ['begin /pid = 1/ { }', '1:12-13', "expected '/' to close predicate", "Use '==' to compare."],
    ['begin /1 { }', '1:10-11', "expected '/' to close predicate"],
    ['begin / / { }', '1:9-10', 'expected expression'],
    ['kprobe: vfs_read { }', '1:9-17', "expected '{'", 'An attach point has no blanks, except in double quotes.'],
    ['kprobe:a kprobe:b { }', '1:10-16', "expected '{'", "Attach points are separated by ','."],
    ['begin', '1:6-6', "expected '{'"],
    ['let $x = 1;', '1:5-7', 'expected map', 'Outside of probes only maps can be declared: `let @name = hash(100);`.'],
    ['let @a = hash(x);', '1:15-16', 'expected number of entries'],
    ['config = { a = }', '1:16-17', 'expected value'],
    ['config = { a = 1, b = 2 }', '1:17-18', "expected ';'", "Settings are separated by ';'."],
    ['macro f(pid) { }', '1:9-12', "a parameter can't be called 'pid': that is a builtin"],
    ['macro f(a, a) { }', '1:12-13', "duplicate parameter 'a'"],
    ['fn f($a) : int64 { }', '1:8-9', "expected ':'"],
    ['fn f() { }', '1:8-9', "expected ':'", 'A function says what it returns: `fn f($a : int64) : int64 { … }`.'],
    ['uprobe:"/bin/sh:f { }', '1:8-22', 'unterminated string'],
    ['import x; begin { }', '1:8-9', 'expected path in double quotes'],
  ];
  for (const [text, place, message, hint] of cases) {
    const [from, to] = place.slice(2).split('-').map(Number) as [number, number];
    const underline = ' '.repeat(from - 1) + '~'.repeat(to - from);
    const hintLine = hint === undefined ? '' : `HINT: ${hint}\n`;
    const rendered = `stdin:${place}: ERROR: syntax: ${message}\n${text}\n${underline}\n${hintLine}`;
    expectDiagnostics(text, rendered);
  }
});

test('the tree prints one node per line', () => {
  const text = 'kprobe:vfs_read /pid == $1/ { @[comm, 1] = count(); if (1) { exit() } }';
  assert.equal(
    printAst(parse({ name: 'stdin', text }, { positional: [] }).script!),
    `script
  probe kprobe:vfs_read
    predicate
      ==
        pid
        $1
    =
      @[]
        comm
        1
      call count
    if
      1
      then
        value
          call exit
`,
  );
});
