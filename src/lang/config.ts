import type { OutputConfig, StackMode } from '../spec/index.ts';

/** All settings of a script (spec section 9), after defaults, config block and environment were merged. */
export interface ScriptConfig {
  readonly cacheUserSymbols: 'NONE' | 'PER_PROGRAM' | 'PER_PID';
  readonly cppDemangle: boolean;
  /** `cheapest`: any hook that means the same; `named`: the one that the probe is named after, one for each point. */
  readonly hookChoice: 'cheapest' | 'named';
  readonly lazySymbolication: boolean;
  readonly license: string;
  readonly logSizeBytes: number;
  readonly maxBpfProgs: number;
  readonly maxCatBytes: number;
  readonly maxMapKeys: number;
  readonly maxProbes: number;
  readonly maxStrlen: number;
  /** Values up to so many bytes may lie on the stack of the program. */
  readonly onStackLimit: number;
  /** Ring buffer bytes; default 8 MiB. */
  readonly ringBytes: number;
  readonly missingProbes: 'error' | 'warn' | 'ignore';
  readonly printMapsOnExit: boolean;
  readonly showDebugInfo: boolean;
  readonly stackMode: StackMode;
  readonly strTruncTrailer: string;
  /** False: addresses of processes are shown as numbers. */
  readonly userSymbols: boolean;
  readonly unstableDwUstack: Stability;
  readonly unstableImportStatement: Stability;
  readonly unstableTseries: Stability;
  readonly output: OutputConfig;
  readonly unstableTypeinfo: Stability;
}

/** How the use of a feature is met that may still change. */
export type Stability = 'enable' | 'warn' | 'error';

export const defaultConfig: ScriptConfig = {
  cacheUserSymbols: 'PER_PID',
  cppDemangle: true,
  hookChoice: 'cheapest',
  lazySymbolication: true,
  license: 'GPL',
  logSizeBytes: 1_000_000,
  maxBpfProgs: 1024,
  maxCatBytes: 10_240,
  maxMapKeys: 4096,
  maxProbes: 1024,
  maxStrlen: 1024,
  onStackLimit: 64,
  ringBytes: 8 * 1024 * 1024,
  missingProbes: 'error',
  printMapsOnExit: true,
  showDebugInfo: true,
  stackMode: 'bpftrace',
  strTruncTrailer: '..',
  userSymbols: true,
  unstableDwUstack: 'warn',
  unstableImportStatement: 'error',
  unstableTseries: 'warn',
  output: {},
  unstableTypeinfo: 'error',
};

const PAGE_BYTES = 4096;

/** The settings by the names that scripts give them, in alphabetical order. */
export function settingsOf(
  config: ScriptConfig,
): readonly (readonly [name: string, value: string | number | boolean])[] {
  const { averageDigits = 0, structuredKeys = false, oldAttachMessage = false, oldStatsText = false } = config.output;
  return [
    ['average_digits', averageDigits],
    ['cache_user_symbols', config.cacheUserSymbols],
    ['cpp_demangle', config.cppDemangle],
    ['hook_choice', config.hookChoice],
    ['json_structured_keys', structuredKeys],
    ['lazy_symbolication', config.lazySymbolication],
    ['license', config.license],
    ['log_size', config.logSizeBytes],
    ['max_bpf_progs', config.maxBpfProgs],
    ['max_cat_bytes', config.maxCatBytes],
    ['max_map_keys', config.maxMapKeys],
    ['max_probes', config.maxProbes],
    ['max_strlen', config.maxStrlen],
    ['missing_probes', config.missingProbes],
    ['old_attach_message', oldAttachMessage],
    ['old_stats_text', oldStatsText],
    ['on_stack_limit', config.onStackLimit],
    ['perf_rb_pages', config.ringBytes / PAGE_BYTES],
    ['print_maps_on_exit', config.printMapsOnExit],
    ['show_debug_info', config.showDebugInfo],
    ['stack_mode', config.stackMode],
    ['str_trunc_trailer', config.strTruncTrailer],
    ['unstable_dw_ustack', config.unstableDwUstack],
    ['unstable_import_statement', config.unstableImportStatement],
    ['unstable_tseries', config.unstableTseries],
    ['unstable_typeinfo', config.unstableTypeinfo],
  ];
}
