/** A small BTF with every kind of type, for tests. */
import { BtfBuilder } from './builder.ts';

export interface Sample {
  readonly bytes: Uint8Array;
  readonly ids: Readonly<Record<string, number>>;
}

export function sampleBtf(options: { readonly littleEndian?: boolean } = {}): Sample {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const uint = b.int('unsigned int', 4);
  const char = b.int('char', 1, { char: true, signed: true });
  const bool = b.int('_Bool', 1, { bool: true });
  const long = b.int('long', 8, { signed: true });
  const double = b.add({ kind: 'float', name: 'double', size: 8 });
  const comm = b.array(char, 16, uint);
  const u32 = b.typedef('u32', uint);
  const constChar = b.add({ kind: 'const', name: '', typeId: char });
  const text = b.pointer(constChar);
  const userTag = b.add({ kind: 'typeTag', name: 'user', typeId: char, componentIndex: -1, attribute: false });
  const userText = b.pointer(userTag);
  const opaque = b.add({ kind: 'fwd', name: 'opaque', union: false });
  const opaquePointer = b.pointer(opaque);
  const callback = b.add({
    kind: 'funcProto',
    name: '',
    typeId: int,
    parameters: [
      { name: '', typeId: opaquePointer },
      { name: '', typeId: text },
    ],
    variadic: true,
  });
  const callbackPointer = b.pointer(callback);
  const color = b.add({
    kind: 'enum',
    name: 'color',
    size: 4,
    signed: true,
    values: [
      { name: 'RED', value: 0n },
      { name: 'GREEN', value: 1n },
      { name: 'NONE', value: -1n },
    ],
  });
  const big = b.add({
    kind: 'enum',
    name: 'big',
    size: 8,
    signed: false,
    values: [{ name: 'TOP', value: 0xffff_ffff_ffff_fff0n }],
  });
  const anonymousUnion = b.add({
    kind: 'union',
    name: '',
    size: 8,
    members: [
      { name: 'whole', typeId: long, bitOffset: 0, bitSize: 0 },
      { name: 'part', typeId: u32, bitOffset: 0, bitSize: 0 },
    ],
  });
  const point = b.struct('point', 16, [
    ['x', int, 0],
    ['y', int, 32],
    ['', anonymousUnion, 64],
  ]);
  const row = b.array(int, 2, uint);
  const grid = b.array(row, 3, uint);
  // The pointer comes just before the struct that it points to.
  const nodeRef = b.pointer(b.nextId + 1);
  const node = b.struct('node', 120, [
    ['next', nodeRef, 0],
    ['comm', comm, 64],
    ['at', point, 192],
    ['call', callbackPointer, 320],
    ['low', uint, 384, 3],
    ['high', int, 387, 5],
    ['user', userText, 448],
    ['color', color, 512],
    ['flag', bool, 544],
    ['grid', grid, 576],
    ['rate', double, 768],
    ['limit', big, 832],
    ['tail', opaquePointer, 896],
  ]);
  const volatileInt = b.add({ kind: 'volatile', name: '', typeId: int });
  const restrictText = b.add({ kind: 'restrict', name: '', typeId: text });
  const walk = b.func('walk', nodeRef, [
    ['start', nodeRef],
    ['name', restrictText],
  ]);
  const counter = b.add({ kind: 'var', name: 'counter', typeId: volatileInt, linkage: 1 });
  const section = b.add({
    kind: 'datasec',
    name: '.data',
    size: 4,
    variables: [{ typeId: counter, offset: 0, size: 4 }],
  });
  const tag = b.add({ kind: 'declTag', name: 'marked', typeId: node, componentIndex: 3, attribute: false });
  const ids = {
    int,
    uint,
    char,
    bool,
    long,
    double,
    comm,
    u32,
    constChar,
    text,
    userText,
    opaque,
    opaquePointer,
    callback,
    callbackPointer,
    color,
    big,
    point,
    node,
    nodeRef,
    volatileInt,
    restrictText,
    walk,
    counter,
    section,
    tag,
    grid,
  };
  return { bytes: b.encode(options), ids };
}
