import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleKernelBtf } from '../testing/target.ts';
import {
  commonType,
  findEnumerator,
  findNamedType,
  findTaggedType,
  layout,
  literalType,
  makeRecord,
  placeMembers,
  printType,
  sizeOf,
  withoutLiterals,
} from './index.ts';
import type { IntegerType, Type } from './index.ts';

const int = (size: IntegerType['size'], signed = true): Type => ({ kind: 'integer', size, signed });
const string = (size: number): Type => ({ kind: 'string', size });
const tuple = (...elements: Type[]): Type => ({ kind: 'tuple', elements });

describe('layout', () => {
  it('aligns members and rounds up the whole', () => {
    assert.deepEqual(placeMembers([int(1), int(8), string(3), int(4)]), { offsets: [0, 8, 16, 20], sizeBytes: 24 });
    assert.equal(sizeOf(tuple(int(1), tuple(int(2), int(1)))), 6);
    assert.equal(sizeOf({ kind: 'buffer', size: 5 }), 9);
  });

  it('is what the user side reads', () => {
    assert.deepEqual(layout(tuple(int(4, false), string(2))), {
      kind: 'tuple',
      size: 8,
      elements: [
        { offset: 0, type: { kind: 'integer', size: 4, signed: false } },
        { offset: 4, type: { kind: 'string', size: 2 } },
      ],
    });
    assert.deepEqual(layout({ kind: 'stack', space: 'user', mode: 'perf', limit: 3 }), {
      kind: 'stack',
      size: 16,
      space: 'user',
      mode: 'perf',
      limit: 3,
      map: 'stacks_3',
    });
  });

  it('puts anonymous members of kernel structs into their parent', () => {
    const value = layout(findTaggedType(sampleKernelBtf(), 'struct', 'odd') as Type);
    assert.equal(value.kind, 'record');
    assert.deepEqual(
      value.kind === 'record' ? value.fields.map(({ name, offset, bits }) => [name, offset, bits?.size]) : [],
      [
        ['mode', 0, 3],
        ['level', 0, 5],
        ['tint', 4, undefined],
        ['whole', 8, undefined],
        ['low', 8, undefined],
        ['raw', 16, undefined],
        ['ratio', 24, undefined],
        ['tail', 32, undefined],
      ],
    );
  });
});

describe('common types', () => {
  const cases: readonly (readonly [Type, Type, string | undefined])[] = [
    [int(1), int(4), 'int32'],
    [int(4, false), int(2, false), 'uint32'],
    [int(8), int(4, false), 'int64'],
    [int(4), int(4, false), 'int64'],
    [int(8), int(8, false), 'int64'],
    [int(1), int(2, false), 'int32'],
    [literalType(5n), int(4, false), 'uint32'],
    [literalType(300n), int(1, false), 'uint16'],
    [literalType(-1n), int(4, false), 'int64'],
    [literalType(5n), literalType(70000n), 'int32'],
    [string(2), string(7), 'string[7]'],
    [string(2), int(1), undefined],
    [tuple(int(1), string(2)), tuple(int(4), string(1)), '(int32,string[2])'],
    [tuple(int(1)), tuple(int(1), int(1)), undefined],
    [
      makeRecord([
        { name: 'b', type: int(1) },
        { name: 'a', type: int(1) },
      ]),
      makeRecord([
        { name: 'a', type: int(8) },
        { name: 'b', type: int(1) },
      ]),
      'record { .b = int8, .a = int64 }',
    ],
    [{ kind: 'bool' }, { kind: 'bool' }, 'bool'],
    [{ kind: 'bool' }, int(1), undefined],
  ];
  for (const [a, b, expected] of cases) {
    it(`of ${printType(a)} and ${printType(b)}`, () => {
      const common = commonType(a, b);
      assert.equal(common === undefined ? undefined : printType(withoutLiterals(common)), expected);
    });
  }
});

describe('kernel types', () => {
  const btf = sampleKernelBtf();
  it('reads char arrays as exact strings and tags as address spaces', () => {
    const task = findTaggedType(btf, 'struct', 'task_struct');
    assert.ok(task?.kind === 'record');
    assert.deepEqual(task.field('comm')?.type, { kind: 'string', size: 16, exact: true });
    assert.deepEqual(task.field('arg')?.type, { kind: 'pointer', to: int(1), space: 'user' });
    assert.equal(printType(task.field('real_parent')?.type as Type), 'struct task_struct *');
  });
  it('finds typedefs and constants by name, and says when there is none', () => {
    assert.deepEqual(findNamedType(btf, 'size_t'), int(8, false));
    assert.equal(findTaggedType(btf, 'struct', 'nosuch'), undefined);
    assert.equal(findEnumerator(btf, 'GREEN')?.value, 4n);
    assert.equal(findEnumerator(btf, 'BLUE'), undefined);
  });
});
