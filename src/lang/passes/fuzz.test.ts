import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkText } from '../testing/check-script.ts';
import { random } from '../testing/random.ts';
import { sampleTarget } from '../testing/target.ts';
import { brokenPromises } from '../testing/verify-tree.ts';

/** Pieces that together touch every rule; shuffled they make scripts that are mostly wrong. */
const EXPRESSIONS = [
  '1',
  '-1',
  '0',
  '300',
  '18446744073709551615',
  '"abc"',
  '"%d %s\\n"',
  'true',
  '$1',
  '$#',
  '$a',
  '$b',
  '@',
  '@m',
  '@m[1]',
  '@k["a", 2]',
  '@h',
  '@c',
  'pid',
  'comm',
  'nsecs',
  'curtask',
  'curtask->comm',
  'args',
  'args.filename',
  'arg0',
  'retval',
  'kstack',
  'func',
  'probe',
  'GREEN',
  '(1, "x")',
  '(a=1, b=2)',
  '()',
  '(struct odd *)8',
  'sizeof(int8)',
  'count()',
  'sum(1)',
  'hist(pid)',
  'str(arg0)',
  'buf("abc", 2)',
  'ksym(1)',
  'kptr(1)',
  'nosuch',
  'ntop(1)',
];
/** Scripts of numbers mostly have a meaning. */
const NUMBERS = [
  '1',
  '0',
  '300',
  '70000',
  '-5',
  '18446744073709551615',
  'pid',
  'nsecs',
  'cpu',
  '(int8)-1',
  '(uint16)pid',

  '@n[1]',
  '@c[1]',
  'curtask->pid',
  'GREEN',
  'sizeof(comm)',
  '(cpu > 3)',
  '$1',
];
const NUMBER_JOINS = [
  (a: string, b: string) => `(${a} + ${b})`,
  (a: string, b: string) => `(${a} - ${b})`,
  (a: string, b: string) => `(${a} * ${b})`,
  (a: string, b: string) => `(${a} >> (${b} & 7))`,
  (a: string, b: string) => `(${a} < ${b})`,
  (a: string, b: string) => `(${a} || ${b})`,
  (a: string, b: string) => `((uint32)${a} ? (int64)${b} : (int64)${a})`,
  (a: string, b: string) => `((int64)${a} ?: (int64)${b})`,
  (a: string) => `!(${a})`,
  (a: string) => `~(${a})`,
  (a: string) => `(uint8)(${a})`,
  (a: string) => `(bool)(${a})`,
  (a: string) => `*(int32 *)(${a})`,
  (a: string) => `(${a}, 1).0`,
  (a: string, b: string) => `{ $t = (int64)${a}; $t + ${b} }`,
];
const NUMBER_STATEMENTS = [
  (a: string) => `$a = (int64)(${a}); print($a);`,
  (a: string, b: string) => `@n[${a}] = (int64)(${b});`,
  (a: string) => `@c[${a}] = count();`,
  (a: string) => `@h = hist(${a}, 2);`,
  (a: string, b: string) => `if (${a}) { @n[1] += ${b}; }`,
  (a: string) => `print((${a}, comm));`,
  (a: string, b: string) => `printf("%d %s", ${a}, ${b});`,
  (a: string) => `@t[${a}, "x"] = (${a}, "y");`,
  (a: string) => `@s = sum(${a});`,
  (a: string) => `unroll(3) { $b = ${a}; print($b); }`,
  (a: string) => `let $d : uint64 = (uint64)(${a}); $d++; print($d);`,
];
const JOINS = [
  (a: string, b: string) => `(${a} + ${b})`,
  (a: string, b: string) => `(${a} / ${b})`,
  (a: string, b: string) => `(${a} == ${b})`,
  (a: string, b: string) => `(${a} && ${b})`,
  (a: string, b: string) => `(${a} ? ${b} : ${a})`,
  (a: string, b: string) => `(${a} ?: ${b})`,
  (a: string, b: string) => `(${a}, ${b})`,
  (a: string, b: string) => `(${a})[${b}]`,
  (a: string) => `*(${a})`,
  (a: string) => `!(${a})`,
  (a: string) => `-(${a})`,
  (a: string) => `(uint8)(${a})`,
  (a: string) => `(struct sock *)(${a})`,
  (a: string) => `(${a}).comm`,
  (a: string) => `(${a}).0`,
  (a: string) => `(int8[4])(${a})`,
  (a: string, b: string) => `str(${a}, ${b})`,
  (a: string, b: string) => `{ $t = ${a}; ${b} }`,
  (a: string, b: string) => `strncmp(${a}, ${b}, 2)`,
];
const STATEMENTS = [
  (a: string) => `$a = ${a};`,
  (a: string, b: string) => `$b = ${a}; $b += ${b};`,
  (a: string) => `@m = ${a};`,
  (a: string, b: string) => `@m[${a}] = ${b};`,
  (a: string) => `@ = ${a};`,
  (a: string) => `let $c = ${a};`,
  (a: string) => `let $d : uint8 = ${a};`,
  (a: string) => `@c[${a}] = count();`,
  (a: string) => `@h = hist(${a});`,
  (a: string, b: string) => `if (${a}) { $e = ${b}; } print($e);`,
  (a: string) => `while (${a}) { $f++; break; }`,
  (a: string) => `unroll(3) { print(${a}); }`,
  (a: string) => `print(${a});`,
  (a: string, b: string) => `printf("%d %s", ${a}, ${b});`,
  (a: string, b: string) => `delete(@m, ${a}); delete(${b});`,
  (a: string) => `exit(${a});`,
  (a: string) => `return ${a};`,
  (a: string) => `${a};`,
  () => '$a++; @m++;',
  (a: string) => `@k[${a}, 1]--;`,
];
const PROBES = ['begin', 'kprobe:vfs_read', 'tracepoint:syscalls:sys_enter_openat', 'kprobe:vfs_*', 'end, begin'];

function randomScript(seed: number): string {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  const [expressions, joins, statements] =
    seed % 2 === 0 ? [EXPRESSIONS, JOINS, STATEMENTS] : [NUMBERS, NUMBER_JOINS, NUMBER_STATEMENTS];
  const expression = (depth: number): string =>
    depth === 0 || next(3) === 0 ? pick(expressions) : pick(joins)(expression(depth - 1), expression(depth - 1));
  const probe = () =>
    `${pick(PROBES)} { ${Array.from({ length: 1 + next(4) }, () => pick(statements)(expression(2), expression(1))).join(' ')} }`;
  return Array.from({ length: 1 + next(2) }, probe).join(' ');
}

it('never throws, keeps the promises of the checked tree, and either accepts a script or says what is wrong with it', () => {
  const target = sampleTarget();
  let accepted = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const text = randomScript(seed);
    const { checked, rendered } = checkText(text, { target, positional: ['7'], unsafe: true });
    assert.equal(checked === undefined, rendered.includes('ERROR: '), `seed ${seed}: ${text}\n${rendered}`);
    if (checked !== undefined) assert.deepEqual(brokenPromises(checked), [], `seed ${seed}: ${text}`);
    accepted += checked === undefined ? 0 : 1;
  }
  // Scripts of all kinds, not only of one.
  assert.ok(accepted > 300 && accepted < 2700, `${accepted} accepted`);
});
