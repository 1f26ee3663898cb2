import { renderLocated, type VerifierError } from '../base/index.ts';
import type { SourceFile } from '../lang/index.ts';
import type { CollectionSpec } from '../spec/index.ts';

/** The verifier's reason at the place of the script that the refused instruction comes from; empty where it is not known. */
export function explainRefusal(source: SourceFile, collection: CollectionSpec, error: VerifierError, colour: boolean): string {
  const program = collection.programs.find(({ name }) => name === error.program);
  const place = error.instruction === undefined ? undefined : program?.instructions[error.instruction]?.source;
  if (place === undefined) return '';
  return renderLocated(source, place, 'ERROR', "the kernel's verifier refuses the program here", { colour });
}
