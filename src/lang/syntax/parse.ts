import { BugError } from '../../base/index.ts';
import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import { checkSourceText } from '../source/index.ts';
import type { Expression, Macro, Script } from './ast.ts';
import { SyntaxFailure, TooManyErrors } from './cursor.ts';
import { ScriptParser } from './script-parser.ts';

export interface ParseOptions {
  /** `$1`, `$2`, … as given: they replace those in unquoted attach points. Elsewhere they stay nodes. */
  readonly positional: readonly string[];
}

export interface ParseResult {
  /** Undefined when some diagnostic is an error. */
  readonly script: Script | undefined;
  /** The script, or what of a wrong one could be understood: for editors. */
  readonly partial: Script | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** More than a tree of hand-written text ever has; what walks the tree may recurse. */
const DEEPEST_TREE = 1000;

/** The syntax tree of a script. Never throws: whatever the text is, what is wrong with it is in the diagnostics. */
export function parse(source: SourceFile, options: ParseOptions): ParseResult {
  const unfit = checkSourceText(source);
  if (unfit !== undefined) return { script: undefined, partial: undefined, diagnostics: [unfit] };
  const parser = new ScriptParser(source, options.positional);
  try {
    const script = parser.parseScript();
    // Each level takes at least a character.
    const deep = source.text.length > DEEPEST_TREE ? findTooDeep(script) : undefined;
    if (deep !== undefined) parser.report(`nested too deeply (more than ${DEEPEST_TREE} levels)`, deep);
    const failed = parser.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    return {
      script: failed ? undefined : script,
      partial: deep === undefined ? script : undefined,
      diagnostics: parser.diagnostics,
    };
  } catch (error) {
    if (!(error instanceof TooManyErrors)) throw error;
    return { script: undefined, partial: undefined, diagnostics: parser.diagnostics };
  }
}

/** The one macro that is defined at `offset`, in a text that is known to be right. */
export function parseMacro(source: SourceFile, offset: number): Macro {
  const parser = new ScriptParser(source, []);
  const macro = parser.parseMacroAt(offset);
  const [wrong] = parser.diagnostics;
  if (wrong !== undefined) throw new BugError(`${source.name}: ${wrong.message} (at ${wrong.span?.start})`);
  return macro;
}

/** A text that is one expression and nothing else; undefined: it is none. */
export function parseExpression(text: string): Expression | undefined {
  const parser = new ScriptParser({ name: '', text }, []);
  try {
    const expression = parser.parseExpression();
    return parser.token.kind === 'end' && parser.diagnostics.length === 0 ? expression : undefined;
  } catch (error) {
    if (error instanceof SyntaxFailure || error instanceof TooManyErrors) return undefined;
    throw error;
  }
}

/** The first node deeper than the limit: long chains such as `1 + 1 + …` are deep without any nesting in the text. */
export function findTooDeep(root: object): Span | undefined {
  const nodes = [root];
  const depths = [0];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const depth = depths.pop() as number;
    const span = 'span' in node ? (node.span as Span) : undefined;
    if (span !== undefined && depth > DEEPEST_TREE) return span;
    for (const name in node) {
      const child = (node as Readonly<Record<string, unknown>>)[name];
      if (typeof child !== 'object' || child === null || child === span) continue;
      nodes.push(child);
      depths.push(depth + 1);
    }
  }
  return undefined;
}
