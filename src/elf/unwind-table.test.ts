import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameRule, RbpRule } from '../abi/index.ts';
import { FormatError } from '../base/index.ts';
import { ElfFile } from './elf-file.ts';
import { FrameReader } from './frame-reader.ts';
import { neededLibraries } from './needed-libraries.ts';
import { unwindTable } from './unwind-table.ts';

/** Where the section is taken to lie. */
const ADDRESS = 0x2000n;

/** A record: its length, what comes first, its bytes padded with nops. */
function record(first: number, body: readonly number[]): number[] {
  const padded = [...body, ...Array<number>((8 - ((body.length + 4) % 8)) % 8).fill(0)];
  return [...word(padded.length + 4), ...word(first), ...padded];
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff];
}

/** As compilers write it: code in bytes, data in words downwards, return address in 16, pointers relative; CFA = rsp + 8. */
const COMMON = record(0, [1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1]);

function functionRecord(at: number, start: bigint, size: number, instructions: readonly number[]): number[] {
  return record(at + 4, [...word(Number(start - (ADDRESS + BigInt(at) + 8n))), ...word(size), 0, ...instructions]);
}

function rowsOf(instructions: readonly number[]) {
  const bytes = Uint8Array.from([...COMMON, ...functionRecord(COMMON.length, 0x1000n, 0x40, instructions), 0, 0, 0, 0]);
  return [...new FrameReader(bytes, ADDRESS).functions()];
}

test('a function that keeps a frame pointer', () => {
  // push %rbp; mov %rsp,%rbp; … pop %rbp; ret
  const [found] = rowsOf([0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x60, 0x0c, 7, 8, 0xc6]);
  const base = { rbp: RbpRule.Same, rbpOffset: 0 };
  const saved = { rbp: RbpRule.Saved, rbpOffset: -2 };
  assert.deepEqual(found, {
    start: 0x1000n,
    end: 0x1040n,
    rows: [
      { address: 0x1000n, frame: FrameRule.Rsp, offset: 8, ...base },
      { address: 0x1001n, frame: FrameRule.Rsp, offset: 16, ...saved },
      { address: 0x1004n, frame: FrameRule.Rbp, offset: 16, ...saved },
      { address: 0x1024n, frame: FrameRule.Rsp, offset: 8, ...base },
    ],
  });
});

test('remembered states, aligned stacks, the outermost function, other registers', () => {
  const frames = (instructions: readonly number[]) =>
    rowsOf(instructions).flatMap(({ rows }) => rows.map(({ frame, offset }) => [frame, offset]));
  assert.deepEqual(frames([0x41, 0x0a, 0x0e, 32, 0x41, 0x0b]), [
    [FrameRule.Rsp, 8],
    [FrameRule.Rsp, 32],
    [FrameRule.Rsp, 8],
  ]);
  assert.deepEqual(frames([0x41, 0x0f, 3, 0x76, 0x78, 0x06]), [
    [FrameRule.Rsp, 8],
    [FrameRule.AtRbp, -8],
  ]);
  assert.deepEqual(frames([0x07, 16]), [[FrameRule.End, 0]]);
  assert.deepEqual(frames([0x0c, 10, 0]), [[FrameRule.Unknown, 0]]);
  assert.deepEqual(frames([0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22]), [
    [FrameRule.Plt, 11],
  ]);
});

test('what is damaged is told by a FormatError, or has fewer rows; it never hangs', () => {
  const [good] = [[...COMMON, ...functionRecord(COMMON.length, 0x1000n, 0x40, [0x41, 0x0e, 16, 0x86, 2])]];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good!.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(good!);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        for (const { start, rows } of new FrameReader(bytes, ADDRESS).functions())
          assert.ok(start > 0n && rows.length > 0);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('the table of a program: sorted, with rules for its code', () => {
  const elf = ElfFile.fromBytes(readFileSync('/bin/sh'));
  const table = unwindTable(elf);
  assert.ok(table !== undefined && table.rules.length > 100);
  for (const [i, offset] of table.fileOffsets.entries()) if (i > 0) assert.ok(offset > table.fileOffsets[i - 1]!);
  const byRsp = table.rules.filter((rule) => (rule & 15) === FrameRule.Rsp).length;
  assert.ok(byRsp > table.rules.length / 4, `${byRsp} of ${table.rules.length}`);
});

test('libraries that a program asks for', () => {
  const { interpreter, names } = neededLibraries(ElfFile.fromBytes(readFileSync('/bin/sh')));
  assert.match(interpreter ?? '', /^\/lib.*ld/);
  assert.ok(names.some((name) => name.startsWith('libc.')));
});
