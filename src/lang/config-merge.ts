/** Settings of a script: defaults, then its config block, then the environment (spec section 9). */
import { defaultConfig } from './config.ts';
import type { ScriptConfig, Stability } from './config.ts';
import { nearest } from './diagnostic/index.ts';
import type { Diagnostic, Span } from './diagnostic/index.ts';
import type { Config, ConfigSetting } from './syntax/index.ts';

type Changes = Partial<ScriptConfig>;
/** The new settings, or what was expected instead. */
type Reader = (text: string) => Changes | { readonly expected: string };

const PAGE_BYTES = 4096;
const MAX_AVERAGE_DIGITS = 9;
const LICENSES = ['GPL', 'GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL'];

/** Keys as written in scripts, without the optional prefix. */
const READERS: Readonly<Record<string, Reader>> = {
  cache_user_symbols: (text) =>
    oneOf(text, ['NONE', 'PER_PROGRAM', 'PER_PID'], (cacheUserSymbols) => ({ cacheUserSymbols }), text.toUpperCase()),
  cpp_demangle: boolean((cppDemangle) => ({ cppDemangle })),
  hook_choice: (text) => oneOf(text, ['cheapest', 'named'], (hookChoice) => ({ hookChoice })),
  lazy_symbolication: boolean((lazySymbolication) => ({ lazySymbolication })),
  license: (text) => oneOf(text, LICENSES, (license) => ({ license })),
  log_size: number(1, (logSizeBytes) => ({ logSizeBytes })),
  max_bpf_progs: number(1, (maxBpfProgs) => ({ maxBpfProgs })),
  max_cat_bytes: number(1, (maxCatBytes) => ({ maxCatBytes })),
  max_map_keys: number(1, (maxMapKeys) => ({ maxMapKeys })),
  max_probes: number(1, (maxProbes) => ({ maxProbes })),
  max_strlen: number(1, (maxStrlen) => ({ maxStrlen })),
  on_stack_limit: number(0, (onStackLimit) => ({ onStackLimit })),
  perf_rb_pages: ringPages,
  missing_probes: (text) => oneOf(text, ['error', 'warn', 'ignore'], (missingProbes) => ({ missingProbes })),
  print_maps_on_exit: boolean((printMapsOnExit) => ({ printMapsOnExit })),
  show_debug_info: boolean((showDebugInfo) => ({ showDebugInfo })),
  stack_mode: (text) => oneOf(text, ['bpftrace', 'perf', 'raw', 'build_id'], (stackMode) => ({ stackMode })),
  str_trunc_trailer: (strTruncTrailer) => ({ strTruncTrailer }),
  average_digits: number(0, (averageDigits) => ({ output: { averageDigits } }), MAX_AVERAGE_DIGITS),
  json_structured_keys: boolean((structuredKeys) => ({ output: { structuredKeys } })),
  old_attach_message: boolean((oldAttachMessage) => ({ output: { oldAttachMessage } })),
  old_stats_text: boolean((oldStatsText) => ({ output: { oldStatsText } })),
  unstable_dw_ustack: stability((unstableDwUstack) => ({ unstableDwUstack })),
  unstable_import_statement: stability((unstableImportStatement) => ({ unstableImportStatement })),
  unstable_tseries: stability((unstableTseries) => ({ unstableTseries })),
  unstable_typeinfo: stability((unstableTypeinfo) => ({ unstableTypeinfo })),
  use_blazesym: () => ({}),
};

/** Variables that were never settings of a script. */
const VARIABLES: Readonly<Record<string, Reader>> = {
  no_user_symbols: boolean((isOff) => ({ userSymbols: !isOff })),
};

/** For editors. */
export function settingNames(): readonly string[] {
  return Object.keys(READERS);
}

/** Old names: the new one, and whether the meaning is turned round. */
const RENAMED: Readonly<Record<string, { readonly to: string; readonly inverted?: true }>> = {
  strlen: { to: 'max_strlen' },
  no_cpp_demangle: { to: 'cpp_demangle', inverted: true },
  cat_bytes_max: { to: 'max_cat_bytes' },
  map_keys_max: { to: 'max_map_keys' },
};
const WITHOUT_EFFECT = new Set([
  'symbol_source',
  'max_type_res_iterations',
  'unstable_addr',
  'unstable_import',
  'unstable_macro',
  'unstable_map_decl',
]);
const ENVIRONMENT_ONLY = new Set(['btf', 'kernel_source', 'kernel_build', 'vmlinux', 'color', 'objcopy']);

export interface MergedConfig {
  readonly config: ScriptConfig;
  readonly diagnostics: readonly Diagnostic[];
}

