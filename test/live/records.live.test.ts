/** Records of a traced program, as the script's own C declarations describe them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Run } from '../sonde.ts';
import { live, trace, workload } from './support.ts';

const program = workload('records');

/** As in workloads/records.c, with some of the types spelled otherwise. */
const declarations = `
struct inner { int x; short y; };
enum color { RED = 3, GREEN };
struct shapes {
  int negative : 3; unsigned positive : 5; s32 wide : 20; long long longer : 40;
  char name[8]; char full[4]; signed char small[3]; unsigned char bytes[3];
  union { int u1; char u2; };
  struct { int in1; short in2; };
  struct inner nested, *ptr, **pptr;
  enum color tint; enum { ANON = 5 } anon;
  float f; double d; _Bool flag; char letter;
  int numbers[sizeof(struct inner) / 2], same[1 << 2];
  int (*call)(int);
  struct { unsigned char tag; int value; } __attribute__((packed)) tight;
  int count; int tail[];
};
`;

const visit = (body: string): Promise<Run> =>
  trace(`${declarations}uprobe:${program}:visit { $s = (struct shapes *)arg0; $i = (struct inner *)arg1; ${body} }`, [
    '-q',
    '-c',
    program,
  ]);

/** What the body prints. */
async function printed(body: string): Promise<string> {
  const { stdout, stderr, status } = await visit(body);
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
  return stdout.replace(/\n\n\n$/, '');
}

/** The messages of a script that is refused. */
async function refused(body: string): Promise<string[]> {
  const { stderr, stdout, status } = await visit(body);
  assert.deepEqual({ stdout, status }, { stdout: '', status: 1 });
  return [...stderr.matchAll(/^stdin:\S+ (ERROR: (?!left|right).*)$/gm)].map(([, message]) => message!);
}

const inner = '{ .x = 1, .y = 2 }';
const whole =
  '{ .negative = -2, .positive = 17, .wide = -1000, .longer = -123456789012, .name = short, .full = full, .small = [-1,2,3], ' +
  `.bytes = [1,2,255], .u1 = 65, .u2 = 65, .in1 = 1000, .in2 = -5, .nested = ${inner}, .ptr = PTR, .pptr = PTR, .tint = GREEN, ` +
  '.anon = 5, .f = null, .d = null, .flag = 1, .letter = 120, .numbers = [10,20,30,40], .same = [10,20,30,40], .call = 0x0, ' +
  '.tight = { .tag = 9, .value = 16909060 }, .count = 3, .tail = [] }';
const withoutAddresses = (text: string): string => text.replaceAll(/0x[1-9a-f][0-9a-f]*/g, 'PTR');

