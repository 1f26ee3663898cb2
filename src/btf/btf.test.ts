import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../base/index.ts';
import { Btf, BtfBuilder } from './index.ts';
import { horspool } from './strings.ts';
import { sampleBtf } from './testdata.ts';

const sample = sampleBtf();
const btf = Btf.decode(sample.bytes);

test('types come back as they were put in, in both byte orders and at odd addresses', () => {
  const big = Btf.decode(sampleBtf({ littleEndian: false }).bytes);
  assert.equal(big.littleEndian, false);
  const shifted = new Uint8Array(sample.bytes.length + 1);
  shifted.set(sample.bytes, 1);
  const odd = Btf.decode(shifted.subarray(1));
  for (let id = 0; id < btf.typeCount; id++) {
    assert.deepEqual(big.type(id), btf.type(id));
    assert.deepEqual(odd.type(id), btf.type(id));
  }
});

test('every kind is decoded', () => {
  const { ids } = sample;
  assert.deepEqual(btf.type(0), { kind: 'void', id: 0, name: '' });
  assert.deepEqual(btf.type(ids['int']!), {
    kind: 'int',
    id: ids['int'],
    name: 'int',
    size: 4,
    bits: 32,
    bitOffset: 0,
    signed: true,
    char: false,
    bool: false,
  });
  assert.deepEqual(btf.type(ids['comm']!), {
    kind: 'array',
    id: ids['comm'],
    name: '',
    typeId: ids['char'],
    indexTypeId: ids['uint'],
    count: 16,
  });
  assert.deepEqual(btf.type(ids['opaque']!), { kind: 'fwd', id: ids['opaque'], name: 'opaque', union: false });
  assert.deepEqual(btf.type(ids['callback']!), {
    kind: 'funcProto',
    id: ids['callback'],
    name: '',
    typeId: ids['int'],
    parameters: [
      { name: '', typeId: ids['opaquePointer'] },
      { name: '', typeId: ids['text'] },
    ],
    variadic: true,
  });
  assert.deepEqual(btf.find('color', 'enum')?.values, [
    { name: 'RED', value: 0n },
    { name: 'GREEN', value: 1n },
    { name: 'NONE', value: -1n },
  ]);
  assert.deepEqual(btf.find('big', 'enum')?.values, [{ name: 'TOP', value: 0xffff_ffff_ffff_fff0n }]);
  assert.deepEqual(btf.find('node', 'struct')?.members.slice(4, 6), [
    { name: 'low', typeId: ids['uint'], bitOffset: 384, bitSize: 3 },
    { name: 'high', typeId: ids['int'], bitOffset: 387, bitSize: 5 },
  ]);
  assert.deepEqual(btf.type(ids['section']!), {
    kind: 'datasec',
    id: ids['section'],
    name: '.data',
    size: 4,
    variables: [{ typeId: ids['counter'], offset: 0, size: 4 }],
  });
  assert.deepEqual(btf.type(ids['tag']!), {
    kind: 'declTag',
    id: ids['tag'],
    name: 'marked',
    typeId: ids['node'],
    componentIndex: 3,
    attribute: false,
  });
  assert.equal(btf.type(ids['double']!).kind, 'float');
  const kinds = new Set([...btf.types()].map((type) => type.kind));
  assert.equal(kinds.size, 18);
});

test('find goes by name and kind', () => {
  assert.equal(btf.find('node')?.id, sample.ids['node']);
  assert.equal(btf.find('node', 'union'), undefined);
  assert.equal(btf.find('walk', 'func')?.name, 'walk');
  assert.equal(btf.find('od'), undefined);
  assert.equal(btf.find(''), undefined);
  assert.equal(btf.find('opaque'), undefined, 'a declaration is found only when asked for');
  assert.equal(btf.find('opaque', 'fwd')?.kind, 'fwd');
  // `low` is a member's name and no type's.
  assert.equal(btf.find('low'), undefined);
});

test('the same name can belong to types of several kinds', () => {
  const b = new BtfBuilder();
  const struct = b.struct('thing', 0, []);
  const typedef = b.typedef('thing', struct);
  const two = Btf.decode(b.encode());
  assert.equal(two.find('thing')?.id, struct);
  assert.equal(two.find('thing', 'typedef')?.id, typedef);
});

test('types are listed by kind, name and pattern', () => {
  assert.deepEqual([...btf.names('struct')], ['point', 'node']);
  assert.deepEqual(
    [...btf.findAll(/^.o/, 'struct')].map((t) => t.name),
    ['point', 'node'],
  );
  assert.deepEqual(
    [...btf.findAll((name) => name === 'big', 'enum')].map((t) => t.size),
    [8],
  );
  assert.deepEqual([...btf.ids('func')], [sample.ids['walk']]);
});

test('names that are not ASCII are read as UTF-8', () => {
  const b = new BtfBuilder();
  b.struct('größe', 0, []);
  b.struct('plain', 0, []);
  const unicode = Btf.decode(b.encode());
  assert.deepEqual([...unicode.names('struct')], ['größe', 'plain']);
  assert.equal(unicode.find('größe')?.name, 'größe');
});

