import type { OutputConfig, StackMode } from '../spec/index.ts';

/** All settings of a script (spec section 9), after defaults, config block and environment were merged. */
export interface ScriptConfig {
  readonly cacheUserSymbols: 'NONE' | 'PER_PROGRAM' | 'PER_PID';
  readonly cppDemangle: boolean;
  readonly lazySymbolication: boolean;
  readonly license: string;
  readonly logSizeBytes: number;
  readonly maxBpfProgs: number;
  readonly maxCatBytes: number;
  readonly maxMapKeys: number;
  readonly maxProbes: number;
  readonly maxStrlen: number;
  readonly onStackLimit: number;
  /** Ring buffer bytes; default 8 MiB. */
  readonly ringBytes: number;
  readonly missingProbes: 'error' | 'warn' | 'ignore';
  readonly printMapsOnExit: boolean;
  readonly showDebugInfo: boolean;
  readonly stackMode: StackMode;
  readonly strTruncTrailer: string;
  readonly unstableTseries: Stability;
  readonly output: OutputConfig;
}

/** How the use of a feature is met that may still change. */
export type Stability = 'enable' | 'warn' | 'error';

export const defaultConfig: ScriptConfig = {
  cacheUserSymbols: 'PER_PID',
  cppDemangle: true,
  lazySymbolication: true,
  license: 'GPL',
  logSizeBytes: 1_000_000,
  maxBpfProgs: 1024,
  maxCatBytes: 10_240,
  maxMapKeys: 4096,
  maxProbes: 1024,
  maxStrlen: 1024,
  onStackLimit: 32,
  ringBytes: 8 * 1024 * 1024,
  missingProbes: 'error',
  printMapsOnExit: true,
  showDebugInfo: false,
  stackMode: 'bpftrace',
  strTruncTrailer: '..',
  unstableTseries: 'warn',
  output: {},
};
