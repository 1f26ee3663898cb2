import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import fc from 'fast-check';
import { instructionLength, isInstructionBoundary } from './x86-instructions.ts';

/** One of each form: its bytes, and what an assembler calls it. */
const instructions = readFileSync(new URL('testdata/x86-instructions.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [bytes = '', text = ''] = line.split(' | ');
    return { bytes: bytesOf(bytes), text };
  });

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}

test('lengths of one instruction of each form', () => {
  assert.ok(instructions.length > 100);
  for (const { bytes, text } of instructions) {
    assert.equal(instructionLength(bytes, 0), bytes.length, text);
    assert.equal(instructionLength(bytes.subarray(0, -1), 0), undefined, `${text}, cut off`);
  }
});

test('boundaries in a row of instructions', () => {
  const code = Uint8Array.from(instructions.flatMap(({ bytes }) => [...bytes]));
  const starts = new Set([0]);
  let at = 0;
  for (const { bytes } of instructions) starts.add((at += bytes.length));
  for (let offset = 0; offset <= code.length; offset++)
    assert.equal(isInstructionBoundary(code, offset), starts.has(offset), String(offset));
  assert.equal(isInstructionBoundary(code, code.length + 1), undefined);
});

test('what is no instruction, or means different things to different processors', () => {
  const none = [
    '06', // PUSH ES
    '9a 00 00 00 00 00 00', // far CALL
    'd5 48 89 c0', // extended registers
    '62 fc 7c 08 89 c0',
    '66 e8 00 00 00 00', // near CALL of 2 or 4 bytes
    '66 c5 f8 77', // VEX after an operand size
    '48 c5 f8 77',
    'c4 e4 78 77 00 00 00 00', // an unknown map
    '0f b8 c0', // POPCNT without its prefix
    '0f 04',
    '66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90', // 16 bytes
    'f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 f0 90',
  ];
  for (const text of none) {
    const bytes = bytesOf(text);
    assert.equal(instructionLength(bytes, 0), undefined, text);
    assert.equal(isInstructionBoundary(Uint8Array.of(0x90, ...bytes, 0x90), bytes.length + 1), undefined, text);
  }
  assert.equal(isInstructionBoundary(Uint8Array.of(0x90, 0x06), 1), true, 'what lies behind does not count');
});

test('any bytes end in an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(70), (code, offset) => {
      const length = instructionLength(code, 0);
      assert.ok(length === undefined || (length >= 1 && length <= Math.min(15, code.length)));
      const boundary = isInstructionBoundary(code, offset);
      assert.ok(offset <= code.length || boundary !== true);
    }),
    { numRuns: 2000 },
  );
});

function haveDisassembler(): boolean {
  try {
    execFileSync('objdump', ['--version'], { stdio: 'ignore' });
    return process.arch === 'x64';
  } catch {
    return false;
  }
}

test(
  'every instruction of the shell is as long as binutils says',
  { skip: haveDisassembler() ? false : 'no objdump for x86-64 on this machine' },
  async () => {
    const child = spawn('objdump', ['-dw', '--insn-width=16', '-j', '.text', '/bin/sh'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    let count = 0;
    const differences: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const [, bytes, text = ''] = /^\s*[0-9a-f]+:\t([0-9a-f ]+?) *\t(.*)$/.exec(line) ?? [];
      // WAIT is an instruction of its own, though shown together with the next one.
      if (bytes === undefined || text.includes('(bad)') || bytes.startsWith('9b ')) continue;
      count++;
      const code = bytesOf(bytes);
      if (instructionLength(code, 0) !== code.length) differences.push(`${bytes}: ${text}`);
    }
    await closed;
    assert.ok(count > 1000, `${count} instructions`);
    assert.deepEqual(differences, []);
  },
);
