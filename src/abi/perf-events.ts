/** `perf_event_attr.type`. */
export const PerfType = { Hardware: 0, Software: 1, Tracepoint: 2, HwCache: 3, Raw: 4, Breakpoint: 5 } as const;

/** A perf event that scripts name: `software:page-faults:100`. */
export interface PerfEvent {
  readonly name: string;
  readonly aliases: readonly string[];
  /** PERF_TYPE_*. */
  readonly type: number;
  /** PERF_COUNT_*. */
  readonly config: bigint;
  /** Sample once in this many events (ns for the clocks) when the script does not say. */
  readonly defaultPeriod: bigint;
}

function software(name: string, config: bigint, defaultPeriod: bigint, ...aliases: string[]): PerfEvent {
  return { name, aliases, type: PerfType.Software, config, defaultPeriod };
}
function hardware(name: string, config: bigint, defaultPeriod: bigint, ...aliases: string[]): PerfEvent {
  return { name, aliases, type: PerfType.Hardware, config, defaultPeriod };
}

export const softwareEvents: readonly PerfEvent[] = [
  software('alignment-faults', 7n, 1n),
  software('bpf-output', 10n, 1n),
  software('context-switches', 3n, 1000n, 'cs'),
  software('cpu-clock', 0n, 1_000_000n, 'cpu'),
  software('cpu-migrations', 4n, 1n),
  software('dummy', 9n, 1n),
  software('emulation-faults', 8n, 1n),
  software('major-faults', 6n, 1n),
  software('minor-faults', 5n, 100n),
  software('page-faults', 2n, 100n, 'faults'),
  software('task-clock', 1n, 1n),
];

export const hardwareEvents: readonly PerfEvent[] = [
  hardware('backend-stalls', 8n, 1_000_000n),
  hardware('branch-instructions', 4n, 100_000n, 'branches'),
  hardware('branch-misses', 5n, 100_000n),
  hardware('bus-cycles', 6n, 100_000n),
  hardware('cache-misses', 3n, 1_000_000n),
  hardware('cache-references', 2n, 1_000_000n),
  hardware('cpu-cycles', 0n, 1_000_000n, 'cycles'),
  hardware('frontend-stalls', 7n, 1_000_000n),
  hardware('instructions', 1n, 1_000_000n),
  hardware('ref-cycles', 9n, 1_000_000n),
];

/** Finds an event by name or alias; undefined when there is none. */
export function findPerfEvent(events: readonly PerfEvent[], name: string): PerfEvent | undefined {
  return events.find((event) => event.name === name || event.aliases.includes(name));
}
