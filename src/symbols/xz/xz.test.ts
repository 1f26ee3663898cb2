import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../../base/index.ts';
import { unpackXz } from './index.ts';

/** `hello, hello, hello, hello` as `xz -9` packs it. */
const HELLO = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AAZAA1dADQZSe6N74yKcTvcgAAAAAAADdM7y1vViHQAASkautOimR+2830BAAAAAARZWg==',
  'base64',
);

test('a small file', () => {
  assert.equal(Buffer.from(unpackXz(HELLO)).toString(), 'hello, hello, hello, hello');
});

test('what xz packs, with any preset', (t) => {
  const isMissing = spawnSync('xz', ['--version']).status !== 0;
  if (isMissing && process.env['CI'] !== 'true') return t.skip('there is no xz');
  const text = Array.from(
    { length: 20_000 },
    (_, i) => `${(i * 7919) % 1000} ${i % 13 === 0 ? 'thirteen' : 'x'}\n`,
  ).join('');
  const noise = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255));
  for (const input of [
    Buffer.from(text),
    noise,
    Buffer.alloc(300_000),
    Buffer.alloc(0),
    Buffer.concat([noise, Buffer.from(text)]),
  ])
    for (const options of [
      ['-0'],
      ['-9e'],
      ['-6', '--block-size=50000'],
      ['--lzma2=lc=0,lp=3,pb=0'],
      ['--check=none'],
    ]) {
      const { stdout } = spawnSync('xz', [...options, '-c'], { input, maxBuffer: 1e8 });
      assert.ok(input.equals(unpackXz(stdout)), options.join(' '));
    }
  return undefined;
});

test('other filters and other files are refused', () => {
  assert.throws(() => unpackXz(Buffer.from('no xz file, but long enough')), new FormatError('xz', 0, 'not an xz file'));
  assert.throws(() => unpackXz(HELLO.subarray(0, 30)), FormatError);
});

test('damage is a FormatError, or other contents, and never goes on for long', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(HELLO.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      (changes) => {
        const damaged = Buffer.from(HELLO);
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          unpackXz(damaged);
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      },
    ),
    { numRuns: 3000 },
  );
});
