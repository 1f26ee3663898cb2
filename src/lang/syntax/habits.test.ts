import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkText } from '../testing/check-script.ts';

/** Each a mistake of its own: one message, at the place, with the cure. */
const MISTAKES: readonly (readonly [text: string, place: string, message: string, hint: string])[] = [
  [
    'begin { if (pid = 1) { } }',
    '1:17-18',
    "syntax: expected ')'",
    "Use '==' to compare; an assignment is no expression.",
  ],
  [
    'begin { x = 1; }',
    '1:9-10',
    'syntax: invalid assignment target',
    "Variables begin with '$' and maps with '@': $x or @x.",
  ],
  [
    'begin { n++; }',
    '1:9-12',
    "syntax: '++' can only be applied to a variable or a map",
    "Variables begin with '$' and maps with '@': $n or @n.",
  ],
  ['begin {\n$a = 1\n$b = 2;\n}', '3:1-3', "syntax: expected ';'", "Line 2 ends without a ';'."],
  ["begin { print('hello'); }", '1:15-22', 'syntax: strings stand in double quotes', 'Write "hello".'],
  ["begin { $x = 'x'; }", '1:14-17', 'syntax: strings stand in double quotes', 'Write "x", or "x"[0] for its code.'],
  [
    'begin { printf(hello %d\\n, pid); }',
    '1:24-25',
    "syntax: invalid character '\\'",
    'Text stands in double quotes: "…".',
  ],
  ['begin { if (pid == 1 and tid == 2) { } }', '1:22-25', "syntax: expected ')'", "The operator is '&&'."],
  ['begin { if (not pid) { } }', '1:17-20', "syntax: expected ')'", "The operator is '!'."],
  ['begin { print $x; }', '1:15-17', "syntax: expected ';'", 'A function is called with parentheses: print(…).'],
  ['begin { printf("%s" comm); }', '1:21-25', "syntax: expected ')'", "Arguments are separated by ','."],
  [
    'begin { int x = 5; }',
    '1:13-14',
    "syntax: expected ';'",
    'No type stands before a name: write `$x = …;` or `let $x : int64 = …;`.',
  ],
  [
    'begin { for (i = 0; i < 10; i++) { print(1); } }',
    '1:14-15',
    'syntax: expected loop variable',
    'Loops are written `for $i : 0..10 { … }`, `for $kv : @map { … }` or `while $i < 10 { … }`.',
  ],
  [
    'begin { $x = 1.5; }',
    '1:14-17',
    'syntax: floating-point numbers are not supported',
    'There are only integers: use a smaller unit, such as 1500us for 1.5ms.',
  ],
  ['# a comment\nbegin { }', '1:1-12', 'syntax: unknown preprocessor directive', 'Comments begin with //.'],
  [
    'begin { print(1); # a comment\n}',
    '1:19-20',
    "syntax: invalid character '#'",
    'Preprocessor lines stand before the first probe; comments begin with //.',
  ],
  ['begin { $x := 5; }', '1:12-13', "syntax: expected ';'", "Assignments are written with '='."],
  [
    'begin { @x[1][2] = 1; }',
    '1:9-17',
    'syntax: invalid assignment target',
    'A key of several parts is written with commas: @map[a, b].',
  ],
  ['begin { if (1) print(1); }', '1:16-21', "syntax: expected '{'", 'The body stands in braces: { … }.'],
  ['begin { switch (pid) { } }', '1:22-23', "syntax: expected ';'", 'There is no switch: use if and else if.'],
  [
    'begin { $x = [1, 2]; }',
    '1:14-15',
    'syntax: expected expression',
    'There are no list literals. A tuple is written (1, 2, 3).',
  ],
  ['kprobe:vfs_read kprobe:vfs_write { }', '1:17-23', "syntax: expected '{'", "Attach points are separated by ','."],
  ['print(1);', '1:10-10', "syntax: expected '{'", 'Statements stand in a probe: begin { … }.'],
  ['begin { $x = NULL; }', '1:14-18', "Unknown identifier: 'NULL'", 'The null pointer is 0.'],
  ['begin { exit }', '1:9-13', "Unknown identifier: 'exit'", 'Call it: exit().'],
  ['begin { pritn(1); }', '1:9-17', "Unknown function: 'pritn'", 'Did you mean print()?'],
  ['kprob:vfs_read { }', '1:1-15', 'Invalid probe type: kprob', 'Did you mean kprobe?'],
  [
    'tracepoint:sched_switch { }',
    '1:1-24',
    'tracepoint probe type requires 2 arguments, found 1',
    'Write it as tracepoint:sched:sched_switch.',
  ],
  [
    'tracepoint:sched:sched_switch { print(arg0); }',
    '1:39-43',
    "The arg0 builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes",
    'Its arguments have names: args.NAME. `sonde -lv PROBE` lists them.',
  ],
  [
    'kprobe:sys_open { }',
    '1:1-16',
    'No matches for kprobe sys_open.',
    'A system call is traced everywhere as tracepoint:syscalls:sys_enter_open.',
  ],
  [
    'interval:1 { }',
    '1:1-11',
    'Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 1 nanoseconds',
    'A number alone is nanoseconds. Write it as interval:s:1.',
  ],
];

describe('the commonest mistakes', () => {
  for (const [text, place, message, hint] of MISTAKES) {
    it(text.split('\n')[0]!, () => {
      const { rendered } = checkText(text);
      const lines = rendered.split('\n').filter((line) => /^(?:stdin:|HINT: |ERROR: )/.test(line));
      assert.deepEqual(lines, [`stdin:${place}: ERROR: ${message}`, `HINT: ${hint}`], rendered);
    });
  }

  it('names what to compare with', () => {
    assert.match(checkText('begin { if (comm == 1) { } }').rendered, /HINT: Text is compared with text: "1"\.\n$/);
    assert.match(
      checkText('begin { if (pid == "1") { } }').rendered,
      /HINT: A number is compared with a number: 1\.\n$/,
    );
    assert.match(
      checkText('kprobe:vfs_read { if (arg0 == "x") { } }').rendered,
      /HINT: str\(\) reads the text that a pointer leads to\.\n$/,
    );
  });

  it('warns where str() is forgotten', () => {
    const said = (text: string): string[] =>
      checkText(text)
        .rendered.split('\n')
        .filter((line) => /^(?:stdin|HINT)/.test(line));
    assert.deepEqual(said('kprobe:vfs_read { printf("%d %s", arg0, arg1); }'), [
      'stdin:1:41-45: WARNING: %s prints the number of this address, not the text that is there',
      'HINT: Write str(arg1).',
    ]);
    assert.deepEqual(
      said('tracepoint:syscalls:sys_enter_openat { printf("%s %s", args.filename, str(args.filename)); }'),
      [
        'stdin:1:56-69: WARNING: %s prints the number of this address, not the text that is there',
        'HINT: Write str(…).',
      ],
    );
    assert.deepEqual(said('kprobe:vfs_read { printf("%s %p", comm, arg1); }'), []);
  });
});
