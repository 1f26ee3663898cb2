import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../base/index.ts';
import {
  alignOf,
  Btf,
  BtfBuilder,
  encodeSubset,
  findMember,
  memberByPath,
  pointerTarget,
  sizeOf,
  skipModifiers,
} from './index.ts';
import { sampleBtf } from './testdata.ts';

const { bytes, ids } = sampleBtf();
const btf = Btf.decode(bytes);
const id = (name: string): number => ids[name]!;

test('sizes', () => {
  assert.equal(sizeOf(btf, id('int')), 4);
  assert.equal(sizeOf(btf, id('comm')), 16);
  assert.equal(sizeOf(btf, id('grid')), 24);
  assert.equal(sizeOf(btf, id('text')), 8);
  assert.equal(sizeOf(btf, id('u32')), 4);
  assert.equal(sizeOf(btf, id('node')), 120);
  assert.equal(sizeOf(btf, id('counter')), 4);
  assert.equal(sizeOf(btf, 0), 0);
});

test('alignment', () => {
  assert.equal(alignOf(btf, id('comm')), 1);
  assert.equal(alignOf(btf, id('u32')), 4);
  assert.equal(alignOf(btf, id('node')), 8);
});

test('modifiers and pointer tags', () => {
  assert.equal(skipModifiers(btf, id('u32')).id, id('uint'));
  assert.equal(skipModifiers(btf, id('restrictText')).id, id('text'));
  assert.deepEqual(pointerTarget(btf, id('userText'))?.tags, ['user']);
  assert.equal(pointerTarget(btf, id('text'))?.typeId, id('constChar'));
  assert.deepEqual(pointerTarget(btf, id('text'))?.tags, []);
  assert.equal(pointerTarget(btf, id('int')), undefined);
});

test('members, also through anonymous ones', () => {
  assert.deepEqual(findMember(btf, id('point'), 'part'), {
    name: 'part',
    typeId: id('u32'),
    bitOffset: 64,
    bitSize: 0,
  });
  assert.deepEqual(findMember(btf, id('node'), 'high'), {
    name: 'high',
    typeId: id('int'),
    bitOffset: 387,
    bitSize: 5,
  });
  assert.equal(findMember(btf, id('node'), 'part'), undefined, 'a named member is not looked into');
  assert.equal(findMember(btf, id('int'), 'x'), undefined);
});

test('paths through members and arrays', () => {
  assert.equal(memberByPath(btf, id('node'), 'at.part')?.bitOffset, 192 + 64);
  assert.equal(memberByPath(btf, id('node'), 'at.y')?.bitOffset, 192 + 32);
  assert.equal(memberByPath(btf, id('node'), 'grid[2][1]')?.bitOffset, 576 + (2 * 2 + 1) * 32);
  assert.equal(memberByPath(btf, id('node'), 'grid[3]'), undefined);
  assert.equal(memberByPath(btf, id('node'), 'at.nope'), undefined);
  assert.equal(memberByPath(btf, id('node'), 'next.comm'), undefined, 'pointers are not followed');
});

test('bit-fields of old encoders are told by their integer type', () => {
  const b = new BtfBuilder();
  const narrow = b.int('unsigned int', 4, { bits: 3 });
  const s = b.struct('s', 4, [['f', narrow, 0]]);
  assert.equal(findMember(Btf.decode(b.encode()), s, 'f')?.bitSize, 3);
});

test('cycles end in a FormatError', () => {
  const b = new BtfBuilder();
  const loop = b.typedef('loop', 2);
  b.add({ kind: 'const', name: '', typeId: loop });
  const array = b.array(b.nextId, 2, loop);
  const inner = b.struct('', 8, [['', b.nextId + 1, 0]]);
  b.struct('', 8, [['', inner, 0]]);
  const huge = b.array(b.nextId + 1, 0xffff_ffff, loop);
  b.array(b.nextId + 1, 0xffff_ffff, loop);
  b.int('long', 8);
  const cyclic = Btf.decode(b.encode());
  for (const use of [skipModifiers, sizeOf, alignOf]) assert.throws(() => use(cyclic, loop), FormatError);
  assert.throws(() => sizeOf(cyclic, array), FormatError);
  assert.equal(findMember(cyclic, inner, 'x'), undefined);
  assert.throws(() => alignOf(cyclic, inner), FormatError);
  assert.throws(() => sizeOf(cyclic, huge), /too large/);
});

test('a subset holds its roots whole and what they point to as declarations', () => {
  const small = Btf.decode(encodeSubset(btf, [{ name: 'walk', kind: 'func' }]));
  assert.equal(small.find('node', 'struct'), undefined);
  assert.equal(small.find('node', 'fwd')?.union, false);
  assert.equal(small.find('walk', 'func')?.name, 'walk');

  const both = Btf.decode(encodeSubset(btf, [{ name: 'walk' }, { name: 'node' }, { name: 'no_such_type' }]));
  const node = both.find('node', 'struct')!;
  assert.equal(both.find('node', 'fwd'), undefined);
  assert.deepEqual(pointerTarget(both, findMember(both, node.id, 'next')!.typeId)?.typeId, node.id);
  assert.equal(memberByPath(both, node.id, 'at.part')?.bitOffset, 256);
  assert.equal(both.find('counter'), undefined);
  assert.deepEqual([...both.names('fwd')], ['opaque']);
});
