/**
 * P-34: a program for the entries and one for the returns of the same functions become one, attached at both by one
 * link (kernel 6.10), in which a kernel function tells where a run is. It is called first, so each half is as it was.
 */
import { AttachType } from '../abi/index.ts';
import {
  AluOp,
  callKfunc,
  Class,
  classOf,
  type Instruction,
  isLoadImm64,
  jumpIf,
  JumpOp,
  mov64,
  operationOf,
  PseudoCall,
  PseudoLoad,
  slotCount,
  Source,
} from '../asm/index.ts';
import type { PlannedPoint, PlannedProbe, ProgramSpec, ScriptPlan } from '../spec/index.ts';
import type { Target } from './target.ts';

const IS_RETURN = 'bpf_session_is_return';

interface Compiled {
  readonly programs: readonly ProgramSpec[];
  readonly plan: ScriptPlan;
}

/** The same, or with fewer programs. Costs nothing where no two probes could be one. */
export function joinSessions({ programs, plan }: Compiled, target: Target): Compiled {
  const byName = new Map(programs.map((program) => [program.name, program]));
  const isMulti = (probe: PlannedProbe): boolean =>
    byName.get(probe.program)?.expectedAttachType === AttachType.TraceKprobeMulti;
  const joined = new Map<PlannedProbe, PlannedProbe>();
  const returns = plan.probes.filter((probe) => isMulti(probe) && isReturn(probe));
  for (const entry of plan.probes) {
    if (returns.length === 0) break;
    if (!isMulti(entry) || isReturn(entry)) continue;
    const at = returns.findIndex((each) => sameFunctions(entry, each));
    if (at >= 0) joined.set(entry, returns.splice(at, 1)[0]!);
  }
  for (const [entry, back] of joined) {
    const program = joinPrograms(byName.get(entry.program)!, byName.get(back.program)!);
    if (program === undefined) joined.delete(entry);
    else byName.set(entry.program, program);
  }
  if (joined.size === 0 || !hasSessions(target)) return { programs, plan };
  const gone = new Set(joined.values());
  for (const { program } of gone) byName.delete(program);
  return {
    programs: [...byName.values()],
    plan: {
      ...plan,
      probes: plan.probes
        .filter((probe) => !gone.has(probe))
        .map((probe) => {
          const back = joined.get(probe);
          return back === undefined ? probe : joinProbes(probe, back);
        }),
    },
  };
}

function hasSessions(target: Target): boolean {
  return target.have('kprobe-session') && target.btf?.find(IS_RETURN, 'func') !== undefined;
}

function isReturn({ points: [first] }: PlannedProbe): boolean {
  return first?.hook.kind === 'kprobe' && first.hook.return;
}

/** And what tells the functions apart, where both bodies ask. */
function sameFunctions(entry: PlannedProbe, back: PlannedProbe): boolean {
  const nameOf = ({ hook }: PlannedPoint): string | undefined => (hook.kind === 'kprobe' ? hook.function : undefined);
  return (
    entry.points.length === back.points.length &&
    entry.points.every((point, i) => {
      const other = back.points[i]!;
      const sameCookie = point.cookie === undefined || other.cookie === undefined || point.cookie === other.cookie;
      return nameOf(point) === nameOf(other) && sameCookie;
    })
  );
}

function joinProbes(entry: PlannedProbe, back: PlannedProbe): PlannedProbe {
  return {
    ...entry,
    title: `${entry.title},${back.title}`,
    pointCount: entry.pointCount + back.pointCount,
    points: entry.points.map((point, i) => ({ ...point, ...pickCookie(point, back.points[i]!) })),
  };
}

function pickCookie(point: PlannedPoint, other: PlannedPoint): Pick<PlannedPoint, 'cookie'> {
  const cookie = point.cookie ?? other.cookie;
  return cookie === undefined ? {} : { cookie };
}

/** How far a conditional jump reaches, in slots. */
const FARTHEST_JUMP = 0x7fff;

/**
 * Undefined where it can't be: functions beside a program's first one would stand between the halves, and an entry that
 * returns anything but 0 keeps the kernel from running the other half. The labels' jumps are resolved: they are for dumps.
 */
function joinPrograms(entry: ProgramSpec, back: ProgramSpec): ProgramSpec | undefined {
  const distance = slotCount(entry.instructions);
  if (entry.license !== 'GPL' || distance > FARTHEST_JUMP || !returnsZero(entry.instructions)) return undefined;
  if ([...entry.instructions, ...back.instructions].some(usesSubprogram)) return undefined;
  const { jumpTo: _, ...branch } = jumpIf('ne', 'r0', 0, '');
  return {
    ...entry,
    expectedAttachType: AttachType.TraceKprobeSession,
    instructions: [
      mov64('r6', 'r1'),
      callKfunc(IS_RETURN),
      mov64('r1', 'r6'),
      { ...branch, offset: distance },
      ...withPrefix(entry.instructions, 'entry.'),
      ...withPrefix(back.instructions, 'return.'),
    ],
  };
}

function usesSubprogram(each: Instruction): boolean {
  if (isLoadImm64(each)) return each.src === PseudoLoad.FUNC;
  return isOperation(each, JumpOp.CALL) && each.src === PseudoCall.SUBPROGRAM;
}

function returnsZero(instructions: readonly Instruction[]): boolean {
  return instructions.every((each, i) => {
    const before = instructions[i - 1];
    if (!isOperation(each, JumpOp.EXIT)) return true;
    return each.label === undefined && before !== undefined && clearsResult(before);
  });
}

const isOperation = (each: Instruction, operation: number): boolean =>
  classOf(each) === Class.JMP && operationOf(each) === operation;

function clearsResult({ opcode, dst, imm }: Instruction): boolean {
  return [Class.ALU, Class.ALU64].some((each) => opcode === (each | AluOp.MOV | Source.K)) && dst === 0 && imm === 0;
}

function withPrefix(instructions: readonly Instruction[], prefix: string): Instruction[] {
  return instructions.map((each) => (each.label === undefined ? each : { ...each, label: prefix + each.label }));
}
