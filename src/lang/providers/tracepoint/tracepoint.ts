/**
 * tracepoint: the kernel's static events, by `category:event`. The cheapest hook that means the same is chosen:
 * a raw tracepoint where the script doesn't look at the record, one for all where it names many system calls.
 */
import { ProgramType } from '../../../abi/index.ts';
import type { PlannedPoint } from '../../../spec/index.ts';
import type { ProbeContext, ProbeVariant } from '../../checked/index.ts';
import type { Diagnostic } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { missing, pointWarning } from '../messages.ts';
import { nameByCookie, nameByFirst, shareProgram } from '../names.ts';
import { maySubstitute, type Provider, type Resolution, type ResolveOptions } from '../provider.ts';
import type { Optimization } from '../../optimizations.ts';
import { listTracepoints } from './list.ts';
import { findTracepoints, hasRawEvent, isOfAllCalls, type TracepointMatch } from './matches.ts';
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
  resolve: (point, target, options) => resolveList([point], target, options),
  resolveList,
  list: listTracepoints,
};

/** Up to so many system calls get a perf tracepoint each, which costs the other system calls less. */
const MOST_PERF_SYSTEM_CALLS = 4;
/** More names than this are looked up faster in a list of all. */
const FEW = 8;

function resolveList(points: readonly AttachPointText[], target: Target, options: ResolveOptions): Resolution {
  const diagnostics: Diagnostic[] = [];
  const plans: Plan[] = [];
  const calls = new Map<string, SystemCallMatch>();
  for (const point of points) {
    const found = findTracepoints(point, target, options);
    if ('variants' in found) {
      diagnostics.push(...found.diagnostics);
      continue;
    }
    const plan = new Plan(point, target, options, found.rawOnly);
    const others: TracepointMatch[] = [];
    const again: SystemCallMatch[] = [];
    for (const match of found.matches) {
      const call = systemCallOf(match, target);
      if (call === undefined) others.push(match);
      // A body at the same point twice runs twice.
      else if (calls.has(match.event)) again.push(call);
      else calls.set(match.event, call);
    }
    plan.addSystemCalls(again, point.text);
    plan.addOthers(others);
    plans.push(plan);
  }
  const title = points.map((point) => point.text).join(', ');
  plans[0]?.addSystemCalls([...calls.values()], title);
  const finished = plans.map((plan) => plan.finish());
  return {
    variants: finished.flatMap((each) => each.variants),
    diagnostics: [...diagnostics, ...finished.flatMap((each) => each.diagnostics)],
  };
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

  #mayStandIn(by: Optimization): boolean {
    return maySubstitute(this.#options, by) || this.#rawOnly !== undefined;
  }

  get #usesArgs(): boolean {
    return this.#options.uses.args.size > 0;
  }

  addSystemCalls(calls: readonly SystemCallMatch[], title: string): void {
    if (!this.#mayStandIn('dispatch') || (this.#rawOnly === undefined && calls.length <= MOST_PERF_SYSTEM_CALLS))
      return this.#addPerf(calls);
    for (const group of groupBySignature(calls, this.#target, this.#options)) {
      if (this.#rawOnly === undefined && group.length <= MOST_PERF_SYSTEM_CALLS) this.#addPerf(group);
      else this.#variants.push(rawSystemCalls(group, title, this.#target, this.#options));
    }
  }

  addOthers(matches: readonly TracepointMatch[]): void {
    if (!this.#mayStandIn('hooks')) return this.#addPerf(matches);
    if (matches.length > FEW && this.#target.btf !== undefined) rawTracepointNames(this.#target.btf);
    const raw: TracepointMatch[] = [];
    const perf: TracepointMatch[] = [];
    for (const match of matches) {
      const system = isOfAllCalls(match) ? rawSyscallsVariant(match, this.#target, this.#options) : undefined;
      if (system !== undefined) this.#variants.push(system);
      else if (!this.#usesArgs && this.#isRaw(match)) raw.push(match);
      else perf.push(match);
    }
    this.#addRaw(raw);
    this.#addPerf(perf);
  }

  #isRaw(match: TracepointMatch): boolean {
    return isOfAllCalls(match) || (hasRawEvent(match) && haveRawTracepoint(this.#target.btf, match.event));
  }

  #addRaw(matches: readonly TracepointMatch[]): void {
    for (const group of shareProgram(matches, this.#usesName, () =>
      this.#target.have('attach-cookie-raw-tracepoint'),
    )) {
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
      : spaces.flatMap((group) => shareProgram(group, this.#usesName, () => this.#target.have('attach-cookie')));
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
    if (format !== undefined) return recordFields(format, this.#target, space, this.#options.uses.args);
    return { error: `The format of ${fullName(match)} can't be read` };
  }

  finish(): Resolution {
    const lost = this.#unreachable[0];
    if (lost === undefined) return { variants: this.#variants, diagnostics: this.#warnings() };
    const what = this.#usesArgs ? 'the fields of args can' : `${fullName(lost)} can`;
    const refusal = missing(this.#point, this.#options, {
      code: 'tracefs',
      message: `${this.#point.text} can't be attached here, for ${what} only be had from tracefs: ${this.#rawOnly}.`,
      hints: this.#hintsWithoutTracefs(lost),
    });
    return {
      variants: refusal.diagnostics.some((each) => each.severity === 'error') ? [] : this.#variants,
      diagnostics: refusal.diagnostics,
    };
  }

  #hintsWithoutTracefs(lost: TracepointMatch): readonly string[] {
    const instead = this.#isRaw(lost)
      ? ` Or use rawtracepoint:${lost.event}, which needs no tracefs and has arguments of its own.`
      : '';
    return [`Run as root to read tracefs.${instead}`];
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
