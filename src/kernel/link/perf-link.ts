import { AttachType, Command, Errno } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { isTakenAway } from '../features/taken-away.ts';
import {
  Attr,
  bpfAdvice,
  checked,
  closeFd,
  enablePerfEvent,
  onlineCpus,
  setPerfEventProgram,
  tryBpf,
  type PerfTarget,
} from '../sys/index.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';

/**
 * Makes the program run on perf events, and owns those from here on. Kernel 5.15 has a BPF link for this, with
 * a cookie; before, an ioctl does it, without one.
 */
export function linkPerfEvents(
  kind: Hook['kind'],
  program: AttachableProgram,
  events: readonly number[],
  cookie: bigint | undefined,
): Link {
  const links: number[] = [];
  try {
    for (const event of events) {
      const link = tryPerfLink(program, event, cookie ?? 0n);
      if (link !== undefined) links.push(link);
      else if (cookie === undefined) setPerfEventProgram(event, program.fd);
      else throw cookieUnsupported();
      enablePerfEvent(event);
    }
  } catch (error) {
    for (const fd of [...links, ...events]) closeFd(fd);
    throw error;
  }
  return new DescriptorLink(kind, { links, events });
}

/** Undefined where the kernel has no such links. */
function tryPerfLink(program: AttachableProgram, event: number, cookie: bigint): number | undefined {
  if (isTakenAway('perf-link')) return undefined;
  const attr = new Attr(64).u32(0, program.fd).u32(4, event).u32(8, AttachType.PerfEvent).u64(16, cookie);
  const result = tryBpf(Command.LinkCreate, attr);
  // Before 5.15 the attach type is unknown, which is the same EINVAL as a program of the wrong type: the ioctl then tells.
  if (result === -Errno.EINVAL || result === -Errno.ENOSYS) return undefined;
  return checked(`bpf(LINK_CREATE) of program ${program.name}`, result, (errno) =>
    errno === Errno.E2BIG ? 'Too many programs (64) are attached to this event already.' : bpfAdvice(errno),
  );
}

export function cookieUnsupported(): UnsupportedFeatureError {
  return new UnsupportedFeatureError('attach-cookie', 'this kernel cannot tell attach points of one program apart', {
    minimumKernel: '5.15',
    advice: 'Use one attach point per probe.',
  });
}

/** Where to open an event of a probe that fires wherever it is hit: on a process, or on any one CPU that is online. */
export function probeTarget(pid: number | undefined): PerfTarget {
  return pid === undefined ? { pid: -1, cpu: onlineCpus()[0] ?? 0 } : { pid, cpu: -1 };
}
