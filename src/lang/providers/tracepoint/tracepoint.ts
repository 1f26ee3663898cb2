/**
 * tracepoint: the kernel's static events, by `category:event`. The cheapest hook that means the same is chosen:
 * a raw tracepoint where the script doesn't look at the record, one for all where it names many system calls.
 */
import { ProgramType } from '../../../abi/index.ts';
import type { PlannedPoint } from '../../../spec/index.ts';
import type { ProbeContext, ProbeVariant } from '../../checked/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { missing, pointWarning } from '../messages.ts';
import { nameByCookie, nameByFirst, shareProgram } from '../names.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { listTracepoints } from './list.ts';
import { findTracepoints, hasRawEvent, type TracepointMatch } from './matches.ts';
import { haveRawTracepoint, rawHook, rawProgram, rawTracepointNames } from './raw.ts';
import { recordFields } from './record-fields.ts';
import {
  groupBySignature,
  rawSyscallsVariant,
  rawSystemCalls,
  systemCallOf,
  type SystemCallMatch,
} from './system-calls.ts';

export const tracepoint: Provider = {
  name: 'tracepoint',
  aliases: ['tracepoint', 't'],
  resolve,
  list: listTracepoints,
};

/** Up to so many system calls get a perf tracepoint each, which costs the other system calls less. */
const MOST_PERF_SYSTEM_CALLS = 4;
/** More names than this are looked up faster in a list of all. */
const FEW = 8;

function resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const found = findTracepoints(point, target, options);
  if ('variants' in found) return found;
  const { matches, rawOnly } = found;
  const calls: SystemCallMatch[] = [];
  const others: TracepointMatch[] = [];
  for (const match of matches) {
    const call = systemCallOf(match, target);
    if (call === undefined) others.push(match);
    else calls.push(call);
  }
  const plan = new Plan(point, target, options, rawOnly);
  plan.addSystemCalls(calls);
  plan.addOthers(others);
  return plan.finish();
}

class Plan {
  readonly #point: AttachPointText;
  readonly #target: Target;
  readonly #options: ResolveOptions;
  readonly #rawOnly: string | undefined;
  readonly #variants: ProbeVariant[] = [];
  /** What needs its record, where records can't be had. */
  readonly #unreachable: TracepointMatch[] = [];

  constructor(point: AttachPointText, target: Target, options: ResolveOptions, rawOnly: string | undefined) {
    this.#point = point;
    this.#target = target;
    this.#options = options;
    this.#rawOnly = rawOnly;
  }

