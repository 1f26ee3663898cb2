/** What stands outside probes and isn't built yet. */
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import type { CText, Script } from '../../syntax/index.ts';
import { refusalText } from './refusals.ts';
import type { Construct } from './refusals.ts';

export function refuseItems(script: Script): readonly Diagnostic[] {
  const found: Diagnostic[] = [...refuseDeclarations(script.declarations)];
  for (const item of script.imports) found.push(refusal('import', item.span));
  for (const item of script.items) {
    if (item.kind === 'function') found.push(refusal(item.kind, item.span));
  }
  return found;
}

function refusal(construct: Construct, span: Span): Diagnostic {
  return { severity: 'error', code: 'not-supported', span, message: refusalText(construct) };
}

/**
 * Kernel types come from BTF, so includes are needless. Older scripts guard theirs by BPFTRACE_HAVE_BTF, which
 * counts as defined.
 */
function refuseDeclarations(declarations: readonly CText[]): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const conditions: boolean[] = [];
  for (const { kind, text, span } of declarations) {
    const directive = kind === 'directive' ? /^#\s*(\w+)\s*(.*?)\s*$/.exec(text) : null;
    const guard = /^if(n?)def$/.exec(directive?.[1] ?? '');
    if (guard !== null && directive?.[2] === 'BPFTRACE_HAVE_BTF') conditions.push(guard[1] === '');
    else if (directive?.[1] === 'else' && conditions.length > 0) conditions.push(!conditions.pop());
    else if (directive?.[1] === 'endif' && conditions.length > 0) conditions.pop();
    else if (!conditions.includes(false)) found.push(...refuseText(directive?.[1], span));
  }
  return found;
}

function refuseText(directive: string | undefined, span: Span): readonly Diagnostic[] {
  switch (directive) {
    case undefined:
      return [refusal('definition', span)];
    case 'include':
      return [
        {
          severity: 'warning',
          code: 'include',
          span,
          message: '#include is not read in this version yet: kernel types come from BTF.',
        },
      ];
    case 'define':
      return [refusal('define', span)];
    default:
      return [refusal('conditional', span)];
  }
}
