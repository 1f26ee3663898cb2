import { Command, Errno } from '../../abi/index.ts';
import { BugError } from '../../base/index.ts';
import type { KprobeHook } from '../../spec/index.ts';
import { Attr, bpfAdvice, bpfCallName, systemError, tryBpf } from '../sys/index.ts';
import { kallsyms } from '../kallsyms/index.ts';
import { cookieArray, pointerArray } from './arrays.ts';
import { kprobesMissing, kprobeSymbol } from './kprobe.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';

const MULTI_RETURN = 1;

export interface KprobePoint {
  readonly hook: KprobeHook;
  readonly cookie?: bigint;
}

/**
 * Entries (or returns) of many kernel functions by one link: kernel 5.18. The program must have been loaded for
 * `TraceKprobeMulti` or `TraceKprobeSession`. All points have the same direction, and no offsets.
 */
export function attachKprobeMulti(program: AttachableProgram, points: readonly KprobePoint[]): Link {
  const hooks = points.map(({ hook }) => hook);
  if (hooks.length === 0) throw new BugError('a kprobe_multi link needs a function');
  const attr = new Attr(64)
    .u32(0, program.fd)
    .u32(8, program.expectedAttachType)
    .u32(16, hooks[0]!.return ? MULTI_RETURN : 0)
    .u32(20, hooks.length);
  // The kernel takes names or addresses, not both; names only of functions outside of modules are looked up fast.
  const byName = hooks.every((hook) => hook.function !== undefined);
  const symbols = byName ? pointerArray(hooks.map(kprobeSymbol)) : undefined;
  if (symbols !== undefined) attr.pointer(24, symbols.bytes);
  else attr.pointer(32, BigUint64Array.from(hooks, addressOf));
  attr.pointer(40, cookieArray(points));
  const result = tryBpf(Command.LinkCreate, attr);
  symbols?.release();
  if (result >= 0) return new DescriptorLink('kprobe', { links: [result] });
  if (result === -Errno.EOPNOTSUPP) throw kprobesMissing();
  throw systemError(`${bpfCallName(Command.LinkCreate)} of ${hooks.length} kprobes`, -result, {
    advice: multiAdvice(-result),
  });
}

function addressOf(hook: KprobeHook): bigint {
  if (hook.address !== undefined) return hook.address;
  const address = kallsyms().addressOf(hook.function!);
  if (address === undefined)
    throw systemError(`${bpfCallName(Command.LinkCreate)} of kprobe ${hook.function}`, Errno.ENOENT, {
      advice: `The kernel has no function ${hook.function}.`,
    });
  return address + BigInt(hook.offset ?? 0);
}

function multiAdvice(errno: number): string | undefined {
  if (errno === Errno.ESRCH || errno === Errno.ENOENT)
    return 'One of these functions cannot be probed, or its name is not unique.';
  return bpfAdvice(errno);
}
