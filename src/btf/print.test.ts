import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../base/index.ts';
import { Btf, BtfBuilder, printC, printDeclaration, printTypeName } from './index.ts';
import { sampleBtf } from './testdata.ts';

const { bytes, ids } = sampleBtf();
const btf = Btf.decode(bytes);
const id = (name: string): number => ids[name]!;

test('a struct prints as its C definition', () => {
  assert.equal(
    printC(btf, id('node')),
    `struct node {
	struct node *next;
	char comm[16];
	struct point at;
	int (*call)(struct opaque *, const char *, ...);
	unsigned int low: 3;
	int high: 5;
	char *user;
	enum color color;
	_Bool flag;
	int grid[3][2];
	double rate;
	enum big limit;
	struct opaque *tail;
};`,
  );
});

test('anonymous members print in place', () => {
  assert.equal(
    printC(btf, id('point')),
    `struct point {
	int x;
	int y;
	union {
		long whole;
		u32 part;
	};
};`,
  );
});

test('enums, typedefs, functions and variables print as declared', () => {
  assert.equal(printC(btf, id('color')), 'enum color {\n\tRED = 0,\n\tGREEN = 1,\n\tNONE = -1,\n};');
  assert.equal(printC(btf, id('big')), 'enum big {\n\tTOP = 18446744073709551600ULL,\n};');
  assert.equal(printC(btf, id('u32')), 'typedef unsigned int u32;');
  assert.equal(printC(btf, id('walk')), 'struct node *walk(struct node *start, const char * restrict name);');
  assert.equal(printC(btf, id('counter')), 'volatile int counter;');
  assert.equal(printC(btf, id('opaque')), 'struct opaque;');
  assert.equal(
    printC(btf, id('callbackPointer'), { name: 'handler' }),
    'int (*handler)(struct opaque *, const char *, ...);',
  );
});

test('type names print as in a cast', () => {
  const names: [string, string][] = [
    ['nodeRef', 'struct node *'],
    ['text', 'const char *'],
    ['comm', 'char[16]'],
    ['grid', 'int[3][2]'],
    ['callbackPointer', 'int (*)(struct opaque *, const char *, ...)'],
    ['restrictText', 'const char * restrict'],
    ['volatileInt', 'volatile int'],
    ['double', 'double'],
  ];
  for (const [name, text] of names) assert.equal(printTypeName(btf, id(name)), text);
  assert.equal(printTypeName(btf, 0), 'void');
  assert.equal(printDeclaration(btf, id('comm'), 'comm'), 'char comm[16]');
});

test('tags print on request', () => {
  assert.equal(printDeclaration(btf, id('userText'), 'buf', { tags: true }), 'char __user *buf');
  assert.equal(printTypeName(btf, id('userText'), { tags: true }), 'char __user *');
  assert.equal(printTypeName(btf, id('userText')), 'char *');
});

test('declarators nest as in C', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const array = b.array(int, 4, int);
  const pointerToArray = b.pointer(array);
  const pointer = b.pointer(int);
  const arrayOfPointers = b.array(pointer, 4, int);
  const constPointer = b.add({ kind: 'const', name: '', typeId: pointer });
  const pointerToConstPointer = b.pointer(constPointer);
  const proto = b.add({ kind: 'funcProto', name: '', typeId: int, parameters: [], variadic: false });
  const table = b.array(b.nextId + 1, 2, int);
  b.pointer(proto);
  const returnsFunction = b.add({
    kind: 'funcProto',
    name: '',
    typeId: table + 1,
    parameters: [{ name: 'n', typeId: int }],
    variadic: false,
  });
  const constFunctionPointer = b.add({ kind: 'const', name: '', typeId: table + 1 });
  const returnsPointer = b.add({ kind: 'funcProto', name: '', typeId: pointer, parameters: [], variadic: false });
  const returnsPointerPointer = b.pointer(returnsPointer);
  const constInt = b.add({ kind: 'const', name: '', typeId: int });
  const constArray = b.add({ kind: 'const', name: '', typeId: b.nextId + 1 });
  b.array(constInt, 2, int);
  const empty = b.struct('', 0, []);
  const flexible = b.array(int, 0, int);
  const d = Btf.decode(b.encode());
  const as = (type: number) => printDeclaration(d, type, 'x');
  assert.equal(as(pointerToArray), 'int (*x)[4]');
  assert.equal(as(arrayOfPointers), 'int *x[4]');
  assert.equal(as(constPointer), 'int * const x');
  assert.equal(as(pointerToConstPointer), 'int * const *x');
  assert.equal(as(table), 'int (*x[2])(void)');
  assert.equal(as(returnsFunction), 'int (*x(int n))(void)');
  assert.equal(as(constFunctionPointer), 'int (* const x)(void)');
  assert.equal(as(returnsPointerPointer), 'int * (*x)(void)');
  assert.equal(as(constArray), 'const int x[2]');
  assert.equal(printC(d, empty, { name: 'x' }), 'struct {} x;');
  assert.equal(as(flexible), 'int x[0]');
  assert.equal(printTypeName(d, pointerToConstPointer), 'int * const *');
});

test('a packed struct says so', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const char = b.int('char', 1);
  const packed = b.struct('p', 5, [
    ['c', char, 0],
    ['i', int, 8],
  ]);
  assert.match(printC(Btf.decode(b.encode()), packed), /\} __attribute__\(\(packed\)\);$/);
});

test('endless types are refused, not printed for ever', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4);
  const self = b.pointer(b.nextId);
  const inside = b.struct('', 4, [['a', b.nextId, 0]]);
  // Each level names the next one four times: 4^30 members.
  const bomb = b.nextId;
  for (let i = 0; i < 30; i++) {
    const next = b.nextId + 1;
    b.struct('', 4, [
      ['a', next, 0],
      ['b', next, 0],
      ['c', next, 0],
      ['d', next, 0],
    ]);
  }
  b.struct('', 4, [['x', int, 0]]);
  const d = Btf.decode(b.encode());
  assert.throws(() => printTypeName(d, self), FormatError);
  assert.throws(() => printC(d, inside), FormatError);
  assert.throws(() => printC(d, bomb), FormatError);
});
