/**
 * A kprobe that stands on fentry: the same event at a fraction of the cost, where the kernel allows it and the script can't
 * tell. What could tell: registers, `ctx`, the offset in the first frame of a kernel stack, arguments beyond the
 * declared ones, and what only kprobes may do.
 */
import type { ProbeContext, ProbeVariant } from '../../checked/index.ts';
import { UINT64 } from '../../checked/index.ts';
import type { Target } from '../../target.ts';
import { NO_ARGS } from '../messages.ts';
import type { ResolveOptions } from '../provider.ts';
import { candidateIn, typedVariant } from './fentry.ts';
import { typedFunction, type TypedFunction } from './prototype.ts';

/** What a kprobe has that fentry has not, or has otherwise. */
const TELLING = new Set(['reg', 'ctx', 'override', 'usermode', 'kstack', 'kfunc_allowed']);

export interface KprobePlace {
  readonly provider: 'kprobe' | 'kretprobe';
  readonly function: string;
  readonly module?: string;
  /** As `probe` has it. */
  readonly name: string;
}

/** The program; undefined where it has to be a kprobe. */
export function throughFentry(place: KprobePlace, target: Target, options: ResolveOptions): ProbeVariant | undefined {
  const names = [...options.uses.names];
  if (names.some((name) => TELLING.has(name) || /^sarg\d+$/.test(name))) return undefined;
  if (!target.have('fentry') || !target.have('attach-cookie')) return undefined;
  const candidate = candidateIn(target, place.module ?? 'vmlinux', place.function);
  const typed = candidate === undefined ? undefined : typedFunction(candidate.btf, candidate.prototype);
  if (candidate === undefined || typed === undefined || 'error' in typed) return undefined;
  const isBeyond = (name: string): boolean => /^arg\d+$/.test(name) && typed.words[Number(name.slice(3))] === undefined;
  if (names.some(isBeyond) || (names.includes('retval') && typed.wholeResult === undefined)) return undefined;
  const isReturn = place.provider === 'kretprobe';
  const variant = typedVariant(isReturn ? 'fexit' : 'fentry', candidate, typed, options, target);
  return {
    ...variant,
    provider: place.provider,
    points: variant.points.map((point) => ({ ...point, name: place.name })),
    context: asKprobe(variant.context, typed, place),
  };
}

/** The arguments lose their names and types: numbers are what the registers held. */
function asKprobe(context: ProbeContext, typed: TypedFunction, { provider, name }: KprobePlace): ProbeContext {
  const { returnValue: _, ...rest } = context;
  const own = {
    ...rest,
    probeType: provider,
    probeName: { kind: 'fixed', name } as const,
    args: { error: NO_ARGS },
  };
  if (provider === 'kretprobe')
    return typed.wholeResult === undefined ? own : { ...own, returnValue: { type: UINT64, access: typed.wholeResult } };
  return {
    ...own,
    argument: (index) => typed.words[index] ?? { error: `arg${index} is not an argument of this function` },
  };
}
