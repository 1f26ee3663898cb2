/** What the running kernel has, as `--info` lists it: each by trying. */
import { AttachType, HelperId, MapType, ProgramType } from '../../abi/index.ts';
import { VerifierError } from '../../base/index.ts';
import { alu64, call, exit, jumpIf as jump, type Instruction, mov64 } from '../../asm/index.ts';
import type { MapSpec, ProgramSpec } from '../../spec/index.ts';
import { modulesWithBtf } from '../btf-source.ts';
import { KernelMap } from '../map/index.ts';
import { KernelProgram } from '../program/index.ts';
import { answerTo } from './answer.ts';
import { type FeatureName, featureNames, haveHelper, probeFeature } from './features.ts';

export interface InventoryEntry {
  readonly name: string;
  readonly value: boolean | number;
}

export interface Inventory {
  readonly helpers: readonly InventoryEntry[];
  readonly features: readonly InventoryEntry[];
  readonly maps: readonly InventoryEntry[];
  readonly probes: readonly InventoryEntry[];
  /** Every feature that is asked for by name, as --no-feature takes it. */
  readonly named: readonly InventoryEntry[];
}

/** Takes some tens of milliseconds. */
export function takeInventory(): Inventory {
  return { helpers: helpers(), features: features(), maps: maps(), probes: probes(), named: named() };
}

/** By a trial of its own, whatever else the kernel has. */
const has = (feature: FeatureName): boolean => probeFeature(feature).answer === 'yes';

const yesNo = (name: string, value: boolean): InventoryEntry => ({ name, value });

/** Helpers of tracepoint programs, by the names that bpftrace gives them. */
const TRACING_HELPERS = {
  probe_read: HelperId.probe_read,
  probe_read_str: HelperId.probe_read_str,
  probe_read_user: HelperId.probe_read_user,
  probe_read_user_str: HelperId.probe_read_user_str,
  probe_read_kernel: HelperId.probe_read_kernel,
  probe_read_kernel_str: HelperId.probe_read_kernel_str,
  get_current_cgroup_id: HelperId.get_current_cgroup_id,
  send_signal: HelperId.send_signal,
  get_ktime_ns: HelperId.ktime_get_ns,
  get_boot_ns: HelperId.ktime_get_boot_ns,
  get_tai_ns: HelperId.ktime_get_tai_ns,
  jiffies64: HelperId.jiffies64,
  for_each_map_elem: HelperId.for_each_map_elem,
  get_ns_current_pid_tgid: HelperId.get_ns_current_pid_tgid,
  lookup_percpu_elem: HelperId.map_lookup_percpu_elem,
  loop: HelperId.loop,
} as const;

function helpers(): InventoryEntry[] {
  return [
    ...Object.entries(TRACING_HELPERS).map(([name, id]) => yesNo(name, haveHelper(ProgramType.Tracepoint, id))),
    yesNo('override_return', haveHelper(ProgramType.Kprobe, HelperId.override_return)),
    yesNo('get_func_ip', haveHelper(ProgramType.Kprobe, HelperId.get_func_ip)),
    yesNo('dpath', knowsHelper(ITERATOR, HelperId.d_path)),
    yesNo('skboutput', knowsHelper(TYPED_TRACEPOINT, HelperId.skb_output)),
  ];
}

function features(): InventoryEntry[] {
  return [
    { name: 'Instruction limit', value: acceptsLongProgram() ? 1_000_000 : 4096 },
    yesNo(
      'Loop support',
      answers(() => loads({ instructions: boundedLoop() })),
    ),
    yesNo('btf', has('btf')),
    yesNo('module btf', modulesWithBtf().length > 0),
    yesNo('map batch', has('map-batch')),
    yesNo('attach cookie', has('attach-cookie')),
    yesNo('uprobe refcount', has('uprobe')),
  ];
}

function named(): InventoryEntry[] {
  return featureNames.map((name) => yesNo(name.replaceAll('-', '_'), has(name)));
}

