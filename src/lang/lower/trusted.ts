/** Addresses that helpers take only as the kernel's types know them: of typed contexts, and what is reached through them. */
import type { Expression, SyncCall } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { readContext } from './context.ts';
import { type Address, Helper, type Lowering, pointer, whenRare } from './lowering.ts';
import { zero } from './memory.ts';

/** Where the value of a read stands; of a pointer, where it points to. */
export function typedAddress(l: Lowering, e: Expression): Value {
  if (e.type.kind === 'pointer') return typedPointer(l, e);
  return e.kind === 'read' ? l.builder.add(typedPointer(l, e.address), e.offset) : l.word(e);
}

/** Loaded, where the usual way would be to read it by a helper, which makes a plain number of it. */
function typedPointer(l: Lowering, e: Expression): Value {
  const b = l.builder;
  if (e.kind === 'context' && e.access.kind === 'word') return b.load(8, false, b.context(), e.access.offset);
  if (e.kind !== 'read' || e.type.kind !== 'pointer') return l.word(e);
  if (e.address.kind === 'contextPointer') return readContext(l, { kind: 'object', offset: e.offset });
  return b.load(8, false, typedPointer(l, e.address), e.offset);
}

/** Zeros where the kernel can't tell. */
export function storePath(l: Lowering, call: SyncCall & { function: 'path' }, sizeBytes: number, to: Address): void {
  const b = l.builder;
  zero(l, to, sizeBytes);
  const result = b.call(Helper.d_path, [typedAddress(l, call.value), pointer(l, to), b.constant(sizeBytes)]);
  whenRare(l, 'slt', result, b.constant(0), () => b.store(1, to.base, to.offset, b.constant(0)));
}

export function socketCookie(l: Lowering, call: SyncCall & { function: 'socketCookie' }): Value {
  return l.builder.call(Helper.get_socket_cookie, [typedAddress(l, call.socket)]);
}
