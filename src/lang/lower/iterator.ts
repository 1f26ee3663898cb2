/** What an iterator's program puts into its file. */
import type { SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { encodeText } from '../source/index.ts';
import { isWord } from '../types/index.ts';
import { type Address, Helper, type Lowering, pointer } from './lowering.ts';

/** `ctx->meta->seq`: both stand first in their structs. */
function file(l: Lowering): Value {
  const b = l.builder;
  return b.load(8, false, b.load(8, false, b.context(), 0), 0);
}

/** A record, to be decoded by whoever started the walk. What doesn't fit is the kernel's to repeat. */
export function writeRecord(l: Lowering, record: Address, length: Value): void {
  l.builder.call(Helper.seq_write, [file(l), pointer(l, record), length]);
}

/** Text as the kernel formats it. */
export function writeToIterator(l: Lowering, call: SyncCall & { function: 'seqPrintf' }): Value {
  const b = l.builder;
  const format = new Uint8Array([...encodeText(call.format), 0]);
  const at = b.mapValue('data', l.script.region.sharedBytes(format));
  const sizeBytes = 8 * call.args.length;
  const start = [file(l), at, b.constant(format.length)];
  if (sizeBytes === 0) return b.call(Helper.seq_printf, [...start, b.constant(0), b.constant(0)]);
  const values = l.temporary(sizeBytes);
  for (const [i, arg] of call.args.entries()) {
    const value = isWord(arg.type) ? l.word(arg) : pointer(l, l.address(arg));
    b.store(8, values.base, values.offset + 8 * i, value);
  }
  return b.call(Helper.seq_printf, [...start, pointer(l, values), b.constant(sizeBytes)]);
}