const MAPS = {
  hash: [MapType.Hash, 4],
  'percpu hash': [MapType.PercpuHash, 4],
  array: [MapType.Array, 4],
  'percpu array': [MapType.PercpuArray, 4],
  stack_trace: [MapType.StackTrace, 4],
  perf_event_array: [MapType.PerfEventArray, 4],
  ringbuf: [MapType.Ringbuf, 0],
} as const;

function maps(): InventoryEntry[] {
  return Object.entries(MAPS).map(([name, [type, keySizeBytes]]) =>
    yesNo(
      name,
      answers(() => makes(mapSpec(type, keySizeBytes))),
    ),
  );
}

function mapSpec(type: number, keySizeBytes: number): MapSpec {
  const isRing = type === MapType.Ringbuf;
  const valueSizeBytes = isRing ? 0 : type === MapType.PerfEventArray ? 4 : 8;
  return { name: 'probe', type, keySizeBytes, valueSizeBytes, maxEntries: isRing ? 65536 : 1, flags: 0 };
}

function probes(): InventoryEntry[] {
  return [
    yesNo('kprobe', has('kprobe')),
    yesNo(
      'tracepoint',
      answers(() => loads({ type: ProgramType.Tracepoint })),
    ),
    yesNo(
      'perf_event',
      answers(() => loads({ type: ProgramType.PerfEvent })),
    ),
    yesNo('fentry', has('fentry')),
    yesNo('raw_tracepoint', has('raw-tracepoint')),
    yesNo('uprobe', has('uprobe')),
    yesNo('kprobe_multi', has('kprobe-multi')),
    yesNo('kprobe_session', has('kprobe-session')),
    yesNo('uprobe_multi', has('uprobe-multi')),
    yesNo(
      'iter',
      answers(() => loads(ITERATOR)),
    ),
  ];
}

// ---- trials -----------------------------------------------------------------------------------------------

type Trial = Partial<ProgramSpec>;

const NOTHING: readonly Instruction[] = [mov64('r0', 0), exit()];
const ITERATOR: Trial = {
  type: ProgramType.Tracing,
  expectedAttachType: AttachType.TraceIter,
  attachTo: { kind: 'function', name: 'bpf_iter_task' },
};
const TYPED_TRACEPOINT: Trial = {
  type: ProgramType.Tracing,
  expectedAttachType: AttachType.TraceRawTp,
  attachTo: { kind: 'typedef', name: 'btf_trace_kfree_skb' },
};

function answers(probe: () => boolean): boolean {
  return answerTo({ title: '', minimumKernel: '', probe }).answer === 'yes';
}

function loads(trial: Trial): boolean {
  const spec = { name: 'probe', type: ProgramType.SocketFilter, license: 'GPL', instructions: NOTHING, ...trial };
  KernelProgram.load(spec).close();
  return true;
}

function makes(spec: MapSpec): boolean {
  KernelMap.create(spec).close();
  return true;
}

/** The call has no arguments: what the verifier complains about tells whether it knows the helper here. */
function knowsHelper(trial: Trial, helper: number): boolean {
  return answers(() => {
    try {
      return loads({ ...trial, instructions: [call(helper), ...NOTHING] });
    } catch (error) {
      if (!(error instanceof VerifierError) || error.log === '') throw error;
      return !/invalid func |unknown func |cannot use helper|not allowed/.test(error.log);
    }
  });
}

/** Since 5.2 privileged programs may have a million. */
function acceptsLongProgram(): boolean {
  return answers(() => loads({ instructions: [...Array.from({ length: 4200 }, () => mov64('r0', 0)), ...NOTHING] }));
}

/** Four rounds: since 5.3 the verifier follows loops that end. */
function boundedLoop(): readonly Instruction[] {
  return [mov64('r0', 4), { ...alu64('sub', 'r0', 1), label: 'again' }, jump('ne', 'r0', 0, 'again'), ...NOTHING];
}
