/** What stands outside probes and isn't built yet. */
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import type { Script } from '../../syntax/index.ts';
import { refusalText } from './refusals.ts';
import type { Construct } from './refusals.ts';

export function refuseItems(script: Script): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const item of script.imports) found.push(refusal('import', item.span));
  return found;
}

function refusal(construct: Construct, span: Span): Diagnostic {
  return { severity: 'error', code: 'not-supported', span, message: refusalText(construct) };
}
