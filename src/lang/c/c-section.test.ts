import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { checkText, printedBy, statementsOf } from '../testing/check-script.ts';
import { sampleTarget } from '../testing/target.ts';

/** A machine whose disk has these headers. */
function machine(headers: Record<string, string> = {}, more: Parameters<typeof sampleTarget>[0] = {}) {
  const read: string[] = [];
  const target = sampleTarget({
    readHeader: (path) => {
      read.push(path);
      return headers[path];
    },
    headerFolders: () => ['/usr/lib/gcc/include', '/usr/include'],
    ...more,
  });
  return { target, read };
}

function values(c: string, expressions: string, options: Parameters<typeof checkText>[1] = {}): string[] {
  return statementsOf(
    `${c}\nbegin { ${expressions
      .split(/, (?![^(]*\))/)
      .map((each) => `print(${each});`)
      .join(' ')} }`,
    options,
  ).map((line) => line.replace(/^emit print\((.*)\)$/, '$1'));
}

/** Numbers without their types. */
function numbers(...given: Parameters<typeof values>): string[] {
  return values(...given).map((value) => value.replace(/:.*/, ''));
}

const rendered = (text: string, options: Parameters<typeof checkText>[1] = {}): string =>
  checkText(text, options).rendered;

describe('layout of C records', () => {
  // What gcc 12 says for x86_64.
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['struct s { int a; char b[4]; };', 'sizeof(struct s), offsetof(struct s, b)', ['8', '4']],
    ['struct s { char a; long b; short c; };', 'sizeof(struct s), offsetof(struct s, c)', ['24', '16']],
    ['struct s { char a; long b; } __attribute__((packed));', 'sizeof(struct s), offsetof(struct s, b)', ['9', '1']],
    ['struct s { char a; } __attribute__((aligned(16)));', 'sizeof(struct s), sizeof(struct s[3])', ['16', '48']],
    [
      'struct s { char a; int b __attribute__((packed)); char c; };',
      'sizeof(struct s), offsetof(struct s, c)',
      ['6', '5'],
    ],
    ['struct s { int a:3; int b:30; char c; };', 'sizeof(struct s), offsetof(struct s, c)', ['12', '8']],
    ['struct s { char a:3; int :0; char b; };', 'sizeof(struct s), offsetof(struct s, b)', ['5', '4']],
    ['union u { char a[5]; int b; long c:7; };', 'sizeof(union u)', ['8']],
    [
      'struct s { struct { char x; union { int y; long z; }; } n[2]; int w[]; };',
      'sizeof(struct s), offsetof(struct s, w)',
      ['32', '32'],
    ],
    [
      'struct s { int (*f)(int, char *); void (*g[2])(void); char *(*h)[4]; };',
      'sizeof(struct s), offsetof(struct s, h)',
      ['32', '24'],
    ],
    [
      'struct s { enum { A, B } a; enum big { C = 1ULL << 40 } b; };',
      'sizeof(struct s), sizeof(enum big), C',
      ['16', '8', '1099511627776'],
    ],
    [
      '#pragma pack(push, 2)\nstruct s { char a; long b; };\n#pragma pack(pop)\nstruct t { char a; long b; };',
      'sizeof(struct s), sizeof(struct t)',
      ['10', '16'],
    ],
    [
      'struct s { long double a; __int128 b; _Bool c; float d[3]; };',
      'sizeof(struct s), offsetof(struct s, d)',
      ['48', '36'],
    ],
    [
      'struct s { char a[sizeof(int) * 2 + (3 > 2 ? 1 : 0)]; char b[(char)257]; char c[1 << 3 | 1]; };',
      'sizeof(struct s), offsetof(struct s, c)',
      ['19', '10'],
    ],
    [
      'struct a { u32 x; size_t y; pid_t z; }; struct b { struct a a; struct sock_common c; struct task_struct *t; };',
      'sizeof(struct a), offsetof(struct b, t)',
      ['24', '40'],
    ],
    [
      'typedef struct { int x; short y; } pair_t; typedef pair_t pairs_t[3]; struct s { pairs_t p; pair_t *q; };',
      'sizeof(pair_t), sizeof(struct s), sizeof(pairs_t)',
      ['8', '32', '24'],
    ],
    [
      'typedef int wide_t __attribute__((mode(DI), aligned(16)));\nstruct s { char a; wide_t b; };',
      'sizeof(struct s), offsetof(struct s, b)',
      ['32', '16'],
    ],
  ];
  for (const [c, expressions, expected] of cases)
    it(`G-04 ${c.replaceAll('\n', ' ')}`, () => assert.deepEqual(numbers(c, expressions), expected));

  it('A-059 T-44 members lie inside anonymous ones as in their parent', () => {
    const c = 'struct s { int a; union { struct { short b, c; }; int d; }; struct { int e; } f; };';
    const paths = 'offsetof(struct s, c), offsetof(struct s, d), offsetof(struct s, f.e), sizeof(struct s)';
    assert.deepEqual(numbers(c, paths), ['6', '4', '8', '12']);
  });

  it('T-45 T-48 element types decide between texts and arrays', () => {
    const c =
      'struct s { char a[4]; signed char b[4]; unsigned char c[4]; int8_t d[4]; const char e[4]; int f[0]; char g[]; };';
    const types = ['a', 'b', 'c', 'd', 'e'].map((name) => `((struct s *)8)->${name}`).join(', ');
    const { target } = machine({ '/usr/include/stdint.h': 'typedef signed char int8_t;' });
    const shown = values(`#include <stdint.h>\n${c}`, types, { target }).map((value) =>
      value.slice(value.indexOf(']:') + 2),
    );
    assert.deepEqual(shown, ['string[4]', 'int8[4]', 'uint8[4]', 'int8[4]', 'string[4]']);
    assert.deepEqual(values(c.replace('int8_t d[4];', ''), '((struct s *)8)->g[3]'), [
      'kernel[((8:uint64 + 16:uint64) + 3:int64) + 0]:int8',
    ]);
  });
});

