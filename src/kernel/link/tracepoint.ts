import { PerfType } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { Attr, PERF_ATTR_SIZE, perfEventOpen } from '../sys/index.ts';
import { tracefs } from '../tracefs/index.ts';
import { linkPerfEvents, probeTarget } from './perf-link.ts';
import type { AttachableProgram, Link } from './link.ts';

const PERF_SAMPLE_RAW = 1 << 10;

/** Perf tracepoint: kernel 4.7, cookie 5.15. Needs tracefs for the event's number. */
export function attachTracepoint(
  program: AttachableProgram,
  hook: Extract<Hook, { kind: 'tracepoint' }>,
  cookie?: bigint,
): Link {
  const name = `${hook.category}:${hook.event}`;
  const id = tracefs().eventId(hook.category, hook.event);
  if (id === undefined) {
    throw new UnsupportedFeatureError(`tracepoint ${name}`, `this kernel has no tracepoint ${name}`, {
      advice: 'List what there is with `sonde -l tracepoint:*`.',
    });
  }
  const attr = new Attr(PERF_ATTR_SIZE)
    .u32(0, PerfType.Tracepoint)
    .u64(8, id)
    .u64(16, 1)
    .u64(24, PERF_SAMPLE_RAW)
    .u32(48, 1);
  const event = perfEventOpen(attr, probeTarget(undefined), `tracepoint ${name}`);
  return linkPerfEvents('tracepoint', program, [event], cookie);
}
