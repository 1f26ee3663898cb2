/** Reads from a program's context, as its provider says. */
import { BugError } from '../../base/index.ts';
import type { ContextAccess, ReadSpace } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { type Address, Helper, type Lowering, pointer, warnOfAll, whenRare } from './lowering.ts';

/** Contexts don't change while a program runs: each access is made once. */
export function readContext(l: Lowering, access: ContextAccess): Value {
  return l.builder.once(`context:${JSON.stringify(access)}`, () => read(l, access));
}

function read(l: Lowering, access: ContextAccess): Value {
  const b = l.builder;
  switch (access.kind) {
    case 'word':
      return access.typed === true
        ? b.plain(typedPointer(l, access))
        : b.load(access.size, access.signed, b.context(), access.offset);
    case 'words': {
      const { base, offset } = contextAddress(l, access);
      return b.load(8, false, base, offset);
    }
    case 'address':
      return b.add(b.context(), access.offset);
    case 'dataLoc': {
      const word = b.load(4, false, b.context(), access.offset);
      return b.add(b.binary('add', b.context(), b.binary('and', word, b.constant(0xffff))), access.plus ?? 0);
    }
    case 'constant':
      return b.constant(access.value);
    case 'sum':
      return b.add(readContext(l, access.base), access.by);
    case 'pointed': {
      const base = readContext(l, access.base);
      if (access.direct && !l.script.off.has('direct-reads'))
        return b.load(access.size, access.signed, base, access.offset);
      return probeRead(l, 'kernel', b.add(base, access.offset), access.size, access.signed);
    }
    case 'object':
      return readObject(l, access.offset);
    case 'cookie':
      return b.call(Helper.get_attach_cookie, [b.context()]);
    case 'functionAddress':
      return b.call(Helper.get_func_ip, [b.context()]);
    case 'maskEquals': {
      const masked = b.binary('and', readContext(l, access.base), b.constant(access.mask));
      return truth(l, 'eq', masked, b.constant(access.equals));
    }
  }
}

/** Where it is null there is nothing to look at, and the run ends: what may be null the verifier lets no one follow. */
function readObject(l: Lowering, offset: number): Value {
  const b = l.builder;
  const object = b.load(8, false, b.context(), offset);
  const there = b.block();
  b.branch('ne', object, b.constant(0), there, l.end);
  b.enter(there);
  return object;
}

/** Integer in memory that the program can't load directly; zero on a fault. */
export function probeRead(
  l: Lowering,
  space: 'kernel' | 'user',
  address: Value,
  size: 1 | 2 | 4 | 8,
  signed: boolean,
): Value {
  const place = l.temporary(8);
  probeReadInto(l, space, place, address, size);
  return l.builder.load(size, signed, place.base, place.offset);
}

/** The kernel clears the target when a read fails. */
export function probeReadInto(
  l: Lowering,
  space: 'kernel' | 'user',
  to: Address,
  address: Value,
  sizeBytes: number,
): Value {
  const b = l.builder;
  const name = space === 'kernel' ? 'probe_read_kernel' : 'probe_read_user';
  const result = b.call(Helper[name], [pointer(l, to), b.constant(sizeBytes), address]);
  const { span } = b;
  if (l.script.options.warningLevel === 2 && span !== undefined)
    whenRare(l, 'slt', result, b.constant(0), () => warnOfAll(l, { helper: name, span }, result));
  return result;
}

/** 1 or 0. */
export function truth(
  l: Lowering,
  compare: 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge',
  left: Value,
  right: Value,
): Value {
  const b = l.builder;
  const result = b.temporary();
  const yes = b.block();
  const done = b.block();
  b.write(result, b.constant(0));
  b.branch(compare, left, right, yes, done);
  b.enter(yes);
  b.write(result, b.constant(1));
  b.jump(done);
  b.enter(done);
  return b.read(result);
}

/** Calls the helper that reads the address's space; `rest` are its arguments before the address. */
export function readIn(
  l: Lowering,
  space: ReadSpace,
  helpers: { kernel: number; user: number },
  rest: Value[],
  address: Value,
): Value {
  const b = l.builder;
  if (space !== 'any') return b.call(helpers[space], [...rest, address]);
  const result = b.temporary();
  const kernel = b.block();
  const user = b.block();
  const done = b.block();
  b.branch('slt', address, b.constant(0), kernel, user);
  for (const [block, helper] of [
    [kernel, helpers.kernel],
    [user, helpers.user],
  ] as const) {
    b.enter(block);
    b.write(result, b.call(helper, [...rest, address]));
    b.jump(done);
  }
  b.enter(done);
  return b.read(result);
}

export const READ = { kernel: Helper.probe_read_kernel, user: Helper.probe_read_user };
export const READ_TEXT = { kernel: Helper.probe_read_kernel_str, user: Helper.probe_read_user_str };

/** A pointer as the verifier knows it: to be loaded through, not to be computed with. */
export function typedPointer(l: Lowering, { offset }: ContextAccess & { kind: 'word' }): Value {
  return l.builder.once(`typed:${offset}`, () => l.builder.load(8, false, l.builder.context(), offset));
}

/** Memory that stands in the context itself, where the value's access says so. */
export function contextAddress(l: Lowering, access: ContextAccess): Address {
  if (access.kind === 'words') return copyWords(l, access);
  if (access.kind !== 'address')
    throw new BugError(`a value in memory can't be had by '${access.kind}' from the context`);
  return { base: l.builder.context(), offset: access.offset };
}

function copyWords(l: Lowering, { offset, sizeBytes }: ContextAccess & { kind: 'words' }): Address {
  const to = l.permanent(Math.ceil(sizeBytes / 8) * 8);
  for (let at = 0; at < sizeBytes; at += 8)
    l.builder.store(8, to.base, to.offset + at, l.builder.load(8, false, l.builder.context(), offset + at));
  return to;
}