test('enum constants are found by name', () => {
  assert.deepEqual(btf.findEnumerator('NONE'), { type: btf.find('color', 'enum'), value: -1n });
  assert.equal(btf.findEnumerator('TOP')?.value, 0xffff_ffff_ffff_fff0n);
  assert.equal(btf.findEnumerator('color'), undefined);
});

test('a type far into a large section is found', () => {
  const b = new BtfBuilder();
  for (let i = 0; i < 20_000; i++) b.typedef(`t${i}`, 0);
  const large = Btf.decode(b.encode());
  assert.equal(large.find('t19999')?.id, 20_000);
  assert.equal(large.find('t5')?.id, 6);
  assert.equal(large.type(12_345).name, 't12344');
  assert.equal(large.typeCount, 20_001);
});

test('split BTF continues the ids and strings of its base', () => {
  const { bytes, baseCount } = splitSample();
  const split = Btf.decode(bytes, btf);
  assert.equal(split.firstId, baseCount);
  assert.equal(split.typeCount, baseCount + 2);
  assert.equal(split.find('node')?.id, sample.ids['node']);
  const own = split.find('module_thing', 'struct');
  assert.equal(own?.id, baseCount);
  assert.deepEqual(own?.members, [{ name: 'x', typeId: sample.ids['int'], bitOffset: 0, bitSize: 0 }]);
  // A name of the base, used by a type of the module.
  assert.equal(split.type(baseCount + 1).name, 'point');
  assert.equal(split.find('point', 'typedef')?.id, baseCount + 1);
  assert.deepEqual([...split.names('struct')], ['point', 'node', 'module_thing']);
});

/** By hand: a struct named in the module's own strings whose member's name stands in the base's, and a typedef `point`. */
function splitSample(): { bytes: Uint8Array; baseCount: number } {
  const view = new DataView(sample.bytes.buffer);
  const baseStringsAt = 24 + view.getUint32(16, true);
  const baseStringsLength = view.getUint32(20, true);
  const text = new TextDecoder('latin1').decode(sample.bytes.subarray(baseStringsAt));
  const offsetOf = (name: string) => text.indexOf(`\0${name}\0`) + 1;
  const baseCount = btf.typeCount;
  const words = [
    baseStringsLength + 1,
    (4 << 24) | 1,
    4,
    offsetOf('x'),
    sample.ids['int']!,
    0,
    offsetOf('point'),
    8 << 24,
    baseCount,
  ];
  const strings = new TextEncoder().encode('\0module_thing\0');
  const bytes = new Uint8Array(24 + words.length * 4 + strings.length);
  const out = new DataView(bytes.buffer);
  out.setUint16(0, 0xeb9f, true);
  out.setUint8(2, 1);
  [24, 0, words.length * 4, words.length * 4, strings.length].forEach((word, i) =>
    out.setUint32(4 + i * 4, word, true),
  );
  words.forEach((word, i) => out.setUint32(24 + i * 4, word, true));
  bytes.set(strings, 24 + words.length * 4);
  return { bytes, baseCount };
}

test('malformed headers are refused', () => {
  const refuse = (change: (view: DataView) => void, message: RegExp) => {
    const copy = sample.bytes.slice();
    change(new DataView(copy.buffer));
    assert.throws(
      () => Btf.decode(copy).typeCount,
      (error) => error instanceof FormatError && message.test(error.message),
    );
  };
  assert.throws(() => Btf.decode(new Uint8Array(0)), FormatError);
  refuse((v) => v.setUint16(0, 0x1234), /magic/);
  refuse((v) => v.setUint8(2, 2), /version 2/);
  refuse((v) => v.setUint32(4, 8, true), /header length/);
  refuse((v) => v.setUint32(12, 0xffff_fffc, true), /type section lies outside/);
  refuse((v) => v.setUint32(20, 0xffff_ffff, true), /string section lies outside/);
  refuse((v) => v.setUint32(20, 0, true), /empty string/);
  refuse((v) => v.setUint8(v.byteLength - 1, 65), /end with a NUL/);
  refuse((v) => v.setUint32(12, v.getUint32(12, true) - 4, true), /cut off/);
  refuse((v) => v.setUint32(28, 31 << 24, true), /unknown kind 31/);
});

test('references to nowhere are refused when they are followed', () => {
  assert.throws(() => btf.type(btf.typeCount), /there is no type/);
  assert.throws(() => btf.type(-1), FormatError);
  assert.throws(() => btf.type(1.5), FormatError);
  const copy = sample.bytes.slice();
  new DataView(copy.buffer).setUint32(24, 0xffff, true);
  assert.throws(() => Btf.decode(copy).type(1), /outside the string section/);
});

test("the browser's string search finds what Node's finds", () => {
  const table = new TextEncoder().encode('\0a\0abc\0bc\0abcabc\0abc\0');
  for (const name of ['a', 'abc', 'bc', 'abcabc', 'x', '']) {
    const pattern = new TextEncoder().encode(`\0${name}\0`);
    const search = horspool(table, pattern);
    const found: number[] = [];
    for (let at = search(0); at >= 0; at = search(at + 1)) found.push(at);
    const expected: number[] = [];
    for (let at = Buffer.from(table).indexOf(pattern); at >= 0; at = Buffer.from(table).indexOf(pattern, at + 1))
      expected.push(at);
    assert.deepEqual(found, expected, name);
  }
});
