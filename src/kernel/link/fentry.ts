import { Command, Errno } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { Attr, bpfAdvice, bpfCallName, systemError, tryBpf } from '../sys/index.ts';
import { whyExcluded } from './excluded.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';

type TypedFunctionHook = Hook & { readonly kind: 'fentry' };

/**
 * Entry or exit of a kernel function, or of another BPF program: kernel 5.5. The program was bound to it at load, so
 * there is no name here.
 */
export function attachTypedFunction(program: AttachableProgram, hook: TypedFunctionHook): Link {
  const result = tryBpf(Command.RawTracepointOpen, new Attr(24).u32(8, program.fd));
  if (result >= 0) return new DescriptorLink('fentry', { links: [result] });
  const what = describeTypedFunction(hook);
  if (result === -Errno.ENOTSUPP || result === -Errno.EOPNOTSUPP) {
    throw new UnsupportedFeatureError('fentry', `this kernel cannot attach to ${what}`, {
      advice: 'A kprobe of the same function, or a tracepoint near it, may serve.',
    });
  }
  throw systemError(`${bpfCallName(Command.RawTracepointOpen)} of ${what}`, -result, {
    advice: advice(-result, hook.function),
  });
}

/** No kprobe either: the kernel takes none where its own tracing may not be, unless it was built so (KPROBE_EVENTS_ON_NOTRACE). */
const INSTEAD = 'Trace its caller, or a tracepoint.';

function advice(errno: number, name: string): string | undefined {
  switch (errno) {
    case Errno.ENOENT:
    case Errno.ENODEV:
    case Errno.EINVAL:
      return whyExcluded(name) ?? `The kernel excludes this function from tracing. ${INSTEAD}`;
    case Errno.EBUSY:
      return (
        whyExcluded(name) ??
        `The kernel excludes this function from tracing (its entry code), or a live patch has taken it over. ${INSTEAD}`
      );
    case Errno.E2BIG:
      return 'Too many programs (38) are attached to this function already.';
    default:
      return bpfAdvice(errno);
  }
}

export function describeTypedFunction(hook: TypedFunctionHook): string {
  const owner = hook.module === undefined ? '' : `${hook.module}:`;
  return `${hook.return ? 'fexit' : 'fentry'} ${owner}${hook.function}`;
}
