import assert from 'node:assert/strict';
import test from 'node:test';
import { readOutsideInteger } from './index.ts';

test('numbers from outside also take a sign and binary digits', () => {
  const cases: readonly (readonly [string, bigint | undefined])[] = [
    ['41', 41n],
    ['010', 8n],
    ['0x10', 16n],
    ['0b101', 5n],
    ['-5', -5n],
    ['-0b1', -1n],
    ['1ms', 1_000_000n],
    ['1e6', 1_000_000n],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', undefined],
    ['-9223372036854775808', -9223372036854775808n],
    ['-9223372036854775809', undefined],
    ['', undefined],
    ['-', undefined],
    ['abc', undefined],
    ['1.5', undefined],
    ['12x', undefined],
    ['0b2', undefined],
    ['1_', undefined],
    [' 1', undefined],
  ];
  for (const [text, value] of cases) assert.equal(readOutsideInteger(text), value, text);
});
