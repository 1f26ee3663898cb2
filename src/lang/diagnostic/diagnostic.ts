/** Half-open range of UTF-16 code unit indices in the text of `source`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

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

/** A script's text with the name that diagnostics give it (`stdin` for -e and standard input). */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}
