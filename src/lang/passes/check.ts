/**
 * The checker. Types depend on each other across probes (a map may be read before the probe that assigns it),
 * so each probe is checked again as long as types change that it uses; what its last check made is the checked tree.
 */
import type { CheckedFunction, CheckedProgram, CheckedScript, Statement } from '../checked/index.ts';
import { mergeConfig } from '../config-merge.ts';
import { placeInScript, spanOver } from '../diagnostic/index.ts';
import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import { type CDefinitions, type ImportedHeader, readCSection } from '../c/index.ts';
import { resolveImports } from '../imports/index.ts';
import { expandCMacros, expandScript } from '../expand/index.ts';
import { checkFunctions, declareFunctions } from './functions.ts';
import { declareLinked } from './linked.ts';
import { checkIterators, checkLimits, resolvePoints } from '../providers/index.ts';
import type { Block, MapDeclaration, Probe, Script } from '../syntax/index.ts';
import type { Target } from '../target.ts';
import { literalType } from '../types/index.ts';
import { Context } from './state/context.ts';
import type { Rules } from './state/context.ts';
import { findNothingToRun, findRepeatedNames, wantedPoints } from './scan/wanted-probes.ts';
import { checkExpression } from './expressions/expressions.ts';
import { checkCondition } from './expressions/operators.ts';
import type { CheckOptions } from './options.ts';
import { describeOptions, findOptions, unknownOptions } from './state/program-options.ts';
import { ProbeNames } from './state/probe-names.ts';
import { resolveVariables } from './scan/scopes.ts';
import { ScriptState } from './state/script-state.ts';
import type { ProgramState } from './state/script-state.ts';
import { checkBlock, checkStatement } from './statements/statements.ts';
import { isLeftOut } from './scan/comptime-predicate.ts';
import { scanAssignedMaps, scanProbe } from './scan/uses.ts';

