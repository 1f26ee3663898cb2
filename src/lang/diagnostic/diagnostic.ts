import type { SourceText, TextSpan } from '../../base/index.ts';

/**
 * Half-open range of UTF-16 code unit indices in the text of `source`, or of the script where that is undefined.
 * `expandedFrom`: the place is in the body of a macro that was expanded for this call.
 */
export type Span = TextSpan;

export type Severity = 'error' | 'warning';

/** What is wrong with the user's script, as data; rendered late. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable short name of the rule: `unknown-identifier`, `type-mismatch`, `syntax`, … */
  readonly code: string;
  readonly message: string;
  /** Undefined: about the script as a whole. */
  readonly span: Span | undefined;
  /** Each becomes a `HINT: ` line. */
  readonly hints?: readonly string[];
  /** Further places with a text of their own: first declarations, operand types. */
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
}

/** A text with the name that diagnostics give it (`stdin` for -e and standard input). */
export type SourceFile = SourceText;

/** From the start of one place to the end of another; the first alone where the other one is in another text or body. */
export function spanOver(first: Span, last: Span): Span {
  const areTogether = first.source === last.source && first.expandedFrom === last.expandedFrom;
  return areTogether ? { ...first, end: last.end } : first;
}

/** The place in the script itself: of a macro's body, where the macro is called. Undefined: it is in another file. */
export function placeInScript(span: Span): Span | undefined {
  if (span.expandedFrom !== undefined) return placeInScript(span.expandedFrom);
  return span.source === undefined ? span : undefined;
}
