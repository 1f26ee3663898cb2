/** The names of types in messages, and how many messages a mistake makes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkText, complaintsIn } from '../testing/check-script.ts';

/** The type that a message gives `expression`, from an assignment that can't be. */
function typeOf(expression: string, options: { readonly map?: boolean; readonly first?: string } = {}): string {
  const name = options.map === true ? '@s' : '$s';
  const { first = '"s"' } = options;
  const [message = ''] = complaintsIn(`${name} = ${first}; ${name} = ${expression}`);
  return /trying to assign value of type '(.*?)' when/.exec(message)?.[1] ?? message;
}

const typesOf = (expressions: readonly string[], options?: Parameters<typeof typeOf>[1]): string[] =>
  expressions.map((expression) => typeOf(expression, options));

it('T-01 T-05 numbers, booleans, enums and C names', () => {
  assert.deepEqual(
    typesOf([
      '1',
      '300',
      '70000',
      '-5000000000',
      '(uint8)1',
      '(uint16)1',
      'pid',
      'nsecs',
      'true',
      'GREEN',
      '(enum color)3',
    ]),
    ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'enum color', 'enum color'],
  );
  assert.deepEqual(typesOf(['(char)1', '(size_t)1', '(u32)1', '(pid_t)1', '(unsigned long)1', '(bool)1']), [
    'int8',
    'uint64',
    'uint32',
    'int32',
    'uint64',
    'bool',
  ]);
});

it('T-02 T-05 texts, bytes, stacks and names', () => {
  assert.deepEqual(typesOf(['"hello"', 'comm', 'strerror(1)', '(string[8])"a"', 'probe'], { first: '1' }), [
    'string[6]',
    'string[16]',
    'string[64]',
    'string[8]',
    'string[6]',
  ]);
  assert.deepEqual(typesOf(['buf("abc", 2)', 'kstack', 'ustack', 'ksym(1)', 'usym(1)', 'ntop(1)', 'username']), [
    'buffer[2]',
    'kstack_t',
    'ustack_t',
    'ksym_t',
    'usym_t',
    'inet',
    'username_t',
  ]);
  assert.equal(typeOf('strftime("%Y", nsecs)', { first: '1' }), 'timestamp');
});

it('T-03 T-05 aggregations, with u for those of numbers without sign', () => {
  const map = { map: true };
  assert.deepEqual(typesOf(['count()', 'sum(1)', 'min(1)', 'max(1)', 'avg(1)', 'stats(1)', 'hist(1)'], map), [
    'count_t',
    'sum_t',
    'min_t',
    'max_t',
    'avg_t',
    'stats_t',
    'hist_t',
  ]);
  assert.deepEqual(typesOf(['sum(pid)', 'min(pid)', 'max(pid)', 'avg(pid)', 'stats(pid)', 'lhist(1, 0, 9, 1)'], map), [
    'usum_t',
    'umin_t',
    'umax_t',
    'uavg_t',
    'ustats_t',
    'lhist_t',
  ]);
  assert.equal(typeOf('tseries(1, 1s, 5)', map), 'tseries_t');
});

it('T-03 aggregations are no types of variables', () => {
  assert.deepEqual(complaintsIn('let $a : count_t; $a = 1; let $b : usum_t; $b = 2'), [
    "18-25 ERROR: Only values of maps have the type 'count_t'",
    "44-50 ERROR: Only values of maps have the type 'usum_t'",
  ]);
});

it('T-04 T-05 pointers, arrays, structs, tuples and records', () => {
  assert.deepEqual(
    typesOf(['(int32*)8', '(int32**)8', '(void*)8', 'curtask', '(int8[4])(uint32)1', '*(struct odd *)8']),
    ['int32 *', 'int32 **', 'void *', 'struct task_struct *', 'int8[4]', 'struct odd'],
  );
  assert.deepEqual(typesOf(['(1, "ab")', '((1, 2), (3,))', '()', '(a=1, b="x")', '(a=(b=pid,),)'], { first: '1' }), [
    '(int8,string[3])',
    '((int8,int8),(int8))',
    '()',
    'record { .a = int8, .b = string[2] }',
    'record { .a = record { .b = uint32 } }',
  ]);
});

it('T-04 types as they are written', () => {
  const said = complaintsIn(
    'let $a : int32*[2] = 1; let $b : int8[2][3] = 1; let $c : (int8, string[3]) = 1; let $d : struct odd * = "x"; let $e : nosuch_t = 1',
  );
  assert.deepEqual(
    said.flatMap(
      (line) => /already has a type '(.*)'$/.exec(line)?.slice(1) ?? /unknown type "(.*)"/.exec(line)?.slice(1) ?? [],
    ),
    ['int32 *[2]', 'int8[2][3]', '(int8,string[3])', 'struct odd *', 'nosuch_t'],
  );
});

it('L-18 E-71 one mistake of syntax is told once, and nothing of what it hides', () => {
  for (const [body, ...complaints] of [
    ['$a = 1 $b = 2 $c = 3', "16-18 ERROR: syntax: expected ';'"],
    ['print("a); print(nosuch); $x = 1', '15-43 ERROR: syntax: unterminated string'],
    ['print(nosuch); print(1', "32-33 ERROR: syntax: expected ')'"],
    ['@x[pid} = 1; print(@x[pid])', "15-16 ERROR: syntax: expected ']'"],
    ['if (pid == 1 { print(1); } else { print(2); }', "22-23 ERROR: syntax: expected ')'"],
  ] as const)
    assert.deepEqual(complaintsIn(body), complaints, body);
});

