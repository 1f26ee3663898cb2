/** What programs that are given packets have in common. */
import type { PacketHook } from '../../../spec/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import type { Target } from '../../target.ts';
import { findTaggedType } from '../../types/index.ts';
import { fixedPoint } from '../fixed-point.ts';
import { NO_ARGS } from '../messages.ts';

export interface PacketProgram {
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  /** BPF_* attach type, where the kernel wants one at load. */
  readonly attachType?: number;
  readonly from: 'skb' | 'xdp';
  /** Struct that `ctx` points to. */
  readonly context: string;
  /** What lets the packet pass. */
  readonly verdict: number;
}

export function packetVariant(
  provider: string,
  name: string,
  hook: PacketHook,
  program: PacketProgram & { readonly hasLinkHeader: boolean },
  { btf }: Target,
): ProbeVariant {
  const { type, attachType, from, context, verdict, hasLinkHeader } = program;
  const contextType = btf === undefined ? undefined : findTaggedType(btf, 'struct', context);
  return fixedPoint(
    { hook, name },
    {
      provider,
      phase: 'run',
      programType: type,
      ...(attachType === undefined ? {} : { expectedAttachType: attachType }),
      verdict,
    },
    {
      space: 'kernel',
      args: { error: NO_ARGS },
      packet: { from, hasLinkHeader },
      ...(contextType === undefined ? {} : { contextType }),
      kernelStack: false,
      userStack: false,
    },
  );
}
