/** A compiled script as text, to be run later on the same kernel: what --aot writes. */
import { statSync } from 'node:fs';
import { type Instruction, LD_IMM64 } from '../asm/index.ts';
import { FormatError, SondeError } from '../base/index.ts';
import { kernelRelease, kernelVersion, possibleCpus } from '../kernel/index.ts';
import type { CollectionSpec, ScriptPlan } from '../spec/index.ts';

export interface CompiledScript {
  readonly collection: CollectionSpec;
  readonly plan: ScriptPlan;
}

/** What the code depends on besides the script. */
interface Machine {
  readonly release: string;
  readonly version: string;
  readonly architecture: string;
  readonly cpus: number;
  /** Files with user probes: offsets in them are part of the plan. */
  readonly files: Readonly<Record<string, string>>;
}

interface Contents extends CompiledScript {
  readonly format: 1;
  readonly machine: Machine;
  /** Instructions that hold the time of the start: program, index, whether negated. */
  readonly startTimes: readonly StartTime[];
}

interface StartTime {
  readonly program: number;
  readonly index: number;
  readonly negated: boolean;
}

/**
 * `first` and `second` are the same script compiled for two different start times, so that the places that depend
 * on it show. Throws SondeError where code depends on it in another way than by holding it.
 */
export function encodeCompiled(
  first: CompiledScript,
  second: CompiledScript,
  [firstTime, secondTime]: readonly [bigint, bigint],
): string {
  const startTimes: StartTime[] = [];
  for (const [program, { instructions }] of first.collection.programs.entries()) {
    const others = second.collection.programs[program]?.instructions ?? [];
    if (others.length !== instructions.length) throw unsound();
    for (const [index, instruction] of instructions.entries()) {
      const negated = dependence(instruction, others[index]!, firstTime, secondTime);
      if (negated !== undefined) startTimes.push({ program, index, negated });
    }
  }
  const contents: Contents = { format: 1, machine: thisMachine(first.plan), startTimes, ...first };
  return JSON.stringify(contents, tag);
}

function dependence(one: Instruction, other: Instruction, first: bigint, second: bigint): boolean | undefined {
  if (one.imm === other.imm && one.imm64 === other.imm64 && one.opcode === other.opcode) return undefined;
  if (one.opcode === LD_IMM64 && one.imm64 === unsigned(first) && other.imm64 === unsigned(second)) return false;
  if (one.opcode === LD_IMM64 && one.imm64 === unsigned(-first) && other.imm64 === unsigned(-second)) return true;
  throw unsound();
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

function unsound(): SondeError {
  return new SondeError("this script can't be compiled ahead of time: its code depends on when it starts");
}

/** Throws FormatError for other text, SondeError where the machine is another one. */
export function decodeCompiled(text: string, startTimeNs: bigint): CompiledScript {
  const { format, machine, startTimes, collection, plan } = parseContents(text);
  if (format !== 1) throw new FormatError('compiled script', 0, 'an unknown format');
  checkMachine(machine, thisMachine(plan));
  const programs = collection.programs.map((program) => ({ ...program, instructions: [...program.instructions] }));
  for (const { program, index, negated } of startTimes) {
    const instructions = programs[program]?.instructions;
    const instruction = instructions?.[index];
    if (instructions === undefined || instruction === undefined)
      throw new FormatError('compiled script', 0, 'an instruction that is not there');
    const imm64 = unsigned(negated ? -startTimeNs : startTimeNs);
    instructions[index] = { ...instruction, imm64, imm: Number(BigInt.asIntN(32, imm64)) };
  }
  return { collection: { maps: collection.maps, programs }, plan };
}

function parseContents(text: string): Contents {
  try {
    return JSON.parse(text, untag) as Contents;
  } catch (error) {
    throw new FormatError('compiled script', 0, (error as Error).message);
  }
}

function thisMachine(plan: ScriptPlan): Machine {
  const paths = plan.probes.flatMap(({ points }) =>
    points.flatMap(({ hook }) => (hook.kind === 'uprobe' ? [hook.path] : [])),
  );
  const files = Object.fromEntries([...new Set(paths)].map((path) => [path, identityOf(path)]));
  return {
    release: kernelRelease(),
    version: kernelVersion(),
    architecture: process.arch,
    cpus: possibleCpus(),
    files,
  };
}

function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${stat.size}:${stat.mtimeMs}`;
}

function checkMachine(made: Machine, here: Machine): void {
  const differs =
    made.release !== here.release || made.version !== here.version || made.architecture !== here.architecture;
  const advice = 'Compile it again here.';
  if (differs)
    throw new SondeError(`this was compiled for Linux ${made.release} ${made.version}, not for this kernel`, {
      advice,
    });
  if (made.cpus !== here.cpus)
    throw new SondeError(`this was compiled for ${made.cpus} CPUs, this machine has ${here.cpus}`, { advice });
  const changed = Object.entries(made.files).find(([path, identity]) => here.files[path] !== identity);
  if (changed !== undefined) throw new SondeError(`${changed[0]} has changed since this was compiled`, { advice });
}

// ---- values that JSON lacks ---------------------------------------------------------------------------------

function tag(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Map) return { $map: [...value] };
  return value;
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { $bigint, $bytes, $map } = value as { $bigint?: string; $bytes?: string; $map?: [unknown, unknown][] };
  if ($bigint !== undefined) return BigInt($bigint);
  if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, 'base64'));
  return $map === undefined ? value : new Map($map);
}
