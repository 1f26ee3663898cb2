/** A checked script -> IR of its programs, kernel maps, and the plan for the user side. */
import { BpfFlag, MapType } from '../../abi/index.ts';
import type { EventSchema, LinkedObject, MapSpec, PlannedMap, PlannedProbe, ScriptPlan } from '../../spec/index.ts';
import type { CheckedFunction, CheckedProgram, CheckedScript, ScriptMap } from '../checked/index.ts';
import type { Diagnostic, SourceFile } from '../diagnostic/index.ts';
import type { IrFunction } from '../ir/index.ts';
import { NONE_OFF, type Off } from '../optimizations.ts';
import type { Target } from '../target.ts';
import { isWord, layout, sizeOf, stackMapName, type Type } from '../types/index.ts';
import { aggregationSizeBytes } from './aggregations.ts';
import { type LinkedCode, Linker } from './link.ts';
import type { LowerOptions, ScriptLowering, Storage } from './lowering.ts';
import { keySizeBytes } from './maps.ts';
import { lowerProgram } from './program.ts';
import { DataRegion } from './region.ts';
import { unwindMaps } from './unwind-maps.ts';

export interface LoweredScript {
  /** Of each program its functions, the one that the kernel runs first. */
  readonly programs: readonly { readonly program: CheckedProgram; readonly functions: readonly IrFunction[] }[];
  /** Imported functions, by the names that programs call them by. */
  readonly linked: ReadonlyMap<string, LinkedCode>;
  readonly maps: readonly MapSpec[];
  readonly plan: ScriptPlan;
  readonly diagnostics: readonly Diagnostic[];
}

const RING_MAP = 'ring';
/** Different stacks that can be told apart. */
const STACK_ENTRIES = 8192;
/** Above this size preallocating values for all CPUs and keys costs more memory than it saves time. */
const PREALLOCATED_VALUE_BYTES = 64;
/** The kernel's PCPU_MIN_UNIT_SIZE. */
const PER_CPU_VALUE_BYTES = 32 * 1024;

export function lowerScript(
  checked: CheckedScript,
  source: SourceFile,
  target: Target,
  options: LowerOptions,
): LoweredScript {
  const script = new ScriptState(checked, target, options);
  const programs = checked.programs.map((program) => ({ program, functions: lowerProgram(script, program) }));
  return { programs, linked: script.linker.code, ...script.finish(source), diagnostics: script.diagnostics };
}

class ScriptState implements ScriptLowering {
  readonly diagnostics: Diagnostic[] = [];
  readonly region: DataRegion;
  readonly linker: Linker;
  readonly target: Target;
  readonly options: LowerOptions;
  readonly off: Off;
  private readonly checked: CheckedScript;
  private readonly events: EventSchema[] = [];
  private readonly storages = new Map<string, Storage>();
  /** By the name of their map. */
  private readonly stacks = new Map<string, Type & { kind: 'stack' }>();
  private readonly usesRing: boolean;
  private readonly deletedFrom: ReadonlySet<string>;
  private readonly counters: ReadonlySet<string>;
  private readonly assigned: ReadonlySet<string>;
  private readonly hits = new Map<CheckedProgram, number>();
  private readonly wake: number = 0;
  private lost: number | undefined;
  private exit: number | undefined;
  private zeroArea: { offset: number; sizeBytes: number } | undefined;

  constructor(checked: CheckedScript, target: Target, options: LowerOptions) {
    this.checked = checked;
    this.target = target;
    this.options = options;
    this.off = options.off ?? NONE_OFF;
    this.region = new DataRegion(target.possibleCpus);
    this.linker = new Linker(this.region);
    const facts = new ScriptFacts();
    for (const program of checked.programs) facts.visit([program.predicate, program.body]);
    for (const fn of checked.functions) facts.visit(fn.body);
    this.usesRing = facts.emits && usesRing(checked);
    this.deletedFrom = facts.deletedFrom;
    this.counters = facts.counters;
    this.assigned = facts.assigned;
    if (this.usesRing)
      this.wake = this.region.sharedBytes(Uint8Array.of(BpfFlag.BPF_RB_NO_WAKEUP, 0, 0, 0, 0, 0, 0, 0));
    // What all CPUs read comes first, so that every map has its place before programs are lowered.
    for (const map of checked.maps) this.storages.set(map.name, this.makeStorage(map));
    const largest = Math.max(
      0,
      ...[...this.storages.values()].map((storage) =>
        storage.planned.kind === 'map' && storage.planned.perCpu ? storage.valueSizeBytes : 0,
      ),
    );
    if (largest > 0) this.zeroArea = { offset: this.region.shared(largest), sizeBytes: largest };
  }

  get config(): CheckedScript['config'] {
    return this.checked.config;
  }

