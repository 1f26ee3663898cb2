import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../base/index.ts';
import { Kallsyms } from './index.ts';

const text = Buffer.from(`0000000000001000 A pcpu_hot
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000040 t do_work
ffffffff81000100 T do_work_more
ffffffffc0002000 t mod_read\t[mod_b]
ffffffffc0001000 t mod_init\t[mod_a]
ffffffffc0003000 t bpf_prog_6deef7357e7b4530_x\t[bpf]
`);

test('an address lies in the last symbol at or before it', () => {
  const symbols = Kallsyms.parse(text);
  const show = (address: bigint): string => {
    const symbol = symbols.lookup(address);
    return symbol === undefined
      ? '-'
      : `${symbol.name}+${symbol.offset}${symbol.module === undefined ? '' : ` [${symbol.module}]`}`;
  };
  assert.equal(symbols.size, 7);
  assert.equal(show(0xffffffff81000000n), '_stext+0');
  assert.equal(show(0xffffffff81000003n), '_stext+3');
  assert.equal(show(0xffffffff81000040n), 'do_work+0');
  assert.equal(show(0xffffffff81000180n), 'do_work_more+128');
  assert.equal(show(0xffffffffc0001008n), 'mod_init+8 [mod_a]');
  assert.equal(show(0xffffffffc0002001n), 'mod_read+1 [mod_b]');
  assert.equal(show(0xffffffffc0003000n), 'bpf_prog_6deef7357e7b4530_x+0 [bpf]');
  assert.equal(show(0xffffffffa0000000n), '-');
  assert.equal(show(0x1000n), '-');
  assert.equal(show(0x7fff00001000n), '-');
});

test('names are found whole', () => {
  const symbols = Kallsyms.parse(text);
  assert.equal(symbols.addressOf('do_work'), 0xffffffff81000040n);
  assert.equal(symbols.addressOf('mod_read'), 0xffffffffc0002000n);
  assert.equal(symbols.addressOf('work'), undefined);
  assert.equal(symbols.addressOf('T'), undefined);
  assert.equal(Kallsyms.parse(text.subarray(0, text.length - 1)).addressOf('mod_init'), 0xffffffffc0001000n);
});

test('damaged text is a FormatError, hidden addresses leave nothing', () => {
  for (const bad of ['x', 'ffffffff81000000 T\n', 'gfffffff81000000 T name\n', `${text.toString()}short\n`]) {
    assert.throws(() => Kallsyms.parse(Buffer.from(bad)).lookup(2n ** 64n - 1n), FormatError);
  }
  assert.equal(Kallsyms.parse(Buffer.from('0000000000000000 T _stext\n0000000000000000 T x\n')).size, 0);
});
