import type { Backend, MessageSink, SessionClock } from './backend.ts';
import type { Counters, WarningNews } from './counters.ts';
import type { Presenter } from './presenter.ts';

/** How often run-time warnings are looked for. */
const WARNING_INTERVAL_MS = 100;

export interface ReporterOptions {
  readonly backend: Backend;
  readonly counters: Counters;
  readonly presenter: Presenter;
  readonly messages: MessageSink;
  readonly clock: SessionClock;
  readonly warningLevel: 0 | 1 | 2;
  readonly verbose: boolean;
}

/** Says what went missing or wrong in the programs: while they run, and once more at the end where it is not overlooked. */
export class Reporter {
  /** Stacks shown empty because other stacks had taken their place in the stack map. */
  missingStacks = 0;
  readonly #options: ReporterOptions;
  #warningsLookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** At every look into the ring. */
  report(): void {
    this.#reportLosses();
    if (this.#options.clock.nowMs() - this.#warningsLookedAt >= WARNING_INTERVAL_MS) this.#reportWarnings();
  }

  /** After the last program has run. */
  reportLast(): void {
    this.#reportLosses();
    this.#reportWarnings();
  }

  /** The sums, after all output. */
  reportTotals(): void {
    if (this.#options.warningLevel === 0) return;
    const { lost } = this.#options.counters;
    if (lost > 0) this.#warn(`Total lost event count: ${lost}`);
    this.#reportMissed();
    for (const omission of this.#options.backend.resolver.omissions?.() ?? []) this.#warn(omission);
    if (this.missingStacks > 0) {
      this.#warn(
        `${this.missingStacks} stacks are shown empty: the stack map's place for them was taken by other stacks`,
      );
    }
  }

  /** Events that programs missed because one ran inside another. */
  missedEvents(): number {
    return this.#options.backend.missedEvents().reduce((sum, { count }) => sum + count, 0);
  }

  #reportLosses(): void {
    const lost = this.#options.counters.newlyLost();
    if (lost > 0) this.#options.presenter.lost(lost);
  }

  #reportWarnings(): void {
    const { clock, counters, presenter, backend, warningLevel } = this.#options;
    this.#warningsLookedAt = clock.nowMs();
    for (const { site, count, code } of mergePlaces(counters.newWarnings(warningLevel))) {
      const message = site.messageByCode?.[code] ?? site.message ?? backend.errorText(Math.abs(code));
      presenter.runtimeWarning(site, message, count, code);
    }
  }

  #reportMissed(): void {
    const total = this.missedEvents();
    if (total === 0) return;
    this.#warn(`Missed ${total} events: they came while a program was running on the same CPU`);
    if (!this.#options.verbose) return;
    for (const { program, count } of this.#options.backend.missedEvents()) {
      if (count > 0) this.#options.messages.write(`  ${count} by ${program}\n`);
    }
  }

  #warn(text: string): void {
    this.#options.messages.write(`WARNING: ${text}\n`);
  }
}

/** One place of the script may be several of the program: an unrolled loop, a probe with many points. */
function mergePlaces(news: readonly WarningNews[]): Iterable<WarningNews> {
  const merged = new Map<string, WarningNews>();
  for (const one of news) {
    const { span, helper, message, messageByCode } = one.site;
    const place = JSON.stringify([span, helper, messageByCode?.[one.code] ?? message ?? one.code]);
    const known = merged.get(place);
    merged.set(place, known === undefined ? one : { ...one, count: known.count + one.count });
  }
  return merged.values();
}