describe('constants of C', () => {
  it('A-209 G-05 definitions are expressions of the script, as if in parentheses', () => {
    const c = '#define FOO 5+2\n#define BAR FOO * 2\n#define NAME "x\\n"\n#define TASK curtask->pid // the thread';
    assert.deepEqual(values(c, 'FOO * 2, BAR, NAME, TASK'), [
      '14:int8',
      '14:int8',
      '"x\\n":string[3]',
      'kernel[curtask + 0]:int32',
    ]);
    assert.deepEqual(numbers('#define A 1\n#undef A\n#define A 2\n#define B (A)', 'A + B, sizeof(A)'), ['4', '1']);
  });

  it('G-05 what only C understands is a constant of C', () => {
    const c =
      "#define A 1UL << 33\n#define B 'a'\n#define BIT(n) (1U << (n))\n#define C BIT(4) | BIT(5)\n#define D sizeof(long) * 2\n#define E -0x10L\n#define F (A >> 32)";
    assert.deepEqual(numbers(c, 'A, B, C, D, E, F'), ['8589934592', '97', '48', '16', '-16', '2']);
  });

  it('G-05 E-70 what has no value is an error where it is used, and only there', () => {
    const c = '#define A B\n#define B A\n#define BAD 5 +\n#define NONE\n#define F(x) x\n';
    assert.equal(rendered(`${c}begin { print(1); }`), '');
    assert.deepEqual(
      rendered(`${c}begin { print(A); print(BAD); print(NONE); print(F(1)); }`).match(/\d+-\d+: ERROR: .*/g),
      [
        '15-16: ERROR: Macro A refers to itself: A > B > A',
        '25-28: ERROR: Macro BAD has no value here: "5 +" is no expression',
        '37-41: ERROR: Macro NONE has no value here: "" is no expression',
      ],
    );
    assert.match(rendered(`${c}begin { print(F(1)); }`), /^stdin:6:15-19: ERROR: .*F/);
  });

  it('G-05 definitions that double, or go on and on, end in an error', () => {
    const chain = (count: number, text: (index: number) => string): string =>
      `#define X0 1\n${Array.from({ length: count }, (_, index) => `#define X${index + 1} ${text(index)}\n`).join('')}`;
    const told = (count: number, text: (index: number) => string): string | undefined =>
      /ERROR: .*/.exec(rendered(`${chain(count, text)}begin { print(X${count}); }`))?.[0];
    assert.equal(
      told(60, (index) => `X${index} + X${index}`),
      'ERROR: C macros are expanded more than 20000 times',
    );
    assert.equal(
      told(300, (index) => `X${index}`),
      'ERROR: Macro X300 is nested too deeply',
    );
    assert.equal(
      told(8, (index) => `X${index} + X${index}`),
      undefined,
    );
    assert.match(
      rendered(`#define F(x) x\n#if ${'F('.repeat(5000)}1${')'.repeat(5000)}\n#endif\nbegin { }`),
      /^stdin:2:\d+-\d+: ERROR: macros are nested too deeply/,
    );
  });

  it('G-05 a name of the script is nearer than a macro of a header', () => {
    const { target } = machine({ '/usr/include/x.h': '#define pid 77\n#define x 5\n#define LIMIT 3' });
    assert.deepEqual(
      numbers('#include <x.h>\n#define tid 4\nmacro twice(x) { x * 2 }', 'twice(4), LIMIT, tid', { target }),
      ['8', '3', '4'],
    );
    assert.doesNotMatch(values('#include <x.h>', 'pid', { target })[0]!, /77/);
  });

  it('A-057 G-06 enum constants have the type of their enum', () => {
    const c = 'enum E { P = 3, Q, R = -1 }; enum { S = Q * 2 };';
    assert.deepEqual(values(c, 'Q, R, S, GREEN, (enum E)3'), [
      '4:enum E',
      '-1:enum E',
      '8:enum',
      '4:enum color',
      '3:enum E',
    ]);
  });

  it('A-058 E-20 a number that an enum has not is no value of it', () => {
    const message = (cast: string): string =>
      rendered(`enum E { P = 3, Q }; begin { print(${cast}); }`).split('\n')[0]!;
    assert.equal(message('(enum E)9'), "stdin:1:36-45: ERROR: Enum: E doesn't contain a variant with value 9");
    assert.equal(message('(enum E)(2 + 5)'), "stdin:1:36-51: ERROR: Enum: E doesn't contain a variant with value 7");
    assert.equal(message('(enum E)4'), '');
    assert.equal(message('(enum E)"a"'), 'stdin:1:36-47: ERROR: Cannot cast from "string[2]" to "enum E"');
  });

  it('G-07 constants of the kernel interface are known without any header', () => {
    assert.deepEqual(
      numbers('', 'AF_INET, O_CREAT, O_DIRECT, TASK_REPORT, NSEC_PER_SEC, MINORMASK, S_IFMT, EPERM, SIGKILL'),
      ['2', '64', '16384', '127', '1000000000', '1048575', '61440', '1', '9'],
    );
    assert.deepEqual(numbers('', 'O_DIRECT, PROT_BTI', { target: machine({}, { architecture: 'arm64' }).target }), [
      '65536',
      '16',
    ]);
    const { target } = machine({ '/usr/include/own.h': '#define AF_INET 99' });
    assert.deepEqual(numbers('#include <own.h>', 'AF_INET, AF_INET6', { target }), ['99', '10']);
    assert.match(rendered('begin { print(AF_NOSUCH); }'), /^stdin:1:15-24: ERROR: Unknown identifier: 'AF_NOSUCH'/);
    assert.match(rendered('#define LIMIT 5\nbegin { print(LIMTI); }'), /HINT: Did you mean LIMIT\?/);
  });
});

