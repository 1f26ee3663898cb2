import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkText, complaintsIn } from '../testing/check-script.ts';
import { sampleTarget } from '../testing/target.ts';

/** Statements inside `begin { … }` (they start at column 9) and everything that is said about them. */
const REFUSED: readonly (readonly [body: string, ...complaints: string[]])[] = [
  ['foo(1)', "9-15 ERROR: Unknown function: 'foo'"],
  ['prnt(1)', "9-16 ERROR: Unknown function: 'prnt'", 'HINT: Did you mean print()?'],
  ['print(nosuchid)', "15-23 ERROR: Unknown identifier: 'nosuchid'"],
  ['print(nsec)', "15-19 ERROR: Unknown identifier: 'nsec'", 'HINT: Did you mean nsecs?'],
  ['print($x)', '15-17 ERROR: Undefined or undeclared variable: $x'],
  [
    'if (1) { let $x = 3; } print($x)',
    '38-40 ERROR: Undefined or undeclared variable: $x',
    'HINT: $x ends with the block that declares it.',
  ],
  ['print(@nope)', '15-20 ERROR: Undefined map: @nope'],
  [
    'clear(@nope); delete(@nope, 1); $a = @nope',
    '15-20 ERROR: Undefined map: @nope',
    '30-35 ERROR: Undefined map: @nope',
    '46-51 ERROR: Undefined map: @nope',
  ],
  ['@total = 1; print(@totl)', '27-32 ERROR: Undefined map: @totl', 'HINT: Did you mean @total?'],
  [
    '$a = 1; $a = "x"',
    "17-25 ERROR: Type mismatch for $a: trying to assign value of type 'string[2]' when variable already has a type 'int8'",
  ],
  [
    '@a = 1; @a = "x"',
    "17-25 ERROR: Type mismatch for @a: trying to assign value of type 'string[2]' when map already has a type 'int8'",
  ],
  [
    '@a = count(); @a = sum(5)',
    "28-34 ERROR: Type mismatch for @a: trying to assign value of type 'sum_t' when map already has a type 'count_t'",
  ],
  [
    '@a = count(); @a = 5',
    "23-29 ERROR: Type mismatch for @a: trying to assign value of type 'int8' when map already has a type 'count_t'",
  ],
  [
    '@x = 1; @x[1] = 2',
    '17-22 ERROR: @x used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)',
  ],
  [
    '@x[1] = 1; @x["a"] = 2',
    "20-27 ERROR: Argument mismatch for @x: trying to access with arguments: 'string[2]' when map expects arguments: 'int8'",
  ],
  [
    '$c = count()',
    '14-21 ERROR: count() must be assigned directly to a map',
    'HINT: Write `@ = count();` and read the map.',
  ],
  ['count()', '9-16 ERROR: count() must be assigned directly to a map', 'HINT: Write `@ = count();` and read the map.'],
  ['@h = hist(1); $x = @h', "23-30 ERROR: Value 'hist_t' cannot be assigned to a scratch variable."],
  ['@h = hist(1); @b[@h] = 1', "23-29 ERROR: Value 'hist_t' cannot be used as a map key."],
  [
    '@c = count(); @i = @c',
    "23-30 ERROR: Map value 'count_t' cannot be assigned from one map to another.",
    'HINT: Cast the value to an integer, e.g. `@i = (int64)@c`',
  ],
  [
    '_ = 1 == "a"',
    "13-21 ERROR: Type mismatch for '==': comparing int8 with string[2]",
    '13-14 ERROR: left (int8)',
    '18-21 ERROR: right (string[2])',
  ],
  [
    '$s = "a"; $t = $s + "b"',
    '24-32 ERROR: The + operator can not be used on expressions of types string[2], string[2]',
  ],
  ['$s = "a"; if ($s) { }', '19-30 ERROR: Invalid condition: string'],
  ['if ("a") { }', '9-21 ERROR: Invalid condition: string'],
  [
    '$b = true; $c = $b ? 1 : "x"',
    "25-37 ERROR: Branches must return the same type or compatible types: have 'int8' and 'string[2]'",
  ],
  ['$s = "abc"; print($s[5])', '27-32 ERROR: the index 5 is out of bounds for array of size 4'],
  ['_ = 7/0', '13-16 ERROR: unable to fold literals due to overflow or underflow'],
  ['_ = 1 << 64', '13-20 ERROR: unable to fold literals due to overflow or underflow'],
  ['print(nsecs / 0)', '15-24 ERROR: Division by zero'],
  ['$i = 1; print($i.a)', "23-27 ERROR: Can not access field 'a' on expression of type 'int8'"],
  [
    'print(curtask->pidd)',
    "15-28 ERROR: Struct/union of type 'struct task_struct' does not contain a field named 'pidd'",
    'HINT: Did you mean pid?',
  ],
  [
    '_ = (struct nosuch*)0',
    '14-27 ERROR: Cannot resolve unknown type "struct nosuch"',
    "HINT: Neither the script nor the kernel's BTF defines it: include its header, or define it.",
  ],
  ['_ = (uint8)"a"', '13-23 ERROR: Cannot cast from "string[2]" to "uint8"'],
  [
    'let $x = 1; let $x = 2',
    '21-27 ERROR: Variable $x was already declared. Variable shadowing is not allowed.',
    '9-15 ERROR: This is the initial declaration.',
  ],
  [
    'let $a : uint8 = 300',
    "9-29 ERROR: Type mismatch for $a: trying to assign value of type 'int16' when variable already has a type 'uint8'",
  ],
  ['printf("%d\\n")', '9-23 ERROR: not enough arguments for format string (0 supplied, 1 expected)'],
  ['printf("x\\n", 1)', '9-25 ERROR: too many arguments for format string (1 supplied, 0 expected)'],
  ['printf("%f\\n", 1)', '9-26 ERROR: unsupported format specifier: f'],
  ['printf("%d\\n", "s")', "9-28 ERROR: unsupported format specifier for type 'string[2]': d"],
  ['join(1,2,3)', '9-20 ERROR: join() takes up to 2 arguments (3 provided)'],
  ['cat()', '9-14 ERROR: cat() requires at least one argument (0 provided)'],
  [
    'system("ls")',
    '9-21 ERROR: system() is an unsafe function being used in safe mode',
    'HINT: Run with --unsafe to allow it.',
  ],
  ['@ = hist(1, 6)', '13-23 ERROR: hist: bits 6 must be 0..5'],
  [
    '@ = lhist(1,0,10,11)',
    '13-29 ERROR: lhist() step is too large for the given range (provided step 11 for range 10)',
  ],
  ['@ = hist(1, 1); @ = hist(1, 2)', '29-39 ERROR: @: all hist() of one map must have a single bits argument.'],
  ['print(arg0)', "15-19 ERROR: The arg0 builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes"],
  [
    'print(retval)',
    "15-21 ERROR: The retval builtin can only be used with 'kretprobe', 'uretprobe' and 'fexit' probes",
  ],
  ['break;', "9-14 ERROR: 'break' statement is not allowed in a probe"],
  ['unroll(101) {}', '9-23 ERROR: unroll maximum value is 100'],
  ['unroll(0) {}', '9-21 ERROR: unroll minimum value is 1'],
  ['$t = (1, 2); print($t.2)', '28-32 ERROR: Invalid tuple index: 2. Found 2 elements in tuple.'],
  ['print((enum color)9)', "15-28 ERROR: Enum: color doesn't contain a variant with value 9"],
  ['print(1, 2)', '9-20 ERROR: print() of a value takes one argument (2 provided)'],
  [
    '@h["a"] = hist(1); print(@h["a"])',
    '28-42 ERROR: A single key of a hist_t map cannot be printed.',
    'HINT: Print the whole map: print(@h)',
  ],
  ['exit("a")', '9-18 ERROR: exit() expects an integer (string[2] provided)'],
  ['print(kstack(2000))', '15-27 ERROR: kstack([int limit]): limit must be 1..1024, 2000 given'],
  ['print(kaddr("nosuch"))', '15-30 ERROR: Failed to resolve kernel symbol: nosuch'],
  ['print(*$p)', '16-18 ERROR: Undefined or undeclared variable: $p'],
  ['$i = (bool)1; print(*$i)', "29-32 ERROR: Can not dereference type 'bool'. It is not a pointer."],
  ['return "x"', "9-19 ERROR: A probe can only return an integer, not 'string[2]'"],
  ['print(((struct odd *)0)->ratio)', '15-39 ERROR: ratio has unsupported type'],
  [
    '$p = (int32*)8; $q = $p - $p',
    '30-37 ERROR: The - operator can not be used on expressions of types int32 *, int32 *',
  ],
  ['@[()] = 1', "9-14 ERROR: Value of type '()' cannot be used as a map key."],
  ['@ = ()', "9-15 ERROR: A value of type '()' cannot be assigned to a map."],
  ['@x = 1; print(has_key(@x, 1))', '23-37 ERROR: has_key() needs a map with keys; @x is a scalar map'],
  ['@x[1] = 1; delete(@x)', '20-30 ERROR: delete() of a map with keys needs the key: delete(@x, key)'],
  ['@x[1] = 1; clear(@x[1])', '20-32 ERROR: clear() expects a map without a key'],
  ['$x = print(1)', '14-22 ERROR: print() has no value: it can only be used as a statement'],
  ['@c = count(); @c++', '23-27 ERROR: The ++ operator can not be used on expressions of type count_t'],
  ['$p = curtask; $p++', '23-27 ERROR: The ++ operator can not be used on expressions of type struct task_struct *'],
  ['print(nsecs(nosuch))', '15-28 ERROR: Invalid timestamp mode: nosuch. Known are: boot, monotonic, tai, sw_tai'],
  [
    'print(if (cpu) { 1; } else { 2 })',
    '24-30 ERROR: This block has no value: its last expression must stand without a semicolon, and an if needs an else.',
  ],
  ['print(comptime cpu)', '15-27 ERROR: Unable to evaluate at compile time.'],
  ['$a = 5; $a += "x"', '17-26 ERROR: The + operator can not be used on expressions of types int8, string[2]'],
];

