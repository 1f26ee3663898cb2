/** What is known about a script while it is checked: kept from round to round until no type changes any more. */
import type { Aggregation, LinkedObject } from '../../../spec/index.ts';
import type { ProbeVariant, ScriptMap, Variable } from '../../checked/index.ts';
import type { CDefinitions } from '../../c/index.ts';
import type { ScriptConfig } from '../../config.ts';
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import type { Block, FunctionDefinition, Probe } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { commonType, sameMarks, sameType, withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { KernelFunction } from '../expressions/kernel-calls.ts';
import type { CheckOptions } from '../options.ts';
import type { ProgramOption } from './program-options.ts';
import type { ProbeNames } from './probe-names.ts';
import { Progress } from './progress.ts';
import type { ScopeResult, VariableSymbol } from '../scan/scopes.ts';

/** A script map in the making: lowering sees it when its types are final. */
export type MapNode = { -readonly [K in keyof ScriptMap]: ScriptMap[K] };
export type VariableNode = { -readonly [K in keyof Variable]: Variable[K] };

export interface MapState {
  readonly node: MapNode;
  /** Fixed by the first use with or without brackets. */
  keyed: boolean | undefined;
  key: Type | undefined;
  value: Type | undefined;
  aggregation: Aggregation | undefined;
  /** The sign of sum(), min(), … still follows only literals. */
  bendingSign: boolean;
  readonly declared: { readonly kind: string; readonly span: Span } | undefined;
}

export interface ProgramState {
  readonly probe: Probe;
  readonly variant: ProbeVariant;
  readonly scopes: ScopeResult;
  readonly variableTypes: Map<VariableSymbol, Type>;
  /** Branches that a comptime if leaves out. */
  readonly deadBranches: Set<Block>;
  /** Where this is no probe but a function of the script. */
  readonly function?: { readonly name: string; readonly result: Type };
}

/** A function of the script for one address space. */
export interface FunctionInstance {
  readonly program: ProgramState;
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  readonly result: Type;
}

export interface FunctionState {
  readonly definition: FunctionDefinition;
  /** Empty where its head is wrong. */
  readonly instances: ReadonlyMap<'kernel' | 'user', FunctionInstance>;
}

/** Functions that imports bring, by name. */
export type LinkedFunctions = ReadonlyMap<
  string,
  { readonly object: LinkedObject; readonly prototype: KernelFunction }
>;

/** Of the script as a whole. `diagnostics` belong to the running check. */
export class ScriptState {
  readonly target: Target;
  readonly options: CheckOptions;
  readonly config: ScriptConfig;
  readonly assignedMaps: ReadonlySet<string>;
  readonly probeNames: ProbeNames;
  /** What the C section defines; undefined: there is none. */
  readonly c: CDefinitions | undefined;
  readonly linked: LinkedFunctions;
  readonly maps = new Map<string, MapState>();
  /** By name, in the order of the script. */
  readonly programOptions = new Map<string, ProgramOption>();
  readonly functions = new Map<string, FunctionState>();
  /** Of the functions that user probes are at; `func` gives indexes. */
  readonly userFunctions: string[] = [];
  readonly #firstFunctions = new Map<readonly string[], number>();
  diagnostics: Diagnostic[] = [];
  readonly progress = new Progress();

  constructor(input: {
    target: Target;
    options: CheckOptions;
    config: ScriptConfig;
    assignedMaps: ReadonlySet<string>;
    probeNames: ProbeNames;
    c: CDefinitions | undefined;
    linked: LinkedFunctions;
  }) {
    this.target = input.target;
    this.options = input.options;
    this.config = input.config;
    this.assignedMaps = input.assignedMaps;
    this.probeNames = input.probeNames;
    this.c = input.c;
    this.linked = input.linked;
  }

  /** Index in `userFunctions` of the first of these names. */
  firstFunction(names: readonly string[]): number {
    let first = this.#firstFunctions.get(names);
    if (first === undefined) {
      // One name has one number: as a key of a map it is one key.
      const known = names.length === 1 ? this.userFunctions.indexOf(names[0]!) : -1;
      this.#firstFunctions.set(names, (first = known < 0 ? this.userFunctions.length : known));
      if (known < 0) this.userFunctions.push(...names);
    }
    return first;
  }

  map(name: string, span: Span): MapState {
    let state = this.maps.get(name);
    if (state === undefined) {
      state = this.makeMap(name, span, this.config.maxMapKeys, false, undefined);
    }
    return state;
  }

  makeMap(name: string, span: Span, maxEntries: number, lru: boolean, declared: MapState['declared']): MapState {
    const node: MapNode = {
      name,
      span,
      key: undefined,
      value: { kind: 'value', type: { kind: 'none' } },
      maxEntries,
      lru,
    };
    const state: MapState = {
      node,
      keyed: undefined,
      key: undefined,
      value: undefined,
      aggregation: undefined,
      bendingSign: true,
      declared,
    };
    this.maps.set(name, state);
    return state;
  }

  /** Widens the map's key type; false where the types don't go together. */
  joinKey(map: MapState, type: Type): boolean {
    const joined = joinedType(map.key, type);
    if (joined === undefined) return false;
    if (joined !== map.key) this.progress.mapChanged(map.node.name);
    map.key = joined;
    return true;
  }

  joinValue(map: MapState, type: Type): boolean {
    const joined = joinedType(map.value, type);
    if (joined === undefined) return false;
    if (joined !== map.value) this.progress.mapChanged(map.node.name);
    map.value = joined;
    return true;
  }

  joinVariable(program: ProgramState, symbol: VariableSymbol, type: Type): boolean {
    const known = program.variableTypes.get(symbol);
    const joined = joinedType(known, type);
    if (joined === undefined) return false;
    if (joined !== known) this.setVariable(program, symbol, joined);
    return true;
  }

  setVariable(program: ProgramState, symbol: VariableSymbol, type: Type): void {
    this.progress.variableChanged(program, symbol, !program.variableTypes.has(symbol));
    program.variableTypes.set(symbol, type);
  }

  setAggregation(map: MapState, aggregation: Aggregation, bendingSign: boolean): void {
    this.progress.mapChanged(map.node.name);
    map.aggregation = aggregation;
    map.bendingSign = bendingSign;
  }

  /** Puts the types found so far into the nodes that the tree shares. */
  finishMaps(): readonly ScriptMap[] {
    const maps: ScriptMap[] = [];
    for (const map of this.maps.values()) {
      const type: Type | undefined = map.value === undefined ? undefined : withoutLiterals(map.value);
      map.node.key = map.keyed === true && map.key !== undefined ? withoutLiterals(map.key) : undefined;
      // Where there are more keys than room, the ones that come up least make way.
      if (map.aggregation?.kind === 'topk' && map.declared === undefined) map.node.lru = true;
      if (map.aggregation !== undefined) map.node.value = { kind: 'aggregation', aggregation: map.aggregation };
      else if (type !== undefined) map.node.value = { kind: 'value', type };
      else continue;
      maps.push(map.node);
    }
    return maps;
  }
}

/** The wider type; `known` itself where nothing changes. Marks of literals stay, so that a later unsigned value still bends them. */
function joinedType(known: Type | undefined, type: Type): Type | undefined {
  if (known === undefined) return type;
  const joined = commonType(known, type);
  return joined !== undefined && sameType(joined, known) && sameMarks(joined, known) ? known : joined;
}
