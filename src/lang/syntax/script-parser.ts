import type { Span } from '../diagnostic/index.ts';
import type {
  AttachPointText,
  CText,
  Config,
  ConfigSetting,
  Expression,
  FunctionDefinition,
  Import,
  Item,
  Macro,
  MapDeclaration,
  Probe,
  Script,
} from './ast.ts';
import { scanAttachPoint, startsAttachPoint } from './attach-point.ts';
import type { ScannedAttachPoint } from './attach-point.ts';
import { scanCText } from './c-section.ts';
import { isCoreBuiltin } from './core-builtins.ts';
import { SyntaxFailure } from './cursor.ts';
import { isPunctuator } from './punctuators.ts';
import type { Extras } from './cursor.ts';
import { StatementParser } from './statement-parser.ts';

/** The order of a script: C text, then config and imports, then probes and all else. */
const SECTION = { c: 0, header: 1, items: 2 } as const;
const DIRECTIVE =
  /^#\s*(?:if|ifdef|ifndef|elif|else|endif|define|undef|include|import|pragma|line|error|warning|ident)\b|^#\s*(?:$|[0-9])/;
type Section = (typeof SECTION)[keyof typeof SECTION];

export class ScriptParser extends StatementParser {
  private readonly positional: readonly string[];
  private readonly declarations: CText[] = [];
  private readonly imports: Import[] = [];
  private readonly items: Item[] = [];
  private config: Config | undefined;
  private section: Section = SECTION.c;

  constructor(source: ConstructorParameters<typeof StatementParser>[0], positional: readonly string[]) {
    super(source);
    this.positional = positional;
  }