export interface CheckResult {
  /** Undefined when some diagnostic is an error. */
  readonly checked: CheckedScript | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Types only ever widen; a script whose types still change after so many rounds defines a type by itself. */
const MAX_ROUNDS = 50;

const rules: Rules = { expression: checkExpression, block: checkBlock, statement: checkStatement };

/** What a script means on this target. Pure: all knowledge of the machine comes through `target`. */
export function check(written: Script, source: SourceFile, target: Target, options: CheckOptions): CheckResult {
  const configured = mergeConfig(written.config, options.environment);
  const { positional, includeFolders = [] } = options;
  const unstableStatements = configured.config.unstableImportStatement;
  const imported = resolveImports(written, source, target, { positional, includeFolders, unstableStatements });
  const { c, diagnostics: ofC } = readC(imported, source, target, options);
  const plain = c === undefined ? { script: imported.script, diagnostics: [] } : expandCMacros(imported.script, c);
  const { script, diagnostics: found } = expandScript(plain.script);
  const diagnostics: Diagnostic[] = [
    ...imported.diagnostics,
    ...ofC,
    ...configured.diagnostics,
    ...plain.diagnostics,
    ...found,
  ];
  // Uses of what was refused would look like further mistakes.
  if (diagnostics.some(isError)) return { checked: undefined, diagnostics };
  const linked = declareLinked(
    imported.objects,
    new Set(script.items.flatMap((item) => (item.kind === 'function' ? [item.name] : []))),
  );
  diagnostics.push(...linked.diagnostics);
  const { config } = configured;
  const all = script.items.filter((item) => item.kind === 'probe');
  diagnostics.push(...findRepeatedNames(all));
  const wanted = all.map((probe) => wantedPoints(probe, options.runs)).filter((probe) => probe !== undefined);
  const input = { target, options, config, assignedMaps: scanAssignedMaps(script), c, linked: linked.functions };
  const early = new ScriptState({ ...input, probeNames: new ProbeNames([]) });
  const probes = wanted.filter((probe) => !isLeftOut(probe, early, rules));
  const programs = probes.flatMap((probe) => resolvePrograms(probe, target, { ...options, config }, diagnostics));
  diagnostics.push(...checkIterators(programs));
  if (!diagnostics.some(isError)) diagnostics.push(...findNothingToRun(all, programs, options.runs));
  const probeNames = new ProbeNames(programs.filter(usesProbeName).map((program) => program.variant));
  const state = new ScriptState({ ...input, probeNames });
  for (const [name, option] of early.programOptions) state.programOptions.set(name, option);
  for (const item of script.items) if (item.kind === 'mapDeclaration') declareMap(state, item, diagnostics);
  const spaces = new Set(programs.map(({ variant }) => variant.context.space));
  diagnostics.push(...declareFunctions(script, state, spaces, rules));
  const checked = checkInRounds(state, programs);
  diagnostics.push(
    ...scopeDiagnostics([...programs, ...functionPrograms(state)]),
    ...state.diagnostics,
    ...checkLimits(
      programs.map((program) => program.variant),
      config,
    ),
  );
  const maps = state.finishMaps();
  // A script that is wrong may have come to no getopt() yet.
  const { named = new Map() } = options;
  const programOptions =
    named.size === 0 ? state.programOptions : new Map([...findOptions(script), ...state.programOptions]);
  if (!diagnostics.some(isError)) diagnostics.push(...unknownOptions(programOptions, named));
  const shown = withoutRepeats(diagnostics);
  if (shown.some(isError)) return { checked: undefined, diagnostics: shown };
  return { checked: { ...checked, maps, config, programOptions: describeOptions(programOptions) }, diagnostics: shown };
}

/** Nothing is read where there is no C. */
function readC(
  { script: { declarations }, headers }: { readonly script: Script; readonly headers: readonly ImportedHeader[] },
  source: SourceFile,
  target: Target,
  { includes = [], includeFolders = [], environment }: CheckOptions,
): { readonly c: CDefinitions | undefined; readonly diagnostics: readonly Diagnostic[] } {
  if (declarations.length === 0 && includes.length === 0 && headers.length === 0)
    return { c: undefined, diagnostics: [] };
  const input = { source, pieces: declarations, imports: headers, includes, includeFolders, environment };
  const { definitions, diagnostics } = readCSection(input, target);
  return { c: definitions, diagnostics };
}

// ---- programs -------------------------------------------------------------------------------------------

type ResolveOptions = CheckOptions & { readonly config: ScriptState['config'] };

/** One program for each variant of each attach point. */
function resolvePrograms(
  probe: Probe,
  target: Target,
  options: ResolveOptions,
  diagnostics: Diagnostic[],
): ProgramState[] {
  const uses = scanProbe(probe);
  const scopes = resolveVariables(probe);
  const { config, pid, childPid, childProgram, unsafe, probeFilter, off } = options;
  const process = { pid, childPid, childProgram };
  const resolution = resolvePoints(probe.points, target, { config, uses, ...process, unsafe, probeFilter, off });
  diagnostics.push(...resolution.diagnostics);
  if (resolution.variants.length === 0 && config.missingProbes === 'warn' && resolution.diagnostics.length > 0)
    diagnostics.push(noPoints(probe));
  const programs = resolution.variants.map((variant) => ({
    probe,
    variant,
    scopes,
    variableTypes: new Map(),
    deadBranches: new Set<Block>(),
  }));
  // A probe that is nowhere is not checked any further.
  if (programs.length === 0) diagnostics.push(...scopes.findings.map(({ diagnostic }) => diagnostic));
  return programs;
}

function functionPrograms({ functions }: ScriptState): readonly ProgramState[] {
  return [...functions.values()].flatMap(({ instances }) => [...instances.values()].map(({ program }) => program));
}

/** What is wrong with variables, except in branches that no program keeps. */
function scopeDiagnostics(programs: readonly ProgramState[]): Diagnostic[] {
  const found = new Set<Diagnostic>();
  for (const { scopes, deadBranches } of programs) {
    for (const { diagnostic, within } of scopes.findings)
      if (!within.some((branch) => deadBranches.has(branch))) found.add(diagnostic);
  }
  return [...found];
}

function noPoints(probe: Probe): Diagnostic {
  return {
    severity: 'warning',
    code: 'no-points',
    span: pointsSpan(probe),
    message: 'Probe has no valid attach points. It is left out.',
  };
}

function usesProbeName(program: ProgramState): boolean {
  return scanProbe(program.probe).names.has('probe');
}

/** Parts of a name that the kernel takes (15 characters show in its listings). */
function programName(program: ProgramState, index: number): string {
  const [first] = program.variant.points;
  const name = (first?.name ?? program.variant.provider).replace(/[^A-Za-z0-9]+/g, '_');
  return `${name.slice(0, 40)}_${index + 1}`;
}

// ---- rounds ---------------------------------------------------------------------------------------------

interface Round {
  readonly programs: readonly CheckedProgram[];
  readonly functions: readonly CheckedFunction[];
}

function checkInRounds(state: ScriptState, programs: readonly ProgramState[]): Round {
  const functions = [...state.functions.values()].flatMap(({ instances }) => [...instances.values()]);
  const all = [...programs, ...functions.map((instance) => instance.program)];
  const { progress } = state;
  const results: { checked: CheckedProgram; diagnostics: readonly Diagnostic[] }[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    programs.forEach((program, index) => {
      if (!progress.isOutdated(program)) return;
      state.diagnostics = [];
      progress.begin(program);
      const checked = checkProgram(state, program, index);
      progress.end();
      results[index] = { checked, diagnostics: state.diagnostics };
    });
    state.diagnostics = [];
    const before = progress.time;
    const called = checkFunctions(state, rules);
    state.diagnostics = [...results.flatMap(({ diagnostics }) => diagnostics), ...state.diagnostics];
    if (progress.time !== before || programs.some((program) => progress.isOutdated(program))) continue;
    if (countFromZero(state, all)) continue;
    return { programs: results.map(({ checked }) => checked), functions: called };
  }
  state.diagnostics.push({
    severity: 'error',
    code: 'endless-type',
    span: undefined,
    message: 'The type of some map or variable contains itself.',
  });
  return { programs: [], functions: [] };
}

/** A map or variable that is assigned only from itself (`@n = @n + 1`) is a number. True if there was one. */
function countFromZero(state: ScriptState, programs: readonly ProgramState[]): boolean {
  if (state.diagnostics.some(isError)) return false;
  let found = false;
  for (const program of programs) {
    for (const symbol of program.scopes.symbols.values()) {
      if (!symbol.assigned || program.variableTypes.has(symbol)) continue;
      state.setVariable(program, symbol, literalType(0n));
      found = true;
    }
  }
  // What maps hold may follow from that.
  if (found) return true;
  for (const map of state.maps.values()) {
    if (map.value !== undefined || map.aggregation !== undefined || !state.assignedMaps.has(map.node.name)) continue;
    state.joinValue(map, literalType(0n));
    found = true;
  }
  return found;
}

function checkProgram(state: ScriptState, program: ProgramState, index: number): CheckedProgram {
  const { probe, variant } = program;
  const context = new Context(state, program, rules);
  const predicate =
    probe.predicate === undefined ? undefined : checkCondition(context, probe.predicate, probe.predicate.span);
  const body: readonly Statement[] = checkBlock(context, probe.body);
  const variables = context.finishVariables();
  return {
    name: programName(program, index),
    variant,
    title: titleOf(probe, variant.provider),
    span: pointsSpan(probe),
    predicate,
    packet: context.packet,
    body,
    variables,
  };
}

function titleOf(probe: Probe, provider: string): string {
  return probe.points.map((point) => point.text).join(', ') || provider;
}

function pointsSpan(probe: Probe): Span {
  const first = probe.points[0]?.span ?? probe.span;
  return spanOver(first, probe.points.at(-1)?.span ?? first);
}

// ---- the script as a whole --------------------------------------------------------------------------------

const MAP_KINDS = ['hash', 'lruhash', 'percpuhash', 'percpulruhash'];

function declareMap(state: ScriptState, item: MapDeclaration, diagnostics: Diagnostic[]): void {
  const report = (code: string, message: string, hints?: readonly string[]) =>
    diagnostics.push({ severity: 'error', code, span: item.span, message, hints });
  if (!MAP_KINDS.includes(item.type)) {
    report('map-kind', `Invalid map type: ${item.type}`, [`Valid map types: ${MAP_KINDS.join(', ')}`]);
  } else if (item.maxEntries < 1n || item.maxEntries > 0xffff_ffffn) {
    report('range', `Max entries must be 1..4294967295 (provided ${item.maxEntries})`);
  } else if (state.maps.has(item.map)) {
    report('redeclared', `Map ${item.map} was already declared.`);
  } else {
    const map = state.makeMap(item.map, item.span, Number(item.maxEntries), item.type.includes('lru'), {
      kind: item.type,
      span: item.span,
    });
    if (!state.assignedMaps.has(item.map)) {
      diagnostics.push({
        severity: 'warning',
        code: 'unused-map',
        span: item.span,
        message: `Unused map declaration: ${map.node.name}`,
      });
    }
  }
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

/** Programs of one probe find the same mistakes. In the order of the text; what has no place in it comes last. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const ordered = diagnostics.toSorted((a, b) => orderOf(a.span) - orderOf(b.span));
  return ordered.filter(({ severity, span, message }) => {
    const key = `${severity}:${placeKey(span)}:${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function orderOf(span: Span | undefined): number {
  if (span === undefined) return Number.MAX_SAFE_INTEGER;
  return placeInScript(span)?.start ?? -1; // imported files come first
}

function placeKey(span: Span | undefined): string {
  if (span === undefined) return '';
  return `${span.source?.name ?? ''}:${span.start}:${span.end} ${placeKey(span.expandedFrom)}`;
}
