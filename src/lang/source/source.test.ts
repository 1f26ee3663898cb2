import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeSource, decodeText, encodeText } from './index.ts';

test('no byte is lost between bytes and text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return;
      assert.deepEqual(encodeText(decodeText(bytes)), bytes);
    }),
    { numRuns: 2000 },
  );
  for (const text of ['', 'abc', 'héllo', '日本', '😀']) assert.equal(decodeText(encodeText(text)), text);
  assert.equal(decodeText(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9)), 'a\udcffé');
});

test('files that are no scripts are told by what they are', () => {
  const cases: readonly (readonly [number[], string])[] = [
    [[0x7f, 0x45, 0x4c, 0x46, 2, 1], 'it is an ELF file (a program or library)'],
    [[0x1f, 0x8b, 8], 'it is a gzip archive'],
    [[0x61, 0x0a, 0x00], 'it has a NUL byte at offset 2'],
  ];
  for (const [bytes, problem] of cases) {
    const { diagnostics } = decodeSource('file', Uint8Array.from(bytes));
    assert.deepEqual(
      diagnostics.map(({ message, span }) => [message, span]),
      [[`file is not a script: ${problem}`, undefined]],
    );
  }
  const latin1 = decodeSource('file', Uint8Array.from(Buffer.from('begin { } // \xe9', 'latin1')));
  assert.deepEqual(latin1.diagnostics, []);
  assert.equal(latin1.source.text, 'begin { } // \udce9');
});