  parseScript(): Script {
    this.moveTo(/^\ufeff?(?:#![^\n]*)?/.exec(this.text)![0].length);
    while (this.token.kind !== 'end') {
      try {
        this.parseItem();
      } catch (error) {
        if (!(error instanceof SyntaxFailure)) throw error;
        this.recoverItem();
      }
      this.speak();
    }
    const { declarations, config, imports, items } = this;
    return { span: { start: 0, end: this.text.length }, declarations, config, imports, items };
  }

  parseMacroAt(offset: number): Macro {
    this.moveTo(offset);
    return this.parseMacro();
  }

  /** After the `;` or the block that ends the broken item. */
  private recoverItem(): void {
    while (this.token.kind !== 'end') {
      if (this.at('{')) return this.skipBalanced('{', '}');
      if (this.accept(';')) return;
      this.advance();
    }
  }

  private parseItem(): void {
    if (this.missedBrace && this.accept('}')) return;
    const next = this.peek();
    const c = scanCText(this.text, this.token.start);
    if (c !== undefined) return this.takeCText(c.declaration, c.unclosed);
    if (this.token.kind === 'identifier') {
      const { text } = this.token;
      if (text === 'config' && isPunctuator(next, '=')) return this.parseConfig();
      if (text === 'import' && !isPunctuator(next, ':')) return this.parseImport();
      if (text === 'macro' && next.kind === 'identifier') return this.addItem(this.parseMacro());
      if (text === 'fn' && next.kind === 'identifier') return this.addItem(this.parseFunction());
      if (text === 'let') return this.addItem(this.parseMapDeclaration());
    }
    this.addItem(this.parseProbe());
  }

  private addItem(item: Item): void {
    this.section = SECTION.items;
    this.items.push(item);
  }

  private enterSection(section: Section, what: string, span: Span, extras?: Extras): void {
    if (this.section > section) {
      const before = this.section === SECTION.items ? 'probes and functions' : 'config and imports';
      this.report(`${what} must appear before ${before}`, span, extras);
    }
    if (this.section < section) this.section = section;
  }

  private takeCText(declaration: CText, unclosed: number | undefined): void {
    const { start, end } = declaration.span;
    this.moveTo(end);
    if (declaration.kind === 'directive' && !DIRECTIVE.test(declaration.text))
      return this.report('unknown preprocessor directive', declaration.span, { hints: ['Comments begin with //.'] });
    this.enterSection(SECTION.c, 'C definitions', declaration.span);
    this.declarations.push(declaration);
    if (unclosed === undefined) return;
    if (unclosed === this.text.length) this.failExpected("';'");
    const related = [{ span: { start: unclosed, end: unclosed + 1 }, message: 'This brace is never closed.' }];
    this.failExpected("'}'", { related: unclosed > start ? related : [] });
  }

  // Header

  private parseConfig(): void {
    const { start, end } = this.advance();
    this.enterSection(SECTION.header, 'config', { start, end });
    this.expect('=');
    const open = this.expect('{');
    const settings: ConfigSetting[] = [];
    while (!this.accept('}')) {
      if (this.accept(';')) continue;
      if (this.token.kind === 'end') {
        this.failExpected("'}'", {
          related: [{ span: { start: open.start, end: open.end }, message: 'This brace is never closed.' }],
        });
      }
      settings.push(this.parseSetting());
    }
    const config = { span: this.spanFrom(start), settings };
    if (this.config === undefined) this.config = config;
    else {
      const related = [{ span: this.config.span, message: 'This is the first config block.' }];
      this.report('a script can have only one config block', config.span, { related });
    }
  }

  private parseSetting(): ConfigSetting {
    const { start } = this.token;
    if (this.token.kind !== 'identifier') this.failExpected('setting');
    const key = this.advance().text;
    this.expect('=');
    const value = this.parseSettingValue();
    const span = this.spanFrom(start);
    if (!this.at(';') && !this.at('}'))
      this.failExpected("';'", this.at(',') ? { hints: ["Settings are separated by ';'."] } : undefined);
    return { span, key, value };
  }

  private parseSettingValue(): ConfigSetting['value'] {
    if (this.token.kind === 'integer') return { kind: 'integer', value: this.readIntegerToken(this.advance()).value };
    if (this.token.kind === 'string') return { kind: 'string', text: this.parseString() };
    if (this.token.kind === 'identifier') return { kind: 'identifier', text: this.advance().text };
    return this.failExpected('value');
  }

  private parseImport(): void {
    const { start, end } = this.advance();
    this.enterSection(SECTION.header, 'import', { start, end });
    const path = this.parseString('path in double quotes');
    this.expect(';');
    this.imports.push({ span: this.spanFrom(start), path });
  }

  // Items

  private parseMapDeclaration(): MapDeclaration {
    const { start } = this.advance();
    if (this.token.kind === 'variable') {
      this.failExpected('map', { hints: ['Outside of probes only maps can be declared: `let @name = hash(100);`.'] });
    }
    if (this.token.kind !== 'map') this.failExpected('map');
    const map = this.advance().text;
    this.expect('=');
    const type = this.expectName('kind of map').text;
    this.expect('(');
    const maxEntries = this.expectInteger('number of entries');
    this.expect(')');
    const span = this.spanFrom(start);
    this.expect(';');
    return { kind: 'mapDeclaration', span, map, type, maxEntries };
  }

  private parseMacro(): Macro {
    const { start } = this.advance();
    const name = this.expectName('name of the macro');
    if (isCoreBuiltin(name.text)) this.report(`a macro can't be called '${name.text}': that is a builtin`, name);
    const parameters = this.accept('(') ? this.parseMacroParameters() : [];
    const body = this.parseValueBlock();
    return {
      kind: 'macro',
      span: this.spanFrom(start),
      name: name.text,
      nameSpan: { start: name.start, end: name.end },
      parameters,
      body,
    };
  }

  private parseMacroParameters(): Macro['parameters'] {
    const parameters: Macro['parameters'][number][] = [];
    while (!this.at(')')) {
      const token = this.token;
      const kind = token.kind === 'variable' || token.kind === 'map' ? token.kind : 'expression';
      if (kind === 'expression') this.expectName('parameter');
      else this.advance();
      if (isCoreBuiltin(token.text))
        this.report(`a parameter can't be called '${token.text}': that is a builtin`, token);
      if (parameters.some((other) => other.name === token.text))
        this.report(`duplicate parameter '${token.text}'`, token);
      parameters.push({ kind, name: token.text, span: { start: token.start, end: token.end } });
      if (!this.accept(',')) break;
    }
    this.expect(')');
    return parameters;
  }

  private parseFunction(): FunctionDefinition {
    const { start } = this.advance();
    const name = this.expectName('name of the function').text;
    this.expect('(');
    const parameters: FunctionDefinition['parameters'][number][] = [];
    while (!this.at(')')) {
      const token = this.token;
      if (token.kind !== 'variable')
        this.failExpected('parameter', { hints: ['Parameters are written `$name : type`.'] });
      this.advance();
      this.expect(':');
      const type = this.parseType();
      if (parameters.some((other) => other.name === token.text))
        this.report(`duplicate parameter '${token.text}'`, token);
      parameters.push({ name: token.text, type, span: this.spanFrom(token.start) });
      if (!this.accept(',')) break;
    }
    this.expect(')');
    this.expect(':', { hints: ['A function says what it returns: `fn f($a : int64) : int64 { … }`.'] });
    const returnType = this.parseType();
    const body = this.parseValueBlock();
    return { kind: 'function', span: this.spanFrom(start), name, parameters, returnType, body };
  }

  // Probes

  private parseProbe(): Probe {
    const { start } = this.token;
    const points = this.parseAttachPoints();
    const predicate = this.at('/') || this.at('/=') ? this.parsePredicate() : undefined;
    if (!this.at('{')) this.failExpected("'{'", this.missingBodyHint(points, predicate));
    const body = this.parseBlock();
    return { kind: 'probe', span: this.spanFrom(start), points, predicate, body };
  }

  private parseAttachPoints(): AttachPointText[] {
    const points: AttachPointText[] = [];
    do {
      if (points.length > 0 && (this.at('{') || this.at('/'))) break;
      points.push(this.parseAttachPoint());
    } while (this.accept(','));
    return points;
  }

  private parseAttachPoint(): AttachPointText {
    if (!startsAttachPoint(this.text[this.token.start]) || this.token.kind === 'variable') {
      this.failExpected('attach point', this.strayTokenHint());
    }
    const scanned = scanAttachPoint(this.text, this.token.start, this.positional);
    this.moveTo(scanned.point.span.end);
    this.reportAttachPoint(scanned);
    return scanned.point;
  }

  private reportAttachPoint({ problems, missing }: ScannedAttachPoint): void {
    for (const { message, span } of problems) this.fail(message, span);
    for (const { index, span } of missing) {
      const message = `Positional parameter $${index} is empty or not provided.`;
      this.add({ severity: 'warning', code: 'missing-parameter', message, span });
    }
  }

  private strayTokenHint(): { hints: string[] } | undefined {
    if (this.at('}')) return { hints: ["Every block is closed already: this '}' is one too many."] };
    if (this.token.kind === 'variable' || this.token.kind === 'map')
      return { hints: ['Statements stand in a probe: begin { … }.'] };
    if (this.at('{')) return { hints: ['A block follows the name of a probe: begin { … }.'] };
    return undefined;
  }

  private missingBodyHint(
    points: readonly AttachPointText[],
    predicate: Expression | undefined,
  ): { hints: string[] } | undefined {
    const last = points.at(-1)!;
    if (predicate !== undefined) return undefined;
    if (last.text.includes('(')) return { hints: ['Statements stand in a probe: begin { … }.'] };
    if (last.text.endsWith(':')) return { hints: ['An attach point has no blanks, except in double quotes.'] };
    const next = this.peek();
    if (this.token.kind === 'identifier' && isPunctuator(next, ':'))
      return { hints: ["Attach points are separated by ','."] };
    const slash = last.text.lastIndexOf('/');
    if (slash > last.text.lastIndexOf(':') + 1)
      return { hints: ["A blank is needed between an attach point and the '/' of its predicate."] };
    return undefined;
  }

  private parsePredicate(): Expression {
    this.moveTo(this.token.start + 1);
    try {
      const predicate = this.parsePredicateExpression();
      if (!this.at('/'))
        this.failExpected("'/' to close predicate", this.at('=') ? { hints: ["Use '==' to compare."] } : undefined);
      this.advance();
      return predicate;
    } catch (error) {
      if (!(error instanceof SyntaxFailure) || !this.skipToBody()) throw error;
      return { kind: 'boolean', span: this.spanFrom(this.previousEnd), value: true };
    }
  }
}