export function mergeConfig(
  block: Config | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): MergedConfig {
  const merge = new Merge();
  for (const setting of block?.settings ?? []) merge.addSetting(setting);
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('BPFTRACE_') && value !== undefined) merge.addVariable(name, value);
  }
  return { config: { ...defaultConfig, ...merge.changes }, diagnostics: merge.diagnostics };
}

class Merge {
  changes: Changes = {};
  readonly diagnostics: Diagnostic[] = [];

  addSetting(setting: ConfigSetting): void {
    const key = setting.key.toLowerCase().replace(/^bpftrace_/, '');
    const text = setting.value.kind === 'integer' ? String(setting.value.value) : setting.value.text;
    if (ENVIRONMENT_ONLY.has(key))
      return this.#report('error', setting.span, `${key}: can only be set as an environment variable`);
    if (WITHOUT_EFFECT.has(key))
      return this.#report('warning', setting.span, `${key}: is deprecated and has no effect`);
    const renamed = Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined;
    if (renamed !== undefined)
      this.#report('warning', setting.span, `${key}: is deprecated. Use ${renamed.to} instead.`);
    const name = renamed?.to ?? key;
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (reader === undefined) return this.#reportUnknown(setting.span, key);
    this.#apply(setting.span, reader, key, renamed?.inverted === true ? invert(text) : text);
  }

  /** Unknown variables are ignored: others may mean something to other programs. */
  addVariable(variable: string, text: string): void {
    const key = variable.slice('BPFTRACE_'.length).toLowerCase();
    const renamed = Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined;
    const name = renamed?.to ?? key;
    const reader = Object.hasOwn(READERS, name)
      ? READERS[name]
      : Object.hasOwn(VARIABLES, key)
        ? VARIABLES[key]
        : undefined;
    if (reader !== undefined)
      this.#apply(undefined, reader, variable, renamed?.inverted === true ? invert(text) : text);
  }

  #apply(span: Span | undefined, reader: Reader, written: string, text: string): void {
    const result = reader(text);
    if ('expected' in result) this.#report('error', span, `${written}: ${result.expected}`);
    else this.changes = { ...this.changes, ...result, output: { ...this.changes.output, ...result.output } };
  }

  #reportUnknown(span: Span, key: string): void {
    const near = nearest(key, Object.keys(READERS));
    const hints = near === undefined ? undefined : [`Did you mean ${near}?`];
    this.diagnostics.push({
      severity: 'error',
      code: 'config',
      span,
      message: `${key}: not a known configuration option`,
      hints,
    });
  }

  #report(severity: Diagnostic['severity'], span: Span | undefined, message: string): void {
    this.diagnostics.push({ severity, code: 'config', span, message });
  }
}

// ---- values -----------------------------------------------------------------------------------------------

function boolean(set: (value: boolean) => Changes): Reader {
  return (text) => {
    const value = truth(text);
    return value === undefined ? { expected: `expecting true or false, got ${text}` } : set(value);
  };
}

function truth(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (['1', 'true', 'on', 'yes'].includes(lower)) return true;
  return ['0', 'false', 'off', 'no'].includes(lower) ? false : undefined;
}

function invert(text: string): string {
  const value = truth(text);
  return value === undefined ? text : String(!value);
}

function number(least: number, set: (value: number) => Changes, most = 0x7fff_ffff): Reader {
  return (text) => {
    if (!/^[0-9]+$/.test(text)) return { expected: `expecting a number, got ${text}` };
    const value = Number(text);
    if (value < least || value > most) return { expected: `expecting a number from ${least} to ${most}, got ${text}` };
    return set(value);
  };
}

function ringPages(text: string): Changes | { readonly expected: string } {
  const pages = Number(text);
  if (!/^[0-9]+$/.test(text)) return { expected: `expecting a number, got ${text}` };
  // 2 GiB is the largest ring of the kernel.
  if (pages < 1 || pages > 524_288 || (pages & (pages - 1)) !== 0)
    return { expected: `expecting a power of two up to 524288, got ${text}` };
  return { ringBytes: pages * PAGE_BYTES };
}

function oneOf<T extends string>(
  text: string,
  known: readonly T[],
  set: (value: T) => Changes,
  meant: string = text,
): Changes | { readonly expected: string } {
  const found = known.find((value) => value === meant);
  return found === undefined ? { expected: `expecting one of ${known.join(', ')}, got ${text}` } : set(found);
}

function stability(set: (value: Stability) => Changes): Reader {
  return (text) => oneOf(text, ['enable', 'warn', 'error'], set);
}