it('L-18 several mistakes of syntax are all told, each at its place', () => {
  const { rendered } = checkText('begin { print("a\nb"); $x = 1 $y = 2; }\nend { if (x = 1) { nosuch } print(1 }\n');
  assert.deepEqual(
    rendered.split('\n').filter((line) => line.startsWith('stdin:')),
    [
      'stdin:1:15-17: ERROR: syntax: unterminated string',
      "stdin:2:13-15: ERROR: syntax: expected ';'",
      "stdin:3:13-14: ERROR: syntax: expected ')'",
      "stdin:3:37-38: ERROR: syntax: expected ')'",
    ],
  );
});

it('E-74 all mistakes of meaning are told, each once', () => {
  assert.deepEqual(complaintsIn('print(nosuch); foo(1); $a = 1; $a = "x"; print(@none); print($b)'), [
    "15-21 ERROR: Unknown identifier: 'nosuch'",
    "24-30 ERROR: Unknown function: 'foo'",
    "40-48 ERROR: Type mismatch for $a: trying to assign value of type 'string[2]' when variable already has a type 'int8'",
    '56-61 ERROR: Undefined map: @none',
    '70-72 ERROR: Undefined or undeclared variable: $b',
  ]);
});

it('E-74 what a wrong value is used for is not wrong as well', () => {
  assert.deepEqual(complaintsIn('$a = nosuch; $b = $a + 1; @m[$b] = $a; print(@m); if ($a) { printf("%d", $b); }'), [
    "14-20 ERROR: Unknown identifier: 'nosuch'",
  ]);
  const { rendered } = checkText('begin { @k[nosuch] = 1; } end { print(@k); $v = @k[1]; print($v + 2); }');
  assert.deepEqual(
    rendered.split('\n').filter((line) => line.startsWith('stdin:')),
    ["stdin:1:12-18: ERROR: Unknown identifier: 'nosuch'"],
  );
});

it('L-17 a text longer than strings can be', () => {
  const { rendered } = checkText(
    'config = { max_strlen = 5 } begin { print("abcd"); print("abcde"); @["längr"] = 1; printf("abcdefg"); }',
  );
  assert.equal(
    rendered,
    `stdin:1:58-65: ERROR: String is too long (over 4 bytes): 5 bytes
config = { max_strlen = 5 } begin { print("abcd"); print("abcde"); @["längr"] = 1; printf("abcdefg"); }
                                                         ~~~~~~~
HINT: The config variable max_strlen sets the limit.
stdin:1:70-77: ERROR: String is too long (over 4 bytes): 6 bytes
config = { max_strlen = 5 } begin { print("abcd"); print("abcde"); @["längr"] = 1; printf("abcdefg"); }
                                                                     ~~~~~~~
HINT: The config variable max_strlen sets the limit.
`,
  );
});

it('L-07 parameters of macros and core builtins', () => {
  const { rendered } = checkText('macro f(pid, uid) { uid } macro g(arg0) { 1 } begin { print(f(1, 2)); }');
  assert.deepEqual(
    rendered.split('\n').filter((line) => line.startsWith('stdin:')),
    [
      "stdin:1:9-12: ERROR: syntax: a parameter can't be called 'pid': that is a builtin",
      "stdin:1:35-39: ERROR: syntax: a parameter can't be called 'arg0': that is a builtin",
    ],
  );
});

it('G-56 a field that one of several points lacks', () => {
  const { rendered } = checkText(
    'tracepoint:sched:sched_switch, tracepoint:raw_syscalls:sys_enter { print(args.id); }',
  );
  assert.equal(
    rendered,
    `stdin:1:74-81: ERROR: Can't find function parameter id
tracepoint:sched:sched_switch, tracepoint:raw_syscalls:sys_enter { print(args.id); }
                                                                         ~~~~~~~
HINT: tracepoint:sched:sched_switch has: prev_comm, prev_pid.
`,
  );
});

it('G-50 G-51 attach points that break off', () => {
  const said = (text: string): string[] =>
    checkText(text)
      .rendered.split('\n')
      .filter((line) => /^(?:stdin|HINT)/.test(line));
  assert.deepEqual(said('uprobe:"/tmp/a b:f { }'), ['stdin:1:8-23: ERROR: syntax: unterminated string']);
  assert.deepEqual(said('uprobe:bash:main/pid == 1/ { }'), [
    "stdin:1:22-24: ERROR: syntax: expected '{'",
    "HINT: A blank is needed between an attach point and the '/' of its predicate.",
  ]);
  assert.deepEqual(said('kprobe: vfs_read { }'), [
    "stdin:1:9-17: ERROR: syntax: expected '{'",
    'HINT: An attach point has no blanks, except in double quotes.',
  ]);
  assert.deepEqual(said('begin / 1 { }'), ["stdin:1:11-12: ERROR: syntax: expected '/' to close predicate"]);
});