describe('the preprocessor', () => {
  it('G-02 conditions choose lines; a backslash does not join them', () => {
    const c = `
#define ONE 1
#if ONE + 1 == 2 && defined(ONE) && !defined NOSUCH
#define YES 1
#elif 1
#define YES 2
#else
#error not here
#endif
#ifndef ONE
struct s { broken; };
#else
struct s { char a[ONE ? 5 : 6]; }; /* a comment
 # over lines */
#endif
#if 0
struct s { don't read; /* #endif
#endif
*/ };
#if 1
#endif
#endif
# define SPACED 3
#define NOT_JOINED 4 \\
`;
    assert.deepEqual(numbers(c, 'YES, sizeof(struct s), SPACED'), ['1', '5', '3']);
    assert.match(
      rendered(`${c}begin { print(NOT_JOINED); }`),
      /ERROR: Macro NOT_JOINED has no value here: "4 \\" is no expression/,
    );
  });

  it('G-02 headers: guards, macros with parameters, joined lines, inline functions, what comes next on the way', () => {
    const { target, read } = machine({
      '/usr/include/a.h': `#ifndef A_H
#define A_H
#include "sub/b.h"
#define JOIN(a, b) a ## b
#define STR(x) #x
#define FIRST(x, ...) x
#define MEMBER(type, name, \\
               more...) type JOIN(name, _of); more
struct a { MEMBER(int, size, MEMBER(short, count)); char text[sizeof(STR(abc))]; FIRST(int x[2], int y); };
static inline __attribute__((always_inline)) int f(int a) { if (a) { return '}'; } return JOIN(; }
extern int table[] = { 1, 2, { 3 } }, (*handler)(void);
int old(a, b) int a; int b; { return a; }
_Static_assert(sizeof(int) == 4, "int");
__extension__ typedef unsigned long long u64_t;
struct later *pointer;
#endif
`,
      '/usr/include/sub/b.h':
        '#pragma once\n#include <a.h>\n#include_next <limits.h>\ntypedef struct b { long x; } b_t;',
      '/usr/include/limits.h': '#define LIMIT 7',
    });
    const c =
      '#include <a.h>\n#include <sub/b.h>\n#include "/usr/include/a.h"\nstruct c { struct a a; b_t b; u64_t c[LIMIT]; };';
    assert.deepEqual(
      numbers(c, 'sizeof(struct a), offsetof(struct a, count_of), sizeof(b_t), sizeof(struct c)', { target }),
      ['20', '4', '8', '88'],
    );
    assert.equal(read.filter((path) => path === '/usr/include/a.h').length, 1);
  });

  it('C-25 G-07 headers are looked for in -I first, then CPATH, then the kernel, then the system; none without an #include', () => {
    const headers = Object.fromEntries(
      ['/one', '/two', '/kernel/include', '/usr/include'].map((folder, index) => [
        `${folder}/x.h`,
        `#define X ${index}`,
      ]),
    );
    headers['/kernel/include/linux/kconfig.h'] = '#define KCONFIG __KERNEL__';
    headers['first.h'] = '#define X 9\nstruct first { int a; };';
    const x = (options: Parameters<typeof checkText>[1], without: readonly string[] = []): string =>
      numbers('#include <x.h>', 'X', {
        target: machine(Object.fromEntries(Object.entries(headers).filter(([path]) => !without.includes(path)))).target,
        ...options,
      })[0]!;
    const environment = { CPATH: '/two', BPFTRACE_KERNEL_SOURCE: '/kernel' };
    assert.equal(x({ includeFolders: ['/none', '/one'], environment }), '0');
    assert.equal(x({ environment }), '1');
    assert.equal(x({ environment: { ...environment, CPATH: '' } }), '2');
    assert.equal(x({ environment: {} }), '3');
    assert.equal(x({ environment: { C_INCLUDE_PATH: '/none:/two' } }), '1');
    const { target, read } = machine(headers);
    assert.deepEqual(numbers('', 'X, sizeof(struct first)', { target, includes: ['first.h'] }), ['9', '4']);
    assert.deepEqual(numbers('struct s { size_t a; };', 'sizeof(struct s)', machine(headers)), ['8']);
    assert.ok(read.includes('first.h'));
    const unread = machine(headers);
    assert.deepEqual(
      numbers('struct s { size_t a; };\n#define A 5', 'sizeof(struct s), A', { target: unread.target }),
      ['8', '5'],
    );
    assert.deepEqual(unread.read, []);
  });

  it('S-27 G-04 BPFTRACE_HAVE_BTF is defined where types come from BTF', () => {
    const c = '#ifdef BPFTRACE_HAVE_BTF\n#define HAVE 1\n#else\n#include <linux/sched.h>\n#define HAVE 0\n#endif';
    assert.deepEqual(numbers(c, 'HAVE'), ['1']);
    const { target } = machine(
      { '/usr/include/linux/sched.h': 'struct task_struct { int pid; };' },
      { btf: undefined },
    );
    assert.deepEqual(numbers(c, 'HAVE, sizeof(struct task_struct)', { target }), ['0', '4']);
  });
});

