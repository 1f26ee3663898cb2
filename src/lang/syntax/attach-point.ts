import type { Span } from '../diagnostic/index.ts';
import type { AttachComponent, AttachPointText } from './ast.ts';
import { isBlank } from './token.ts';

export interface ScannedAttachPoint {
  readonly point: AttachPointText;
  readonly problems: readonly { readonly message: string; readonly span: Span }[];
  /** Positional parameters that were not given. */
  readonly missing: readonly { readonly index: number; readonly span: Span }[];
}

/** Probe types whose targets hold no `/`, in long and short: there it begins a predicate. Elsewhere it may belong to a path. */
const WITHOUT_PATHS: ReadonlySet<string> = new Set(
  (
    'kprobe k kretprobe kr fentry f kfunc fexit fr kretfunc tracepoint t rawtracepoint rt ' +
    'profile p interval i software s hardware h self watchpoint w lsm xdp tc socket'
  ).split(' '),
);

/**
 * Reads the raw text of an attach point: up to a blank, `{`, `,` or, where it can be no part of a path, `/`. Quoted pieces
 * protect all of these; `$1`, `$2`… outside quotes are replaced by the text of `positional`.
 */
export function scanAttachPoint(text: string, start: number, positional: readonly string[]): ScannedAttachPoint {
  return new AttachPointScanner(text, start, positional).scan();
}

/** Whether an attach point can begin with `character`. */
export function startsAttachPoint(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z_*?["$]/.test(character);
}

class AttachPointScanner {
  private readonly text: string;
  private readonly start: number;
  private readonly positional: readonly string[];
  private readonly components: AttachComponent[] = [];
  private readonly problems: { message: string; span: Span }[] = [];
  private readonly missing: { index: number; span: Span }[] = [];
  /** Value, and how many of its characters came from quotes, of the component being read. */
  private value = '';
  private quotedLength = 0;
  private hasQuotes = false;
  private shown = '';

  constructor(text: string, start: number, positional: readonly string[]) {
    this.text = text;
    this.start = start;
    this.positional = positional;
  }

  scan(): ScannedAttachPoint {
    const name = /^([A-Za-z_]\w*)=/.exec(this.text.slice(this.start, this.start + 256))?.[1];
    let at = this.start + (name === undefined ? 0 : name.length + 1);
    while (at < this.text.length && !this.endsAt(at)) at = this.readPiece(at);
    this.endComponent();
    const span = { start: this.start, end: at };
    return {
      point: { span, name, text: this.shown, components: this.components },
      problems: this.problems,
      missing: this.missing,
    };
  }

  private endsAt(at: number): boolean {
    const character = this.text[at];
    if (character === '{' || character === ',') return true;
    if (character === '/' && WITHOUT_PATHS.has(this.components[0]?.text.toLowerCase() ?? '')) return true;
    return isBlank(this.text.charCodeAt(at)) || (character === '/' && this.components.length === 0);
  }

  private readPiece(at: number): number {
    const character = this.text[at]!;
    if (character === '"') return this.readQuoted(at);
    if (character === '$') return this.readPositional(at);
    this.addPlain(character);
    return at + 1;
  }

  private addPlain(characters: string): void {
    this.shown += characters;
    for (let i = 0; i < characters.length; i++) {
      if (characters[i] === ':') this.endComponent();
      else this.value += characters[i];
    }
  }

  private endComponent(): void {
    this.components.push({ text: this.value, quoted: this.hasQuotes && this.quotedLength === this.value.length });
    this.value = '';
    this.quotedLength = 0;
    this.hasQuotes = false;
  }

  private readQuoted(at: number): number {
    let end = at + 1;
    let value = '';
    while (end < this.text.length && this.text[end] !== '"' && this.text[end] !== '\n') {
      if (this.text[end] === '\\' && (this.text[end + 1] === '"' || this.text[end + 1] === '\\')) end++;
      value += this.text[end];
      end++;
    }
    if (this.text[end] === '"') end++;
    else this.problems.push({ message: 'unterminated string', span: { start: at, end } });
    this.shown += this.text.slice(at, end);
    this.value += value;
    this.quotedLength += value.length;
    this.hasQuotes = true;
    return end;
  }

  private readPositional(at: number): number {
    const digits = /^[0-9]+/.exec(this.text.slice(at + 1, at + 12))?.[0];
    if (digits === undefined) {
      this.addPlain('$');
      return at + 1;
    }
    const span = { start: at, end: at + 1 + digits.length };
    const index = Number(digits);
    const value = this.positional[index - 1] ?? '';
    if (index === 0) this.problems.push({ message: 'positional parameters begin with $1', span });
    else if (value === '') this.missing.push({ index, span });
    this.addPlain(value);
    return span.end;
  }
}
