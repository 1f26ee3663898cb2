import { Command, Errno } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { Attr, bpfAdvice, bpfCallName, systemError, tryBpf } from '../sys/index.ts';
import { cookieUnsupported } from './perf-link.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';

/** Raw tracepoint: kernel 4.17, cookie 6.10. Attaching and detaching take a tenth of a millisecond. */
export function attachRawTracepoint(
  program: AttachableProgram,
  hook: Extract<Hook, { kind: 'rawTracepoint' }>,
  cookie?: bigint,
): Link {
  return open(program, hook, new Attr(24).string(0, hook.event), cookie);
}

/** BTF-typed raw tracepoint: the program was bound to it at load, so it has no name here. Kernel 5.5, cookie 6.10. */
export function attachBtfTracepoint(
  program: AttachableProgram,
  hook: Extract<Hook, { kind: 'btfTracepoint' }>,
  cookie?: bigint,
): Link {
  return open(program, hook, new Attr(24), cookie);
}

function open(
  program: AttachableProgram,
  hook: Extract<Hook, { event: string }>,
  attr: Attr,
  cookie: bigint | undefined,
): Link {
  attr.u32(8, program.fd).u64(16, cookie ?? 0n);
  const result = tryBpf(Command.RawTracepointOpen, attr);
  if (result >= 0) return new DescriptorLink(hook.kind, { links: [result] });
  // An attr that is longer than the kernel knows, and not zero there.
  if (result === -Errno.E2BIG && cookie !== undefined) throw cookieUnsupported();
  if (result === -Errno.ENOENT) {
    throw new UnsupportedFeatureError(
      `raw tracepoint ${hook.event}`,
      `this kernel has no raw tracepoint ${hook.event}`,
      {
        advice: 'List what there is with `sonde -l rawtracepoint:*`.',
      },
    );
  }
  throw systemError(`${bpfCallName(Command.RawTracepointOpen)} of ${hook.event}`, -result, {
    advice: bpfAdvice(-result),
  });
}
