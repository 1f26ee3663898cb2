/** What tests of providers share: attach points from text, and a machine that is nothing but data. */
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { defaultConfig as usualConfig, type ScriptConfig } from '../config.ts';
import { parse, type AttachPointText } from '../syntax/index.ts';
import type { Target, TracepointField, TracepointFormat } from '../target.ts';
import type { Resolution, ResolveOptions } from './provider.ts';
import { resolvePoint } from './resolve-point.ts';

/** Stacks small enough to be left, and what is still unstable refused. */
export const defaultConfig: ScriptConfig = {
  ...usualConfig,
  onStackLimit: 32,
  unstableImportStatement: 'error',
  unstableTypeinfo: 'error',
};

export function options(
  given: { uses?: string[]; args?: string[]; config?: Partial<ScriptConfig> } & Partial<
    Omit<ResolveOptions, 'uses' | 'config'>
  > = {},
): ResolveOptions {
  const { uses = [], args = [], config = {}, ...rest } = given;
  const names = new Set(args.length > 0 ? [...uses, 'args'] : uses);
  return {
    config: { ...defaultConfig, ...config },
    uses: { names, args: new Set(args) },
    pid: undefined,
    childPid: undefined,
    unsafe: false,
    ...rest,
  };
}

export interface FakeMachine extends Partial<Omit<Target, 'tracepoints' | 'tracepointFormat'>> {
  /** By `category:event`: fields as `offset size signed type name`. */
  readonly events?: Readonly<Record<string, readonly string[]>>;
  readonly tracefsError?: string;
  readonly features?: readonly string[];
}

export function fakeTarget(machine: FakeMachine = {}): Target {
  const {
    events = {},
    tracefsError,
    features = ['kprobe', 'uprobe', 'btf-tracepoint', 'attach-cookie'],
    ...rest
  } = machine;
  return {
    architecture: 'x86_64',
    kernelRelease: '6.12.0',
    possibleCpus: 4,
    btf: undefined,
    have: (feature) => features.includes(feature),
    tracepoints: (category) => {
      if (tracefsError !== undefined) return { error: tracefsError };
      return Object.keys(events)
        .filter((name) => category === undefined || name.startsWith(`${category}:`))
        .sort();
    },
    tracepointFormat: (category, event) =>
      tracefsError === undefined ? formatOf(events[`${category}:${event}`]) : undefined,
    kernelFunctions: () => ({ source: 'tracefs', functions: [] }),
    modules: () => [],
    kernelSymbol: () => undefined,
    userBinaries: () => ({ error: 'no such file' }),
    readHeader: () => undefined,
    headerFolders: () => [],
    pidNamespace: undefined,
    ...rest,
  };
}

function formatOf(fields: readonly string[] | undefined): TracepointFormat | undefined {
  return fields === undefined ? undefined : { id: 1, fields: fields.map(parseField) };
}

function parseField(text: string): TracepointField {
  const [, offset, size, signed, type, name] = /^(\d+) (\d+) ([01]) (.+) (\w+)$/.exec(text)!;
  return { type: type!, name: name!, offset: Number(offset), size: Number(size), signed: signed === '1' };
}

export function pointOf(text: string): AttachPointText {
  const { script, diagnostics } = parse({ name: 'test', text: `${text} {}` }, { positional: [] });
  const probe = script?.items[0];
  if (probe?.kind !== 'probe')
    throw new Error(`not a probe: ${text} (${diagnostics.map(({ message }) => message).join('; ')})`);
  return probe.points[0]!;
}

export function resolve(text: string, target: Target = fakeTarget(), given: ResolveOptions = options()): Resolution {
  return resolvePoint(pointOf(text), target, given);
}

/** Messages and hints, one line each, for comparison as text. */
export function complaints(resolution: Resolution): string {
  return resolution.diagnostics
    .flatMap(({ severity, message, hints = [] }) => [
      `${severity}: ${message}`,
      ...hints.map((hint) => `hint: ${hint}`),
    ])
    .join('\n');
}

export function pointNames(resolution: Resolution): readonly string[] {
  return resolution.variants.flatMap((variant) => variant.points.map((point) => point.name));
}

/** A kernel's types in small: raw tracepoints sys_enter, sys_exit and sched_switch, two functions and what system calls need. */
export function sampleBtf(): Btf {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { signed: true });
  const long = builder.int('long', 8, { signed: true });
  const unsignedInt = builder.int('unsigned int', 4);
  const unsignedLong = builder.int('unsigned long', 8);
  const bool = builder.int('bool', 1, { bool: true });
  const void_ = builder.pointer(0);
  builder.typedef('pid_t', int);
  builder.typedef('umode_t', builder.int('unsigned short', 2));
  const threadInfo = builder.struct('thread_info', 24, [
    ['flags', unsignedLong, 0],
    ['status', unsignedInt, 128],
  ]);
  const task = builder.pointer(builder.struct('task_struct', 64, [['thread_info', threadInfo, 0]]));
  const registers = builder.pointer(
    builder.struct('pt_regs', 168, [
      ['di', unsignedLong, 112 * 8],
      ['orig_ax', unsignedLong, 120 * 8],
    ]),
  );
  builder.struct('bpf_perf_event_data', 184, []);
  const file = builder.pointer(builder.struct('file', 8, []));
  const events = {
    sys_enter: [
      ['regs', registers],
      ['id', long],
    ],
    sys_exit: [
      ['regs', registers],
      ['ret', long],
    ],
    sched_switch: [
      ['preempt', bool],
      ['prev', task],
      ['next', task],
      ['prev_state', unsignedInt],
    ],
  } as const;
  for (const [event, parameters] of Object.entries(events)) {
    const prototype = builder.add({
      kind: 'funcProto',
      name: '',
      typeId: 0,
      variadic: false,
      parameters: [void_, ...parameters.map(([, typeId]) => typeId)].map((typeId) => ({ name: '', typeId })),
    });
    builder.typedef(`btf_trace_${event}`, builder.pointer(prototype));
    builder.func(`__probestub_${event}`, 0, [['__data', void_], ...parameters]);
  }
  builder.func('vfs_read', long, [
    ['file', file],
    ['buf', void_],
    ['count', unsignedLong],
  ]);
  builder.func('vfs_write', long, [['file', file]]);
  return Btf.decode(builder.encode());
}
