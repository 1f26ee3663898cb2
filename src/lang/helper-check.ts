/** Which helpers programs may call differs from type to type and from kernel to kernel: said at the place in the script, before it is loaded. */
import { helperName } from '../abi/index.ts';
import type { Instruction } from '../asm/index.ts';
import type { CheckedProgram } from './checked/index.ts';
import type { Diagnostic } from './diagnostic/index.ts';
import type { Target } from './target.ts';

const CALL = 0x85;

/** For programs that are given packets: of tracing programs it is known what they may call. */
export function checkHelpers(
  { variant, span }: CheckedProgram,
  instructions: readonly Instruction[],
  target: Target,
): readonly Diagnostic[] {
  if (variant.context.packet === undefined || target.mayCallHelper === undefined) return [];
  const found = new Map<number, Diagnostic>();
  for (const { opcode, src, imm, source } of instructions) {
    if (opcode !== CALL || src !== 0 || found.has(imm) || target.mayCallHelper(variant.programType, imm)) continue;
    found.set(imm, {
      severity: 'error',
      code: 'helper',
      message: `This kernel doesn't let ${variant.provider} programs call bpf_${helperName(imm) ?? imm}`,
      span: source ?? span,
      hints: ['What this needs is not to be had where packets are seen: ask for it in another probe, or leave it out.'],
    });
  }
  return [...found.values()];
}
