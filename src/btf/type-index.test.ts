import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../base/index.ts';
import { BtfBuilder } from './builder.ts';
import { decodeSections, type Sections } from './sections.ts';
import { TypeIndex } from './type-index.ts';
import { FIXED_WORDS, ITEM_WORDS } from './types.ts';

/** More types, and more words, than are walked at a time. */
function manyTypes(): Uint8Array {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  for (let i = 0; i < 30_000; i++) {
    b.typedef(`t${i}`, int);
    if (i % 50 !== 0) continue;
    const members = Array.from({ length: i % 700 }, (_, at) => ({
      name: `m${at}`,
      typeId: int,
      bitOffset: 0,
      bitSize: 0,
    }));
    b.add({ kind: 'struct', name: `s${i}`, size: 4, members });
  }
  return b.encode();
}

/** Where types begin, or the offset in the blob of what is wrong. */
function walked(sections: Sections): readonly number[] | string {
  try {
    const { offsets, count } = new TypeIndex(sections).complete();
    return [...offsets.subarray(0, count)];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}

/** The same one by one, as the format says. */
function expected({ words }: Sections): { readonly starts: number[]; readonly ends: 'whole' | 'unknown' | 'cut' } {
  const starts: number[] = [];
  let at = 0;
  while (at < words.length) {
    if (at + 3 > words.length) return { starts, ends: 'cut' };
    const kind = (words[at + 1]! >>> 24) & 0x1f;
    if (FIXED_WORDS[kind] === 0) return { starts, ends: 'unknown' };
    starts.push(at);
    at += FIXED_WORDS[kind]! + ITEM_WORDS[kind]! * (words[at + 1]! & 0xffff);
  }
  return { starts, ends: at === words.length ? 'whole' : 'cut' };
}

test('types of a large section begin where the format says', () => {
  const sections = decodeSections(manyTypes(), false);
  assert.ok(sections.words.length > 150_000);
  assert.deepEqual(walked(sections), expected(sections).starts);
});

test('damage anywhere in a large section is seen', () => {
  const bytes = manyTypes();
  const sections = decodeSections(bytes, false);
  const { words, typesOffset } = sections;
  const whole = expected(sections).starts;
  let seen = 0;
  for (let i = 0; i < 60; i++) {
    // What kind the type is, and of how many items.
    const at = whole[Math.floor((whole.length / 60) * i)]! + 1;
    const [word, damage] = [words[at]!, [0x1f00_0000, 0x0100_0000, 0x0400_ffff][i % 3]!];
    words[at] = damage;
    const { starts, ends } = expected({ words, strings: bytes, typesOffset, littleEndian: true });
    const found = walked({ words, strings: bytes, typesOffset, littleEndian: true });
    words[at] = word;
    if (ends === 'whole') assert.deepEqual(found, starts);
    else assert.match(String(found), ends === 'cut' ? /a type is cut off/ : /unknown kind/);
    if (ends !== 'whole') seen++;
  }
  assert.ok(seen > 20, String(seen));
});