  get #usesArgs(): boolean {
    return this.#options.uses.args.size > 0;
  }

  addSystemCalls(calls: readonly SystemCallMatch[]): void {
    const canBeRaw = this.#rawOnly !== undefined || calls.length > MOST_PERF_SYSTEM_CALLS;
    if (!canBeRaw || !this.#haveSyscallTracepoints()) return this.#addPerf(calls);
    for (const group of groupBySignature(calls, this.#target, this.#options)) {
      if (this.#rawOnly === undefined && group.length <= MOST_PERF_SYSTEM_CALLS) this.#addPerf(group);
      else this.#variants.push(rawSystemCalls(group, this.#point.text, this.#target, this.#options));
    }
  }

  /** A kernel without BTF doesn't tell: every kernel that has the system calls' tracepoints has these two. */
  #haveSyscallTracepoints(): boolean {
    const { btf } = this.#target;
    return btf === undefined || haveRawTracepoint(btf, 'sys_enter');
  }

  addOthers(matches: readonly TracepointMatch[]): void {
    if (matches.length > FEW && this.#target.btf !== undefined) rawTracepointNames(this.#target.btf);
    const raw: TracepointMatch[] = [];
    const perf: TracepointMatch[] = [];
    for (const match of matches) {
      const isRaw = hasRawEvent(match) && haveRawTracepoint(this.#target.btf, match.event);
      const system =
        isRaw && match.category === 'raw_syscalls' ? rawSyscallsVariant(match, this.#target, this.#options) : undefined;
      if (system !== undefined) this.#variants.push(system);
      else if (isRaw && !this.#usesArgs) raw.push(match);
      else perf.push(match);
    }
    this.#addRaw(raw);
    this.#addPerf(perf);
  }

  #addRaw(matches: readonly TracepointMatch[]): void {
    for (const group of shareProgram(matches, this.#usesName, this.#target.have('attach-cookie-raw-tracepoint'))) {
      const points = group.map((match) => ({ hook: rawHook('raw', match.event), name: fullName(match) }));
      this.#variants.push(this.#variant(group, points, rawProgram('raw', '')));
    }
  }

  get #usesName(): boolean {
    return this.#options.uses.names.has('probe');
  }

  #addPerf(matches: readonly TracepointMatch[]): void {
    if (matches.length === 0) return;
    if (this.#rawOnly !== undefined) return void this.#unreachable.push(...matches);
    // System calls' pointers are of another address space: two programs where a wildcard meets both.
    const spaces = [...Map.groupBy(matches, spaceOf).values()];
    const groups = this.#usesArgs
      ? matches.map((match) => [match])
      : spaces.flatMap((group) => shareProgram(group, this.#usesName, this.#target.have('attach-cookie')));
    for (const group of groups) {
      const points = group.map((match) => ({
        hook: { kind: 'tracepoint', category: match.category, event: match.event } as const,
        name: fullName(match),
      }));
      this.#variants.push(this.#variant(group, points, { programType: ProgramType.Tracepoint }));
    }
  }

  #variant(
    group: readonly TracepointMatch[],
    named: readonly PlannedPoint[],
    program: ReturnType<typeof rawProgram>,
  ): ProbeVariant {
    const { points, probeName } = this.#usesName ? nameByCookie(named) : nameByFirst(named);
    const space = spaceOf(group[0]!);
    return {
      provider: 'tracepoint',
      phase: 'run',
      ...program,
      points,
      pointCount: points.length,
      context: {
        space,
        probeName,
        probeType: 'tracepoint',
        args: this.#usesArgs ? this.#argsOf(group[0]!, space) : [],
        kernelStack: true,
        userStack: true,
      },
      filterByPid: this.#options.pid !== undefined,
    };
  }

  #argsOf(match: TracepointMatch, space: 'kernel' | 'user'): ProbeContext['args'] {
    const format = this.#target.tracepointFormat(match.category, match.event);
    if (format !== undefined) return recordFields(format, this.#target, space);
    return { error: `The format of ${fullName(match)} can't be read` };
  }

  finish(): Resolution {
    const lost = this.#unreachable[0];
    if (lost === undefined) return { variants: this.#variants, diagnostics: this.#warnings() };
    const what = this.#usesArgs ? 'the fields of args can' : `${fullName(lost)} can`;
    const refusal = missing(this.#point, this.#options, {
      code: 'tracefs',
      message: `${this.#point.text} can't be attached here, for ${what} only be had from tracefs: ${this.#rawOnly}.`,
    });
    return {
      variants: refusal.diagnostics.some((each) => each.severity === 'error') ? [] : this.#variants,
      diagnostics: refusal.diagnostics,
    };
  }

  #warnings(): Resolution['diagnostics'] {
    const blind = this.#variants.some(
      (variant) => variant.systemCalls !== undefined && variant.systemCalls.compat === undefined,
    );
    if (!blind) return [];
    return [
      pointWarning(
        this.#point,
        'compat-system-calls',
        'System calls of 32-bit programs may be counted under the names of others: this kernel has no BTF to tell them apart',
      ),
    ];
  }
}

function fullName(match: TracepointMatch): string {
  return `tracepoint:${match.category}:${match.event}`;
}

function spaceOf(match: TracepointMatch): 'kernel' | 'user' {
  return match.category === 'syscalls' ? 'user' : 'kernel';
}