/** Warned of, and accepted. */
const WARNED: readonly (readonly [body: string, ...complaints: string[]])[] = [
  [
    'if (1) { $x = 3; } print($x)',
    '34-36 WARNING: Variable $x is used outside the block that first assigns it.',
    'HINT: Declare it before that block: let $x;',
  ],
  ['exit(); print(1)', '17-25 WARNING: Unreachable statement after exit().'],
  ['return; print(1); print(2)', '17-25 WARNING: Unreachable statement after return.'],
  ['1 + 1', '9-14 WARNING: Return value discarded.'],
  ['$x = 1; $x', '17-19 WARNING: Return value discarded.'],
  ['_ = 1 + 1'],
  ['@[1] = 1; delete(@, 1)'],
  ['@[1] = 1; delete(@[1])', '19-31 WARNING: delete(@[…]) is deprecated. Use delete(@, …) instead.'],
  ['let $x', '9-15 WARNING: Variable $x was never assigned to.'],
  ['let $x; print($x); $x = 1', '23-25 WARNING: Variable used before it was assigned: $x'],
  [
    '$n = 0; while ($n < 3) { $n++; }',
    '17-30 WARNING: While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
  ],
  [
    '$a = nsecs; $a = -1',
    '9-19 WARNING: The value of type uint64 is kept as int64, because other values of the same variable or map are signed.',
  ],
  ['$a = 1; $a = nsecs'],
  [
    '$a = (int32)1; _ = pid == $a',
    '28-37 WARNING: Comparison of integers of different signs: uint32 and int32 can lead to undefined behavior',
  ],
  ['_ = pid == 1 || uid < 5'],
  ['print((uint32)pid)', '15-26 WARNING: Unnecessary cast: expression is already of type: uint32'],
  ['print($1)', '15-17 WARNING: Positional parameter $1 is empty or not provided.'],
  ['print(str($1))'],
  [
    'print(str(nsecs, 5000))',
    '15-31 WARNING: length param (5000) is greater than max_strlen (1024); it is shortened to that.',
  ],
  [
    '@[1] = 1; unroll(2) { print(@) }',
    '31-39 WARNING: Due to the asynchronous nature of print(), @ is printed whole each time, as it is when the record is read.',
  ],
];

