import { renderLocated, type VerifierError } from '../base/index.ts';
import type { SourceFile } from '../lang/index.ts';
import type { CollectionSpec } from '../spec/index.ts';

/** The verifier's reason at the place of the script that the refused instruction comes from; empty where it is not known. */
export function explainRefusal(
  source: SourceFile,
  collection: CollectionSpec,
  error: VerifierError,
  colour: boolean,
): string {
  const program = collection.programs.find(({ name }) => name === error.program);
  const place = error.instruction === undefined ? undefined : program?.instructions[error.instruction]?.source;
  if (place === undefined) return '';
  const located = renderLocated(source, place, 'ERROR', "the kernel's verifier refuses the program here", { colour });
  const hint = HINTS.find(([reason]) => reason.test(error.message))?.[1];
  return hint === undefined ? located : `${located}HINT: ${hint}\n`;
}

/** What a script's author can do about refusals that don't come from a mistake of ours. */
const HINTS: readonly (readonly [reason: RegExp, hint: string])[] = [
  [/infinite loop|back-edge/, 'the verifier must see that a loop ends: count its rounds up to a fixed number.'],
  [
    /too large|too complex|Processed \d+ insn/,
    'the program has too many paths for the verifier: use smaller loops, fewer branches or several probes.',
  ],
  [/stack|combined stack size/, 'use fewer or smaller values at the same time.'],
];