  function(name: string, space: 'kernel' | 'user'): CheckedFunction {
    return this.checked.functions.find((fn) => fn.name === name && fn.space === space) as CheckedFunction;
  }

  link(object: LinkedObject, name: string): string {
    return this.linker.link(object, name);
  }

  addEvent(make: (id: number) => EventSchema): number {
    const id = this.events.length;
    this.events.push(make(id));
    return id;
  }

  ring(): string {
    return RING_MAP;
  }

  hasRing(): boolean {
    return this.usesRing;
  }

  lostOffset(): number {
    return (this.lost ??= this.region.perCpu(8));
  }

  wakeOffset(): number {
    return this.wake;
  }

  exitOffset(): number {
    return (this.exit ??= this.region.shared(8));
  }

  hitOffset(program: CheckedProgram): number | undefined {
    const { provider } = program.variant;
    if (provider !== 'kprobe' && provider !== 'kretprobe') return undefined;
    let offset = this.hits.get(program);
    if (offset === undefined) this.hits.set(program, (offset = this.region.shared(8)));
    return offset;
  }

  zeros(_sizeBytes: number): number {
    return this.zeroArea?.offset ?? 0;
  }

  stackMap(type: Type & { kind: 'stack' }): string {
    const name = stackMapName(type);
    this.stacks.set(name, type);
    return name;
  }

  storageOf(map: ScriptMap): Storage {
    return this.storages.get(map.name) as Storage;
  }

  // ---- storage ------------------------------------------------------------------------------------

  private makeStorage(map: ScriptMap): Storage {
    const isDeletedFrom = this.deletedFrom.has(map.name);
    if (map.value.kind === 'aggregation') {
      const valueSizeBytes = aggregationSizeBytes(map.value.aggregation);
      if (map.key !== undefined && valueSizeBytes > PER_CPU_VALUE_BYTES) this.refuseSize(map, valueSizeBytes);
      if (map.key === undefined) {
        const offset = this.region.perCpu(valueSizeBytes);
        // A sum of 0 is no unset sum; the others tell by their counts.
        const isSet = map.value.aggregation.kind === 'sum' ? { isSetOffset: this.region.perCpu(8) } : {};
        return {
          planned: { kind: 'perCpu', offset, sizeBytes: valueSizeBytes, ...isSet },
          map: undefined,
          valueSizeBytes,
          isDeletedFrom,
        };
      }
      return { ...this.ownMap(map, valueSizeBytes, true), isDeletedFrom };
    }
    if (map.key === undefined && isWord(map.value.type)) {
      const planned = {
        kind: 'shared' as const,
        valueOffset: this.region.shared(8),
        isSetOffset: this.region.shared(8),
      };
      return { planned, map: undefined, valueSizeBytes: 8, isDeletedFrom };
    }
    return { ...this.ownMap(map, Math.ceil(Math.max(1, sizeOf(map.value.type)) / 8) * 8, false), isDeletedFrom };
  }

  private refuseSize(map: ScriptMap, sizeBytes: number): void {
    this.diagnostics.push({
      severity: 'error',
      code: 'map-size',
      message: `Each key of ${map.name} would take ${sizeBytes} bytes per CPU; the kernel allows ${PER_CPU_VALUE_BYTES}`,
      span: map.span,
      hints: ['keep fewer intervals or buckets, or leave the key out'],
    });
  }

  private ownMap(map: ScriptMap, valueSizeBytes: number, perCpu: boolean): Omit<Storage, 'isDeletedFrom'> {
    const name = `map${map.name === '@' ? '' : `_${map.name.slice(1)}`}`;
    const plain = perCpu ? MapType.PercpuHash : MapType.Hash;
    const type = map.lru ? (perCpu ? MapType.LruPercpuHash : MapType.LruHash) : plain;
    const keyBytes = keySizeBytes(map.key);
    const isLarge = valueSizeBytes + keyBytes > PREALLOCATED_VALUE_BYTES;
    const onDemand = !map.lru && isLarge && this.target.have('no-prealloc-tracing');
    const spec: MapSpec = {
      name,
      title: map.name,
      type,
      keySizeBytes: keyBytes,
      valueSizeBytes,
      maxEntries: map.key === undefined ? 1 : map.maxEntries,
      flags: onDemand ? BpfFlag.BPF_F_NO_PREALLOC : 0,
    };
    return { planned: { kind: 'map', map: name, perCpu }, map: spec, valueSizeBytes };
  }

  // ---- results ------------------------------------------------------------------------------------