describe('types of C beside those of the kernel', () => {
  it('G-04 G-07 the script comes first, then BTF, silently', () => {
    const own = 'struct task_struct { short a; }; struct mine { struct task_struct t; struct sock_common c; u32 d; };';
    assert.deepEqual(numbers(own, 'sizeof(struct task_struct), sizeof(struct mine), sizeof(struct sock_common)'), [
      '2',
      '24',
      '16',
    ]);
    assert.deepEqual(
      printedBy('print(((struct task_struct *)8)->tgid); print((enum color)3); print((size_t)1)').length,
      3,
    );
    assert.deepEqual(values('enum color { RED = 7 };', 'RED, (enum color)7'), ['7:enum color', '7:enum color']);
  });

  it('T-41 T-42 T-43 chains of pointers stay in their memory, but for what is marked __user', () => {
    const c =
      'struct s { int __user *u; int *k; struct task_struct *t; struct s **next; char __user *const texts[2]; };';
    assert.deepEqual(
      values(
        c,
        '*((struct s *)8)->u, *((struct s *)8)->k, ((struct s *)8)->t->pid, ((struct s *)8)->next->u, *((struct s *)8)->texts[1]',
      ),
      [
        'user[kernel[8:struct s * + 0]:int32 * + 0]:int32',
        'kernel[kernel[8:struct s * + 8]:int32 * + 0]:int32',
        'kernel[kernel[8:struct s * + 16]:struct task_struct * + 0]:int32',
        'kernel[kernel[kernel[8:struct s * + 24]:struct s ** + 0]:struct s * + 0]:int32 *',
        'user[kernel[8:struct s * + 40]:int8 * + 0]:int8',
      ],
    );
    assert.deepEqual(printedBy('print(*curtask->arg)'), ['user[kernel[curtask + 32]:int8 * + 0]:int8']);
  });

  it('T-42 S-26 a legacy cast to a struct is a pointer of the space of the probe', () => {
    const text = 'struct s { int a; }; tracepoint:syscalls:sys_enter_openat { print(((struct s)args.filename)->a); }';
    assert.deepEqual(statementsOf(text), ['emit print(user[struct s *(ctx[24, u64]:int8 *) + 0]:int32)']);
    assert.equal(
      rendered(text),
      `stdin:1:68-91: WARNING: Cast of 'int8 *' to 'struct s' is read as a cast to 'struct s *'\n${text}\n${' '.repeat(67)}${'~'.repeat(23)}\n`,
    );
  });
});