describe('records by C declarations', live, () => {
  test('T-44 T-45 T-49 T-53 G-04 a struct is printed whole, and kept whole in maps and variables', async () => {
    assert.equal(withoutAddresses(await printed('print(*$s);')), whole);
    const kept = await visit('@ = *$s; @n["a"] = $s->nested; @c = @n["a"]; $x = @c; print($x.y); print(@n["a"]);');
    assert.equal(withoutAddresses(kept.stdout), `2\n${inner}\n\n\n@: ${whole}\n@c: ${inner}\n@n[a]: ${inner}\n`);
  });

  test('T-44 members one by one: bit-fields with their sign, unions, anonymous and nested members', async () => {
    assert.equal(
      await printed(
        'print(($s->negative, $s->positive, $s->wide, $s->longer, $s->negative < 0, $s->longer + 1));' +
          'print(($s->u1, $s->u2, $s->in1, $s->in2, $s->nested.y, $s->tight.value, $s->tint, $s->anon, $s->letter));',
      ),
      '(-2, 17, -1000, -123456789012, true, -123456789011)\n(65, 65, 1000, -5, 2, 16909060, GREEN, 5, 120)',
    );
  });

  test('T-45 char arrays are texts, of signed and unsigned char arrays of numbers; T-53 a full one has no trailer', async () => {
    assert.equal(
      await printed(
        'print(($s->name, $s->full, $s->small, $s->bytes)); printf("%s|%s|%d\\n", $s->name, $s->full, $s->bytes[2]);' +
          'print(($s->name == "short", $s->full == "full", sizeof($s->name), sizeof($s->bytes)));',
      ),
      '(short, full, [-1,2,3], [1,2,255])\nshort|full|255\n(true, true, 8, 3)',
    );
  });

  test('T-41 T-42 chains of . and -> through pointers of any depth, read from the program', async () => {
    assert.equal(
      await printed(
        'print(($s->ptr->y, $s.ptr.y, $s->pptr->x, (*$s->pptr)->y, (**$s->pptr).x, ((struct inner *)arg1)->x));' +
          'print(((struct shapes *)arg0)->ptr->x); $z = (struct inner *)0; print($z->x); print(((struct inner **)0)->y);',
      ),
      '(-8, -8, 7, -8, 7, 7)\n7\n0\n0',
    );
  });

  test('T-42 kptr() and uptr() choose the memory that is read', async () => {
    assert.equal(
      await printed(
        '$k = (struct inner *)kptr(arg1); $u = (struct inner *)uptr(arg1); print(($i->x, $u->x, $k->x));' +
          'print((((struct task_struct *)kptr((uint64)curtask))->pid == (int32)tid, ((struct task_struct *)uptr((uint64)curtask))->pid));',
      ),
      '(7, 7, 0)\n(true, 0)',
    );
  });

  test('T-40 pointers move by their elements and compare with pointers and numbers', async () => {
    assert.equal(
      await printed(
        'print((($i + 1) == arg1 + 8, 1 + $i == $i + 1, $i - 1 < $i, $i == arg1, $i != $s->ptr, $s->ptr == *$s->pptr));' +
          'print(($i + 1 - 1)->y);',
      ),
      '(true, true, true, true, false, true)\n-8',
    );
    assert.deepEqual(await refused('print($i - $i); print(2 - $i); print($i * 2);'), [
      'ERROR: The - operator can not be used on expressions of types struct inner *, struct inner *',
      'ERROR: The - operator can not be used on expressions of types int8, struct inner *',
      'ERROR: The * operator can not be used on expressions of types struct inner *, int8',
    ]);
    const { stdout, stderr } = await visit('print($i == $s);');
    assert.equal(stdout, 'false\n\n\n');
    assert.match(stderr, /WARNING: Comparison of different pointer types: struct inner \* with struct shapes \*\n/);
  });

  test('T-46 T-47 T-48 elements of arrays: constant and computed indices, whole arrays, arrays without a length', async () => {
    assert.equal(
      await printed(
        '$j = 2; print(($s->numbers[0], $s->numbers[$j], $s->numbers[$j + 1], $s->ptr[0].y, $s->tail[0], $s->tail[$j]));' +
          'print(($s->numbers == $s->same, $s->numbers != $s->same, $s->bytes == $s->bytes, $s->tail));',
      ),
      '(10, 30, 40, -8, 100, 300)\n(true, false, true, [])',
    );
    const far = await visit('$j = 4; print($s->numbers[$j]); print($s->same[$j - 5]);');
    assert.equal(far.stdout, '0\n0\n\n\n');
    assert.equal(
      [...far.stderr.matchAll(/WARNING: Array access out of bounds\. This can lead to unexpected results\./g)].length,
      2,
    );
    assert.deepEqual(
      await refused('print($s->numbers[4]); print($s->numbers[-1]); print($s->numbers["a"]); print($s->count[0]);'),
      [
        'ERROR: the index 4 is out of bounds for array of size 4',
        'ERROR: the index -1 is out of bounds for array of size 4',
        "ERROR: The array index operator [] accepts only integer indices, not 'string[2]'",
        'ERROR: The array index operator [] can not be used on expressions of type int32',
      ],
    );
    assert.deepEqual(await refused('print($s->numbers == $s->small); print($s->bytes == $s->same)'), [
      "ERROR: Type mismatch for '==': comparing int32[4] with int8[3]",
      "ERROR: Type mismatch for '==': comparing uint8[3] with int32[4]",
    ]);
  });

  test('T-49 E-06 E-07 members that are no numbers, or are not there', async () => {
    assert.deepEqual(await refused('print($s->d); $x = $s->f; print($s->nested.z); print($s->count.x);'), [
      'ERROR: d has unsupported type',
      'ERROR: f has unsupported type',
      "ERROR: Struct/union of type 'struct inner' does not contain a field named 'z'",
      "ERROR: Can not access field 'x' on expression of type 'int32'",
    ]);
  });

  test('S-26 a cast to a struct is read as one to a pointer, with a warning', async () => {
    const { stdout, stderr } = await visit('print(((struct inner)arg1)->y); print(((struct shapes)arg0).count);');
    assert.equal(stdout, '-8\n3\n\n\n');
    assert.deepEqual(
      [...stderr.matchAll(/WARNING: .*/g)].map(([line]) => line),
      [
        "WARNING: Cast of 'uint64' to 'struct inner' is read as a cast to 'struct inner *'",
        "WARNING: Cast of 'uint64' to 'struct shapes' is read as a cast to 'struct shapes *'",
      ],
    );
  });

  test("T-43 a member marked __user is read from the program also where its struct is the kernel's", async () => {
    const script = (mark: string): string =>
      `struct start { char ${mark}*arguments; };
       rawtracepoint:sys_exit /pid == cpid && comm == "records"/ {
         $s = (struct start *)kptr((uint64)curtask->mm + offsetof(struct mm_struct, arg_start)); print(str($s->arguments)); exit(); }`;
    const { stdout } = await trace(script('__user '), ['-q', '-c', program]);
    assert.equal(stdout, `${program}\n\n\n`);
    assert.equal((await trace(script(''), ['-q', '-c', program])).stdout, '\n\n\n');
  });
});