  finish(source: SourceFile): { maps: MapSpec[]; plan: ScriptPlan } {
    const { config } = this.checked;
    const maps: MapSpec[] = [];
    for (const storage of this.storages.values()) if (storage.map !== undefined) maps.push(storage.map);
    for (const [name, { limit, unwound }] of this.stacks) {
      maps.push({
        name,
        type: unwound ? MapType.Hash : MapType.StackTrace,
        keySizeBytes: unwound ? 8 : 4,
        valueSizeBytes: limit * 8,
        maxEntries: STACK_ENTRIES,
        flags: 0,
      });
    }
    const unwinds = [...this.stacks.values()].some(({ unwound }) => unwound);
    if (unwinds) maps.push(...unwindMaps);
    if (this.usesRing) {
      this.lostOffset();
      maps.push({
        name: RING_MAP,
        type: MapType.Ringbuf,
        keySizeBytes: 0,
        valueSizeBytes: 0,
        maxEntries: config.ringBytes,
        flags: 0,
      });
    }
    const data = this.region.isUsed ? this.region.finish(this.lost, this.exit) : undefined;
    if (data !== undefined) maps.push(data.map);
    const plan: ScriptPlan = {
      source,
      probes: this.checked.programs.map((program) => this.plannedProbe(program)),
      maps: this.checked.maps.map((map) => this.plannedMap(map)),
      events: this.events,
      ...(this.usesRing ? { ring: { map: RING_MAP, sizeBytes: config.ringBytes, wakeOffset: this.wake } } : {}),
      ...(data === undefined ? {} : { data: data.layout }),
      ...(unwinds ? { unwinds } : {}),
      config: {
        printMapsOnExit: config.printMapsOnExit,
        missingProbes: config.missingProbes,
        strTruncTrailer: config.strTruncTrailer,
        maxCatBytes: config.maxCatBytes,
        cppDemangle: config.cppDemangle,
        cacheUserSymbols: config.cacheUserSymbols,
        userSymbols: config.userSymbols,
        showDebugInfo: config.showDebugInfo,
        logSizeBytes: config.logSizeBytes,
        output: config.output,
      },
    };
    return { maps, plan };
  }

  private plannedProbe(program: CheckedProgram): PlannedProbe {
    const { name, variant, title, span } = program;
    const hitOffset = this.hitOffset(program);
    return {
      program: name,
      phase: variant.phase,
      points: variant.points,
      pointCount: variant.pointCount,
      title,
      ...(variant.label === undefined ? {} : { label: variant.label }),
      span,
      ...(hitOffset === undefined ? {} : { hitOffset }),
    };
  }

  private plannedMap(map: ScriptMap): PlannedMap {
    const value = map.value.kind === 'value' ? { kind: 'value' as const, type: layout(map.value.type) } : map.value;
    return {
      name: map.name,
      key: map.key === undefined ? undefined : layout(map.key),
      value,
      storage: this.storageOf(map).planned,
      ...(this.counters.has(map.name) && !this.assigned.has(map.name) ? { isCounter: true } : {}),
    };
  }
}

/** Records of iterators go into their files. Functions send for who calls them. */
function usesRing({ programs, functions }: CheckedScript): boolean {
  const others = programs.filter(({ variant }) => variant.context.output === undefined);
  if (others.length === programs.length) return true;
  const facts = new ScriptFacts();
  for (const { predicate, body } of others) facts.visit([predicate, body]);
  if (others.length > 0) for (const fn of functions) facts.visit(fn.body);
  return facts.emits;
}

/** Any node, as far as it concerns us. */
interface Facts {
  readonly kind?: string;
  readonly map?: ScriptMap;
  readonly event?: { readonly kind: string; readonly map?: ScriptMap };
  readonly target?: { readonly map?: ScriptMap };
}

/** What one look over the whole tree tells. */
class ScriptFacts {
  emits = false;
  readonly deletedFrom = new Set<string>();
  /** Maps of `++` and `--`, and those assigned. */
  readonly counters = new Set<string>();
  readonly assigned = new Set<string>();

  visit(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const item of node) this.visit(item);
      return;
    }
    const { kind, map, event, target } = node as Facts;
    if (kind === 'increment' && target?.map !== undefined) this.counters.add(target.map.name);
    if (kind === 'assignMap' && map !== undefined) this.assigned.add(map.name);
    if (kind === 'mapDelete' && map !== undefined) this.deletedFrom.add(map.name);
    if (kind === 'emit' && event !== undefined) {
      if (event.kind !== 'exit') this.emits = true;
      if (event.kind === 'clearMap' && event.map !== undefined) this.deletedFrom.add(event.map.name);
    }
    for (const key in node) {
      const child = (node as Readonly<Record<string, unknown>>)[key];
      if (typeof child !== 'object' || child === null) continue;
      if (key !== 'type' && key !== 'map' && key !== 'variable' && key !== 'span') this.visit(child);
    }
  }
}