describe('types of modules', () => {
  it('G-07 are known where neither the script nor the kernel itself has them', () => {
    const builder = new BtfBuilder();
    const int = builder.int('int', 4, { signed: true });
    builder.struct('of_module', 12, [['pid', int, 64]]);
    builder.struct('task_struct', 4, []);
    builder.typedef('module_t', int);
    const values = [{ name: 'OF_MODULE', value: 6n }];
    builder.add({ kind: 'enum', name: 'kinds', size: 4, signed: false, values });
    const module = Btf.decode(builder.encode());
    const target = sampleTarget({ moduleBtfs: () => [module] });
    const script =
      'sizeof(struct of_module), offsetof(struct of_module, pid), sizeof(struct task_struct), sizeof(module_t)';
    assert.deepEqual(numbers('', script, { target }), ['12', '8', '64', '4']);
    assert.deepEqual(numbers('struct of_module { char a; };', 'sizeof(struct of_module), OF_MODULE', { target }), [
      '1',
      '6',
    ]);
    assert.match(rendered('begin { print(OF_MODULE2); }', { target }), /ERROR: Unknown identifier: 'OF_MODULE2'/);
  });
});

describe('what is wrong in C', () => {
  it('E-72 is told once, at its place in the script', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['struct s { nosuch_t a; };', "stdin:1:12-20: ERROR: unknown type name 'nosuch_t'"],
      ['struct s { int a b; };', "stdin:1:18-19: ERROR: expected ';' before 'b'"],
      ['struct s { int a[]; struct t b; };', "stdin:1:8-9: ERROR: 'struct s' has a member of unknown type 'struct t'"],
      ['struct s { struct s a; };', "stdin:1:8-9: ERROR: 'struct s' contains itself"],
      ['struct s { int a : 40; };', "stdin:1:20-22: ERROR: bit-field 'a' has 40 bits, its type 32"],
      ['struct s { int a[-1]; };', "stdin:1:18-19: ERROR: an array can't have -1 elements"],
      ['struct s { int a[n]; };', "stdin:1:18-19: ERROR: 'n' is no constant"],
      ['struct s { int a; };\nstruct s { int b; };', "stdin:2:8-9: ERROR: redefinition of 'struct s'"],
      ['enum e { A, B, A };', "stdin:1:16-17: ERROR: redefinition of 'A'"],
      ['#if 1\nstruct s { int a; };', 'stdin:1:1-4: ERROR: unterminated conditional directive'],
      ['#endif', 'stdin:1:1-7: ERROR: #endif without #if'],
      ['#error stop here', 'stdin:1:1-7: ERROR: #error stop here'],
      ['#if 1 +\n#endif', 'stdin:1:1-4: ERROR: expected expression'],
      ['#include <nosuch.h>', 'stdin:1:1-20: ERROR: file not found: <nosuch.h>'],
      ['#define F(x) x\n#if F(1\n#endif', "stdin:2:5-6: ERROR: unterminated argument list of macro 'F'"],
    ];
    for (const [c, first] of cases) {
      const lines = rendered(`${c}\nbegin { print(1); }`).split('\n');
      assert.equal(lines[0], first, c);
      assert.equal(lines.filter((line) => line.includes('ERROR')).length, 1, c);
    }
  });

  it('E-72 in a header it is told at the include, with the place in the header', () => {
    const { target } = machine({ 'mine.h': 'struct a { int x; };\nstruct b {\n  nosuch_t y;\n};' });
    assert.equal(
      rendered('// C\n#include "mine.h"\nbegin { print(1); }', { target }),
      `stdin:2:1-18: ERROR: mine.h:3: unknown type name 'nosuch_t'\n#include "mine.h"\n~~~~~~~~~~~~~~~~~\nHINT: Include the header that defines it.\n`,
    );
    const system = machine({ '/usr/include/sys.h': 'struct a { nosuch_t y; };\nstruct b { int x; };' });
    assert.deepEqual(numbers('#include <sys.h>', 'sizeof(struct b)', { target: system.target }), ['4']);
  });

  it('G-04 S-27 a header of the kernel that is not there is a warning with BTF, an error without', () => {
    const text = '#include <net/sock.h>\nbegin { print(sizeof(struct sock)); }';
    assert.equal(
      rendered(text, machine()),
      'stdin:1:1-22: WARNING: <net/sock.h> was not found: kernel types come from BTF\n#include <net/sock.h>\n~~~~~~~~~~~~~~~~~~~~~\n',
    );
    assert.match(
      rendered(text, machine({}, { btf: undefined })),
      /^stdin:1:1-22: ERROR: file not found: <net\/sock.h>\n.*\n.*\nHINT: Install the headers/,
    );
  });

  it('E-05 E-06 E-07 E-117 E-118 names that no one defines, and members that are not there', () => {
    const c = 'struct s { int a; union { int b; }; };';
    const first = (expression: string): string =>
      rendered(`${c}\nbegin { $s = (struct s *)0; $i = (int8)1; print(${expression}); }`).split('\n')[0]!;
    assert.equal(
      first('$s->c'),
      "stdin:2:49-54: ERROR: Struct/union of type 'struct s' does not contain a field named 'c'",
    );
    assert.equal(first('$s->b.x'), "stdin:2:49-56: ERROR: Can not access field 'x' on expression of type 'int32'");
    assert.equal(first('$i.a'), "stdin:2:49-53: ERROR: Can not access field 'a' on expression of type 'int8'");
    assert.match(
      rendered('begin { print(sizeof(struct nosuch)); }'),
      /\nHINT: Neither the script nor the kernel's BTF defines it: include its header, or define it\.\n$/,
    );
    assert.equal(first('(struct nosuch *)0'), 'stdin:2:50-63: ERROR: Cannot resolve unknown type "struct nosuch"');
    assert.equal(first('sizeof(union nosuch)'), 'stdin:2:56-68: ERROR: Cannot resolve unknown type "union nosuch"');
    assert.equal(first('(uint8)"a"'), 'stdin:2:49-59: ERROR: Cannot cast from "string[2]" to "uint8"');
    assert.equal(
      first('offsetof(struct s, z)'),
      "stdin:2:49-70: ERROR: Struct/union of type 'struct s' does not contain a field named 'z'",
    );
  });

  it('G-01 E-70 C comes first, then config and imports', () => {
    const cases: readonly (readonly [string, string])[] = [
      [
        'config = { max_strlen = 9 } struct s { int a; }; begin { }',
        'syntax: C definitions must appear before config and imports',
      ],
      ['begin { } #define A 5', 'syntax: C definitions must appear before probes and functions'],
      ['begin { } enum E { P };', 'syntax: C definitions must appear before probes and functions'],
      ['begin { } config = { max_strlen = 9 }', 'syntax: config must appear before probes and functions'],
      ['macro f() { 1 } import "x.bt"; begin { }', 'syntax: import must appear before probes and functions'],
      [
        'config = { max_strlen = 9 } config = { max_strlen = 8 } begin { }',
        'syntax: a script can have only one config block',
      ],
    ];
    for (const [text, message] of cases)
      assert.equal(
        rendered(text)
          .split('\n')[0]!
          .replace(/^stdin:\S+ ERROR: /, ''),
        message,
        text,
      );
  });
});
