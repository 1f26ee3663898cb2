import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { disassemble } from '../../asm/index.ts';
import { FormatError } from '../../base/index.ts';
import { readLinkedObject } from './read-object.ts';
import type { LinkedObject } from '../../spec/index.ts';

const bytes = readFileSync(join(import.meta.dirname, 'testdata/helpers.bpf.o'));

function read(from: Uint8Array = bytes): LinkedObject {
  const found = readLinkedObject(from);
  assert.ok(!('error' in found));
  return found;
}

test('functions, what they call, and which of them are for others', () => {
  assert.deepEqual(
    Array.from(read().functions.values(), ({ name, isGlobal, calls }) => [name, isGlobal, ...calls]),
    [
      ['negated_twice', true, 'twice'],
      ['twice', false],
      ['calls_made', true],
      ['low_byte', true],
      ['sum_of', true],
      ['limit', true],
      ['own_pid', true],
      ['sum_below', true, 'add_index'],
      ['add_index', false],
      ['locked', true],
      ['note', true],
      ['length_of', true],
      ['letter', true],
    ],
  );
});

test('jumps, calls, variables, callbacks and kernel functions are named', () => {
  const { functions } = read();
  const text = (name: string): string => disassemble(functions.get(name)!.instructions);
  assert.equal(text('negated_twice'), 'negated_twice:\n   0: (85) call twice\n   1: (84) w0 = -w0\n   2: (95) exit\n');
  assert.match(text('twice'), /^ {3}1: \(18\) r1 = map\[\.data]\[0]\+0$/m);
  assert.match(text('sum_of'), /if r1 == 0x0 goto sum_of\.7\n(.*\n){5}sum_of\.7:\n {3}7: \(95\) exit\n$/);
  assert.match(text('sum_below'), /^ {3}4: \(18\) r2 = subprog\[add_index]$/m);
  assert.deepEqual(
    functions.get('locked')!.instructions.flatMap(({ reference }) => reference ?? []),
    [
      { kind: 'kfunc', name: 'bpf_rcu_read_lock' },
      { kind: 'kfunc', name: 'bpf_rcu_read_unlock' },
    ],
  );
});

test('variables have their first values, and those without are zero', () => {
  const { data } = read();
  assert.deepEqual(
    Array.from(data, ([section, { length }]) => [section, length]),
    [
      ['.data', 8],
      ['.bss', 16],
      ['.rodata', 16],
      ['.rodata.str1.1', 5],
    ],
  );
  assert.equal(data.get('.data')![0], 40);
  assert.ok(data.get('.bss')!.every((byte) => byte === 0));
});

test('what is no object of BPF code', () => {
  assert.deepEqual(
    readLinkedObject(
      readFileSync(process.execPath)
        .subarray(0, 1 << 16)
        .fill(0, 40, 48)
        .fill(0, 60, 62),
    ),
    {
      error: 'it is no object file of BPF code',
    },
  );
  assert.throws(() => readLinkedObject(new TextEncoder().encode('int main(void) { return 0; }')), FormatError);
});

test('a damaged object is a FormatError or an error that says what is wrong, never a crash', () => {
  for (let size = 0; size < bytes.length; size += 97)
    assert.throws(() => readLinkedObject(bytes.subarray(0, size)), FormatError);
  for (let at = 0; at < bytes.length; at += 3) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] = damaged[at]! ^ 0xff;
    try {
      readLinkedObject(damaged);
    } catch (error) {
      assert.ok(error instanceof FormatError, `byte ${at}: ${String(error)}`);
    }
  }
});
