import { Command, Errno } from '../../abi/index.ts';
import { BugError, UnsupportedFeatureError } from '../../base/index.ts';
import type { UprobeHook } from '../../spec/index.ts';
import { Attr, bpfAdvice, bpfCallName, systemError, tryBpf } from '../sys/index.ts';
import { cookieArray } from './arrays.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';
import { describeUprobe, uprobeAdvice } from './uprobe.ts';

const MULTI_RETURN = 1;

export interface UprobePoint {
  readonly hook: UprobeHook;
  readonly cookie?: bigint;
}

/**
 * Many places of one file by one link: kernel 6.6. The program must have been loaded for `TraceUprobeMulti` or
 * `TraceUprobeSession`. All points have the same path, process and direction.
 */
export function attachUprobeMulti(program: AttachableProgram, points: readonly UprobePoint[]): Link {
  const first = points[0]?.hook;
  if (first === undefined) throw new BugError('a uprobe_multi link needs a place');
  const offsets = BigUint64Array.from(points, ({ hook }) => hook.fileOffset);
  const semaphores = points.some(({ hook }) => hook.refCtrOffset !== undefined)
    ? BigUint64Array.from(points, ({ hook }) => hook.refCtrOffset ?? 0n)
    : undefined;
  const attr = new Attr(64)
    .u32(0, program.fd)
    .u32(8, program.expectedAttachType)
    .string(16, first.path)
    .pointer(24, offsets)
    .pointer(32, semaphores)
    .pointer(40, cookieArray(points))
    .u32(48, points.length)
    .u32(52, first.return ? MULTI_RETURN : 0)
    .u32(56, first.pid ?? 0);
  const result = tryBpf(Command.LinkCreate, attr);
  if (result >= 0) return new DescriptorLink('uprobe', { links: [result] });
  if (result === -Errno.EOPNOTSUPP) {
    throw new UnsupportedFeatureError('uprobe-multi', 'this kernel cannot attach many user probes by one link', {
      minimumKernel: '6.6',
    });
  }
  const what = points.length === 1 ? describeUprobe(first) : `${points.length} uprobes in ${first.path}`;
  throw systemError(`${bpfCallName(Command.LinkCreate)} of ${what}`, -result, {
    advice: uprobeAdvice(-result, first) ?? bpfAdvice(-result),
  });
}
