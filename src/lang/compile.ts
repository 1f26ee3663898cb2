/** Text -> tree -> checked tree -> IR -> instructions -> CollectionSpec and plan: the whole compiler in one function. */
import { disassemble } from '../asm/index.ts';
import type { CollectionSpec, ProgramSpec, ScriptPlan } from '../spec/index.ts';
import { printChecked } from './checked/index.ts';
import type { CheckedProgram } from './checked/index.ts';
import { generateProgram, STACK_BYTES } from './codegen/index.ts';
import type { Diagnostic, SourceFile } from './diagnostic/index.ts';
import { clean, type IrFunction, printIr } from './ir/index.ts';
import { checkHelpers } from './helper-check.ts';
import { type LoweredScript, type LowerOptions, lowerScript } from './lower/index.ts';
import { check, type CheckOptions } from './passes/index.ts';
import { NONE_OFF, type Off } from './optimizations.ts';
import { joinSessions } from './sessions.ts';
import { parse, printAst } from './syntax/index.ts';
import type { Target } from './target.ts';

export interface CompileOptions extends Omit<CheckOptions, 'observe'>, Omit<LowerOptions, 'pid' | 'childPid'> {
  /** -d: called with the text of each stage that was asked for, as soon as there is one. */
  readonly dump?: { readonly stages: ReadonlySet<Stage>; readonly write: (stage: Stage, text: string) => void };
}

export const STAGES = ['parse', 'ast', 'types', 'codegen', 'codegen-opt', 'dis'] as const;
export type Stage = (typeof STAGES)[number];

export interface CompileResult {
  /** Undefined where a diagnostic is an error. */
  readonly compiled: { readonly collection: CollectionSpec; readonly plan: ScriptPlan } | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** The script's named options, a line for each: what `-- --help` prints. Undefined where the script is wrong. */
  readonly programOptions?: readonly string[];
}

export function compile(source: SourceFile, target: Target, options: CompileOptions): CompileResult {
  const dump = (stage: Stage, text: () => string): void => {
    if (options.dump?.stages.has(stage) === true) options.dump.write(stage, text());
  };
  const parsed = parse(source, { positional: options.positional });
  const { script } = parsed;
  if (script === undefined || hasError(parsed.diagnostics))
    return { compiled: undefined, diagnostics: parsed.diagnostics };
  const { off = NONE_OFF } = options;
  dump('parse', () => printAst(script));
  dump('ast', () => printAst(script));
  const { checked, diagnostics: found } = check(script, source, target, options);
  const diagnostics = [...parsed.diagnostics, ...mergeSameCause(found)];
  if (checked === undefined || hasError(diagnostics)) return { compiled: undefined, diagnostics };
  dump('types', () => printChecked(checked));

  const lowered = lowerScript(checked, source, target, options);
  diagnostics.push(...lowered.diagnostics);
  const functions = lowered.programs.flatMap((made) => made.functions);
  dump('codegen', () => functions.map(printIr).join('\n'));
  for (const fn of functions) clean(fn, off);
  dump('codegen-opt', () => functions.map(printIr).join('\n'));

  const programs: ProgramSpec[] = [];
  for (const made of lowered.programs) {
    const program = makeProgram(made.program, made.functions, {
      linked: lowered.linked,
      license: checked.config.license,
      off,
    });
    if ('severity' in program) {
      diagnostics.push(program);
    } else {
      diagnostics.push(...checkHelpers(made.program, program.instructions, target));
      programs.push(program);
    }
  }
  if (hasError(diagnostics)) return { compiled: undefined, diagnostics };
  const joined = off.has('sessions')
    ? { programs, plan: lowered.plan }
    : joinSessions({ programs, plan: lowered.plan }, target);
  dump('dis', () =>
    joined.programs.map((program) => `${program.name}:\n${disassemble(program.instructions)}\n`).join('\n'),
  );
  return {
    compiled: { collection: { maps: lowered.maps, programs: joined.programs }, plan: joined.plan },
    diagnostics,
    programOptions: checked.programOptions,
  };
}

function makeProgram(
  program: CheckedProgram,
  functions: readonly IrFunction[],
  { linked, license, off }: { linked: LoweredScript['linked']; license: string; off: Off },
): ProgramSpec | Diagnostic {
  const code = generateProgram(functions, linked, off);
  if ('stackOverflow' in code) return stackOverflow(program, code.stackOverflow);
  const { variant } = program;
  return {
    name: program.name,
    type: variant.programType,
    instructions: code.instructions,
    license,
    ...(variant.expectedAttachType === undefined ? {} : { expectedAttachType: variant.expectedAttachType }),
    ...(variant.attachTo === undefined ? {} : { attachTo: variant.attachTo }),
  };
}

function stackOverflow(program: CheckedProgram, bytes: number): Diagnostic {
  return {
    severity: 'error',
    code: 'stack-overflow',
    message: `This probe needs ${bytes} bytes of stack; an eBPF program has ${STACK_BYTES}`,
    span: program.span,
    hints: ['use fewer values at the same time, split the probe into several, or lower on_stack_limit'],
  };
}

/** Causes that lie in the machine, not in a place of the script: told once, with what helps at each place. */
const TOLD_ONCE: ReadonlySet<string> = new Set(['no-kprobes', 'no-fentry']);

function mergeSameCause(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const merged: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    const first = TOLD_ONCE.has(diagnostic.code) ? merged.findIndex(({ code }) => code === diagnostic.code) : -1;
    const { hints = [] } = diagnostic;
    if (first < 0) merged.push(diagnostic);
    else merged[first] = { ...merged[first]!, hints: [...new Set([...(merged[first]!.hints ?? []), ...hints])] };
  }
  return merged;
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
