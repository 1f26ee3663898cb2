import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf, BtfBuilder } from '../../../btf/index.ts';
import { gfpFlags } from './gfp-flags.ts';

function nameOf(flags: ReturnType<typeof gfpFlags>, bits: bigint): string | undefined {
  return flags.find(([each]) => each === bits)?.[1];
}

test('R-12 the kernel says which bit is which flag', () => {
  const builder = new BtfBuilder();
  const names = ['DMA', 'IO', 'FS', 'UNUSED', 'DIRECT_RECLAIM', 'KSWAPD_RECLAIM', 'NOWARN', 'LAST'];
  const values = names.map((name, value) => ({ name: `___GFP_${name}_BIT`, value: BigInt(value) }));
  builder.add({ kind: 'enum', name: '', size: 4, signed: false, values });
  const flags = gfpFlags(Btf.decode(builder.encode()));
  assert.equal(nameOf(flags, 0x36n), 'GFP_KERNEL');
  assert.equal(nameOf(flags, 0x60n), 'GFP_NOWAIT');
  assert.equal(nameOf(flags, 1n), 'GFP_DMA');
  assert.equal(nameOf(flags, 2n), '__GFP_IO');
  // Not a flag, and none of this kernel's.
  assert.equal(nameOf(flags, 8n), undefined);
  assert.equal(nameOf(flags, 0x80n), undefined);
});

test('R-12 kernels before 6.10 numbered the bits in one way', () => {
  const flags = gfpFlags(undefined);
  assert.equal(nameOf(flags, 0xcc0n), 'GFP_KERNEL');
  assert.equal(nameOf(flags, 0xa20n), 'GFP_ATOMIC');
  assert.equal(nameOf(flags, 0x200n), '__GFP_ATOMIC');
  assert.equal(nameOf(flags, 0x800n), 'GFP_NOWAIT');
});
