/** debugf(): the kernel formats and writes to its trace pipe. */
import type { SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { encodeText } from '../source/index.ts';
import { isWord } from '../types/index.ts';
import { Helper, type Lowering, pointer } from './lowering.ts';

export function writeToTracePipe(l: Lowering, call: SyncCall & { function: 'debugf' }): Value {
  const b = l.builder;
  const format = new Uint8Array([...encodeText(call.format), 0]);
  const at = b.mapValue('data', l.script.region.sharedBytes(format));
  const args = call.args.map((arg) => (isWord(arg.type) ? l.word(arg) : pointer(l, l.address(arg))));
  return b.call(Helper.trace_printk, [at, b.constant(format.length), ...args]);
}
