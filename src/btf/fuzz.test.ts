import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../base/index.ts';
import {
  alignOf,
  Btf,
  encodeSubset,
  findMember,
  memberByPath,
  pointerTarget,
  printC,
  printTypeName,
  sizeOf,
  skipModifiers,
} from './index.ts';
import { sampleBtf } from './testdata.ts';

const sample = sampleBtf().bytes;
const base = Btf.decode(sample);

/** Asks everything that can be asked. */
function useAll(btf: Btf): void {
  const attempts: (() => unknown)[] = [
    () => btf.find('node'),
    () => btf.find('color', 'enum'),
    () => btf.findEnumerator('GREEN'),
    () => [...btf.names('func')],
    () => [...btf.findAll(/o/, 'struct')],
    () => [...btf.types()],
    () => encodeSubset(btf, [{ name: 'walk' }, { name: 'node' }]),
  ];
  let count = 0;
  refusing(() => (count = btf.typeCount));
  for (let id = 0; id < Math.min(count, 200); id++) {
    for (const use of [printTypeName, sizeOf, alignOf, skipModifiers, pointerTarget]) attempts.push(() => use(btf, id));
    attempts.push(
      () => printC(btf, id),
      () => findMember(btf, id, 'part'),
      () => memberByPath(btf, id, 'at.part'),
    );
  }
  for (const attempt of attempts) refusing(attempt);
}

/** Runs `attempt`; a FormatError is a good answer, any other error is not. */
function refusing(attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}

const mutations = fc.array(fc.tuple(fc.nat(sample.length - 1), fc.integer({ min: 0, max: 255 })), {
  minLength: 1,
  maxLength: 6,
});
const wordMutations = fc.array(
  fc.tuple(
    fc.nat((sample.length >> 2) - 1),
    fc.oneof(fc.nat(64), fc.constantFrom(0, 0xffff, 0xffff_ffff, 0x8000_0000, 0x0400_ffff)),
  ),
  { minLength: 1, maxLength: 4 },
);

test('changed bytes are decoded or refused with a FormatError', () => {
  fc.assert(
    fc.property(mutations, wordMutations, fc.boolean(), (bytes, words, split) => {
      const copy = sample.slice();
      const view = new DataView(copy.buffer);
      for (const [at, value] of bytes) copy[at] = value;
      for (const [at, value] of words) view.setUint32(at * 4, value, true);
      refusing(() => useAll(Btf.decode(copy, split ? base : undefined)));
    }),
    { numRuns: 400 },
  );
});

test('changed references between types are decoded or refused with a FormatError', () => {
  // Only words of the type section after the header: what makes cycles and wrong kinds rather than broken frames.
  const typeWords = new DataView(sample.buffer).getUint32(12, true) / 4;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(typeWords - 1), fc.nat(40)), { minLength: 1, maxLength: 5 }), (changes) => {
      const copy = sample.slice();
      const view = new DataView(copy.buffer);
      for (const [at, value] of changes) view.setUint32(24 + at * 4, value, true);
      refusing(() => useAll(Btf.decode(copy)));
    }),
    { numRuns: 400 },
  );
});

test('cut-off input is refused with a FormatError', () => {
  for (let length = 0; length < sample.length; length += 7)
    assert.throws(() => Btf.decode(sample.subarray(0, length)), FormatError);
});

test('random bytes are refused with a FormatError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refusing(() => useAll(Btf.decode(bytes)))),
    { numRuns: 200 },
  );
});
