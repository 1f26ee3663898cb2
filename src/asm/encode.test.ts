import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BugError, FormatError } from '../base/index.ts';
import {
  call,
  decode,
  disassemble,
  encode,
  exit,
  jump,
  loadImm64,
  loadMapValueFd,
  mov64,
  slotCount,
  storeImm,
} from './index.ts';
import { anyInstruction } from './testdata.ts';

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{16})(?=.)/g, '$1 ');

test('instructions have the layout of struct bpf_insn in both byte orders', () => {
  const program = [mov64('r1', 'r10'), storeImm(4, 'r10', -4, 0x11223344), call(5), exit()];
  assert.equal(hex(encode(program)), 'bfa1000000000000 620afcff44332211 8500000005000000 9500000000000000');
  assert.equal(
    hex(encode(program, { littleEndian: false })),
    'bf1a000000000000 62a0fffc11223344 8500000000000005 9500000000000000',
  );
});

test('a 64-bit load takes two slots', () => {
  assert.equal(hex(encode([loadImm64('r3', 0x1122334455667788n)])), '1803000088776655 0000000044332211');
  assert.equal(hex(encode([loadImm64('r3', -1n)])), '18030000ffffffff 00000000ffffffff');
  assert.equal(hex(encode([loadMapValueFd('r2', 7, 24)])), '1822000007000000 0000000018000000');
  assert.equal(slotCount([loadImm64('r3', 1n), exit()]), 3);
});

test('decode gives back what encode was given', () => {
  fc.assert(
    fc.property(fc.array(anyInstruction, { maxLength: 20 }), fc.boolean(), (program, littleEndian) => {
      const bytes = encode(program, { littleEndian });
      assert.equal(bytes.length, slotCount(program) * 8);
      assert.deepEqual(decode(bytes, { littleEndian }), program);
    }),
    { numRuns: 500 },
  );
});

test('random bytes are decoded or refused with a FormatError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), fc.boolean(), (bytes, littleEndian, kernelDump) => {
      try {
        const program = decode(bytes, { littleEndian, kernelDump });
        assert.deepEqual(encode(program, { littleEndian }), bytes);
        disassemble(program);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

test('a changed byte of a valid program is decoded or refused', () => {
  fc.assert(
    fc.property(
      fc.array(anyInstruction, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.nat(255),
      (program, at, value) => {
        const bytes = encode(program);
        bytes[at % bytes.length] = value;
        try {
          assert.deepEqual(encode(decode(bytes)), bytes);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('what the instruction set reserves is refused, with the offset', () => {
  const cases: [bytes: string, message: RegExp][] = [
    ['b7010000000000', /cut off \(at offset 0\)/],
    ['9500000000000000b701', /cut off \(at offset 8\)/],
    ['1801000000000000', /lacks its second half/],
    ['18010000000000000100000000000000', /carries more than its immediate \(at offset 8\)/],
    ['1811000005000000 0000000001000000', /second half of a map/],
    ['1871000000000000 0000000000000000', /unknown kind 7/],
    ['b70b000000000000', /register r11/],
    ['bfb1000000000000', /register r11/],
    ['b710000000000000', /field src of opcode 0xb7 must be 0/],
    ['bf10000001000000', /field imm of opcode 0xbf must be 0/],
    ['0700010000000000', /field offset/],
    ['3700020000000000', /field offset/],
    ['bf10180000000000', /sign-extend from 24 bits/],
    ['bc10200000000000', /sign-extend from 32 bits/],
    ['d400000008000000', /swap the bytes of 8 bits/],
    ['df00000010000000', /unknown opcode 0xdf/],
    ['8f10000000000000', /unknown opcode 0x8f/],
    ['e700000000000000', /unknown opcode 0xe7/],
    ['7910000001000000', /field imm/],
    ['9910000000000000', /unknown opcode 0x99/],
    ['7a11000000000000', /field src/],
    ['db10000002000000', /unknown atomic operation 0x2/],
    ['d310000000000000', /unknown opcode 0xd3/],
    ['3800000000000000', /unknown opcode 0x38/],
    ['2010000000000000', /field src|field dst/],
    ['0500000001000000', /field imm/],
    ['0600010000000000', /field offset/],
    ['8d00000000000000', /unknown opcode 0x8d/],
    ['8500010000000000', /field offset/],
    ['8530000000000000', /unknown kind 3 of call/],
    ['8600000000000000', /unknown opcode 0x86/],
    ['9501000000000000', /field dst/],
    ['9600000000000000', /unknown opcode 0x96/],
    ['f500000000000000', /unknown opcode 0xf5/],
    ['e510000000000000', /field src/],
  ];
  for (const [text, message] of cases) {
    const bytes = Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
    assert.throws(
      () => decode(bytes),
      (error) => error instanceof FormatError && message.test(error.message),
      text,
    );
  }
});

test('notes that the kernel keeps in its dumps are accepted on request', () => {
  const bytes = Uint8Array.from(Buffer.from('8510050003000000', 'hex'));
  assert.throws(() => decode(bytes), FormatError);
  assert.deepEqual(decode(bytes, { kernelDump: true }), [{ opcode: 0x85, dst: 0, src: 1, offset: 5, imm: 3 }]);
});

test('what does not fit is a bug of the caller', () => {
  assert.throws(() => encode([jump('nowhere')]), BugError);
  assert.throws(() => encode([mov64('r0', 2 ** 31)]), BugError);
  assert.throws(() => encode([mov64('r0', 0.5)]), BugError);
  assert.throws(() => encode([storeImm(8, 'r10', -40_000, 0)]), BugError);
});
