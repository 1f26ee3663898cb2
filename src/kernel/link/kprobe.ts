import { Errno } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { KprobeHook } from '../../spec/index.ts';
import { Attr, checked, cString, PERF_ATTR_SIZE, perfAdvice, perfUnitType, tryPerfEventOpen } from '../sys/index.ts';
import { whyExcluded } from './excluded.ts';
import { linkPerfEvents, probeTarget } from './perf-link.ts';
import type { AttachableProgram, Link } from './link.ts';

const RETURN_BIT = 1n;

/** One kernel function's entry or return, through the kprobe perf unit: kernel 4.17, cookie 5.15. */
export function attachKprobe(program: AttachableProgram, hook: KprobeHook, cookie?: bigint): Link {
  const type = perfUnitType('kprobe');
  if (type === undefined) throw kprobesMissing();
  const attr = new Attr(PERF_ATTR_SIZE)
    .u32(0, type)
    .u64(8, hook.return ? RETURN_BIT : 0n)
    .u64(16, 1);
  if (hook.function === undefined) attr.u64(64, hook.address ?? 0n);
  else attr.pointer(56, cString(kprobeSymbol(hook))).u64(64, hook.offset ?? 0);
  const target = probeTarget(undefined);
  const what = describeKprobe(hook);
  const event = checked(
    `perf_event_open of ${what}`,
    tryPerfEventOpen(attr, target),
    (errno) => kprobeAdvice(errno, hook) ?? perfAdvice(errno, target),
  );
  return linkPerfEvents('kprobe', program, [event], cookie);
}

/** `function`, or `module:function`, as the kernel looks it up. */
export function kprobeSymbol(hook: KprobeHook): string {
  return hook.module === undefined || hook.module === 'vmlinux' ? hook.function! : `${hook.module}:${hook.function!}`;
}

export function describeKprobe(hook: KprobeHook): string {
  const place = hook.function === undefined ? `0x${(hook.address ?? 0n).toString(16)}` : kprobeSymbol(hook);
  const offset = hook.function !== undefined && hook.offset !== undefined && hook.offset !== 0 ? `+${hook.offset}` : '';
  return `${hook.return ? 'kretprobe' : 'kprobe'} ${place}${offset}`;
}

function kprobeAdvice(errno: number, hook: KprobeHook): string | undefined {
  switch (errno) {
    case Errno.ENOENT:
      return `The kernel has no function ${hook.function ?? 'at this address'} that can be probed: it may be inlined, or named differently here.`;
    case Errno.EILSEQ:
      return 'This place is in the middle of an instruction: an offset has to be where one begins.';
    case Errno.EINVAL:
      return (
        whyExcluded(hook.function ?? '') ??
        'The kernel excludes this place from probing: its entry code and what probes themselves run on. Trace its caller, or a tracepoint.'
      );
    case Errno.EADDRNOTAVAIL:
      return 'The kernel has several functions of this name: give the address instead.';
    default:
      return undefined;
  }
}

export function kprobesMissing(): UnsupportedFeatureError {
  return new UnsupportedFeatureError(
    'kprobe',
    'this kernel cannot probe kernel functions: it was built without CONFIG_KPROBES and CONFIG_KPROBE_EVENTS',
    {
      minimumKernel: '4.17',
      advice: 'Use a tracepoint near the function instead.',
    },
  );
}