describe('what a script is told', () => {
  for (const [body, ...complaints] of [...REFUSED, ...WARNED]) {
    it(body, () => assert.deepEqual(complaintsIn(body), complaints));
  }

  it('renders with place, source line and underline', () => {
    assert.equal(
      checkText('begin {\n\tprint(nosuchid);\n}').rendered,
      "stdin:2:8-16: ERROR: Unknown identifier: 'nosuchid'\n    print(nosuchid);\n          ~~~~~~~~\n",
    );
  });

  it('reports each cause once, also where a wrong value is used again', () => {
    assert.deepEqual(complaintsIn('$a = nosuch; $b = $a + 1; @m = $b; print(@m); printf("%d", $a)'), [
      "14-20 ERROR: Unknown identifier: 'nosuch'",
    ]);
  });

  it('S-27 skips includes that older scripts guard, and says so of others that are not there', () => {
    assert.equal(
      checkText('#ifndef BPFTRACE_HAVE_BTF\n#include <linux/fs.h>\n#endif\nbegin { print(1); }').rendered,
      '',
    );
    assert.equal(
      checkText('#include <linux/fs.h>\nbegin { print(1); }').rendered,
      `stdin:1:1-22: WARNING: <linux/fs.h> was not found: kernel types come from BTF
#include <linux/fs.h>
~~~~~~~~~~~~~~~~~~~~~
`,
    );
  });

  it('checks declared maps', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['let @a = nosuch(5); begin { @a[1] = 1; }', 'stdin:1:1-19: ERROR: Invalid map type: nosuch'],
      ['let @a = hash(0); begin { @a[1] = 1; }', 'stdin:1:1-17: ERROR: Max entries must be 1..4294967295 (provided 0)'],
      [
        'let @a = hash(5); begin { @a[1] = count(); }',
        'stdin:1:27-42: ERROR: Incompatible map types. @a was declared as hash; this value needs percpuhash or percpulruhash.',
      ],
      [
        'let @a = percpuhash(5); begin { @a[1] = 2; }',
        'stdin:1:33-42: ERROR: Incompatible map types. @a was declared as percpuhash; this value needs hash or lruhash.',
      ],
      ['let @a = hash(5); begin { }', 'stdin:1:1-17: WARNING: Unused map declaration: @a'],
    ];
    for (const [text, line] of cases) assert.equal(checkText(text).rendered.split('\n')[0], line);
  });

  it('offers the text of a parameter that looks like a number', () => {
    const complaints = complaintsIn('_ = $1 == "5"', { positional: ['5'] });
    assert.equal(complaints.at(-1), "HINT: str($1) is the parameter's text.");
  });

  it('says when types are missing because the kernel gives no BTF', () => {
    const { rendered } = checkText('begin { print(curtask->pid); }', { target: sampleTarget({ btf: undefined }) });
    assert.match(
      rendered,
      /^stdin:1:15-27: ERROR: Can not access field 'pid' on expression of type 'uint64'\n.*\n.*\nHINT: This kernel gives no BTF/,
    );
  });

  it('has no probes to attach in an empty script', () => {
    assert.equal(checkText('// nothing').rendered, 'ERROR: No probes to attach\n');
  });
});
