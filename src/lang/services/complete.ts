/** What may be written at a place of a script. */
import { functionNames, valueNames } from '../builtins/index.ts';
import { settingNames } from '../config-merge.ts';
import { defaultConfig } from '../config.ts';
import type { SourceFile, Span } from '../diagnostic/index.ts';
import { listProbes } from '../listing.ts';
import { providers, resolvePoints } from '../providers/index.ts';
import { type AttachPointText, scanToken, type Token } from '../syntax/index.ts';
import { printType, type Type } from '../types/index.ts';
import { builtinDoc, keywords } from './builtin-docs.ts';
import { type Place, placeAt } from './place.ts';
import { membersOf, type ServiceOptions, typeEndingAt, typesOf } from './types.ts';

export type CompletionKind =
  | 'probe'
  | 'keyword'
  | 'value'
  | 'function'
  | 'field'
  | 'variable'
  | 'map'
  | 'setting'
  | 'type';

export interface Completion {
  readonly label: string;
  readonly kind: CompletionKind;
  /** Type or signature. */
  readonly detail?: string;
  readonly documentation?: string;
}

export interface Completions {
  /** What the choice takes the place of; ends at the offset. */
  readonly replaces: Span;
  readonly items: readonly Completion[];
  /** There are more: to be asked again when more is written. */
  readonly incomplete: boolean;
}

type Body = Place & { readonly kind: 'body' };

/** An editor shows no more in a useful way. */
const MOST = 500;
const TOP_WORDS = ['config', 'import', 'macro', 'fn', 'let', 'struct'];

export function complete(source: SourceFile, offset: number, options: ServiceOptions): Completions {
  const { text } = source;
  const place = placeAt(text, offset);
  switch (place.kind) {
    case 'opaque':
      return limited({ start: offset, end: offset }, []);
    case 'point':
      return limited(place.span, points(text.slice(place.span.start, offset), options));
    case 'config':
      return limited(
        wordBefore(text, offset),
        settingNames().map((label) => ({ label, kind: 'setting' })),
      );
    case 'body':
      return completeInBody(source, offset, place, options);
  }
}

function limited(replaces: Span, items: readonly Completion[]): Completions {
  return { replaces, items: items.slice(0, MOST), incomplete: items.length > MOST };
}

function wordBefore(text: string, offset: number): Span {
  const word = /[$@]?[A-Za-z_]?\w*$/.exec(text.slice(Math.max(offset - 256, 0), offset))?.[0] ?? '';
  return { start: offset - word.length, end: offset };
}

// Attach points

function points(written: string, { target }: ServiceOptions): Completion[] {
  if (!written.includes(':')) {
    const names = providers.map(({ name }): Completion => ({ label: name, kind: 'probe' }));
    return [...names, ...TOP_WORDS.map((label): Completion => ({ label, kind: 'keyword' }))];
  }
  const ofFile = /^(?:u|ur|U|uprobe|uretprobe|usdt):[^:]*$/.test(written);
  if (ofFile) return []; // a path: what it may be the language can't say
  const { lines } = listProbes(`${written.replaceAll(',', '')}*`, target, { verbose: false, pid: undefined });
  const [provider = ''] = written.split(':');
  return lines.map((line) => ({ label: provider + line.slice(line.indexOf(':')), kind: 'probe' }));
}

// Bodies

function completeInBody(source: SourceFile, offset: number, place: Body, options: ServiceOptions): Completions {
  const { text } = source;
  const word = wordBefore(text, offset);
  const member = /(?:\.|->)\s*$/.exec(text.slice(Math.max(word.start - 64, 0), word.start));
  const replaces = word;
  if (member !== null && text[word.start] !== '$' && text[word.start] !== '@') {
    return limited(replaces, members(source, word.start - member[0].length, offset, place, options));
  }
  const tag = /\b(struct|union|enum)\s+$/.exec(text.slice(Math.max(word.start - 32, 0), word.start))?.[1];
  if (tag !== undefined) return limited(replaces, types(tag, text.slice(word.start, offset), options));
  const sign = text[word.start];
  if (sign === '$' || sign === '@') return limited(replaces, names(text, sign, word));
  return limited(replaces, [
    ...builtins(),
    ...definitions(source, options),
    ...names(text, '$', word),
    ...names(text, '@', word),
  ]);
}

function members(source: SourceFile, dot: number, offset: number, place: Body, options: ServiceOptions): Completion[] {
  const { text } = source;
  const end = text.slice(0, dot).trimEnd().length;
  const isArgs = /(?:^|[^\w.>$@])args$/.test(text.slice(Math.max(end - 8, 0), end));
  if (isArgs) return argumentsOf(place.points, options);
  // Without the unfinished member the operand is a whole expression; places stay.
  const whole = text.slice(0, dot) + ' '.repeat(offset - dot) + text.slice(offset);
  const found = typeIn(whole, end, options) ?? typeAlone(text, end, place, options);
  return membersOf(found).map(({ name, type }) => ({ label: name, kind: 'field', detail: printType(type) }));
}

function typeIn(text: string, end: number, options: ServiceOptions): Type | undefined {
  return typeEndingAt(typesOf({ name: 'stdin', text }, options), text, end);
}

/** The operand in a statement of its own, in place of the one that is being written and of all after it. */
function typeAlone(text: string, end: number, { statement, depth }: Body, options: ServiceOptions): Type | undefined {
  const operand = text.slice(startOfOperand(text, statement, end), end);
  const before = `${text.slice(0, statement)}${depth === 0 ? '{' : ''} _ = ${operand}`;
  return typeIn(`${before}; ${'}'.repeat(Math.max(depth, 1))}`, before.length, options);
}

/** Where what a `.` at `end` belongs to begins: names, calls, members and elements, but not what stands before them. */
function startOfOperand(text: string, from: number, end: number): number {
  const tokens: Token[] = [];
  for (let token = scanToken(text, from); token.end <= end && token.kind !== 'end'; token = scanToken(text, token.end))
    tokens.push(token);
  let index = tokens.length;
  do {
    index--;
    while (index > 0 && (tokens[index]!.text === ')' || tokens[index]!.text === ']')) {
      index = openingBefore(tokens, index);
      if (index > 0 && /^[\w$@)\]]/.test(tokens[index - 1]!.text)) index--;
      else break;
    }
  } while (index > 1 && /^(?:\.|->)$/.test(tokens[index - 1]!.text) && index-- > 0);
  return tokens[Math.max(index, 0)]?.start ?? end;
}

function openingBefore(tokens: readonly Token[], close: number): number {
  let level = 0;
  for (let index = close; index >= 0; index--) {
    if (')]'.includes(tokens[index]!.text)) level++;
    if ('(['.includes(tokens[index]!.text) && --level === 0) return index;
  }
  return 0;
}

function argumentsOf(attached: readonly AttachPointText[], { target }: ServiceOptions): Completion[] {
  const { variants } = resolvePoints(attached, target, {
    config: defaultConfig,
    uses: { names: new Set(['args']), args: new Set(['*']) },
    pid: undefined,
    childPid: undefined,
    unsafe: false,
  });
  const fields = new Map<string, Completion>();
  for (const { context } of variants) {
    if ('error' in context.args) continue;
    for (const { name, type } of context.args)
      fields.set(name, { label: name, kind: 'field', detail: printType(type) });
  }
  return [...fields.values()];
}

function types(tag: string, written: string, { target }: ServiceOptions): Completion[] {
  const { lines } = listProbes(`${tag} ${written}*`, target, { verbose: false, pid: undefined });
  return lines.map((line) => ({ label: line.slice(tag.length + 1), kind: 'type' }));
}

/** The variables or maps of the script, but not the one that is being written. */
function names(text: string, sign: '$' | '@', word: Span): Completion[] {
  const pattern = sign === '$' ? /\$[A-Za-z_]\w*/g : /@(?:[A-Za-z_]\w*)?/g;
  const others = [...text.matchAll(pattern)].filter(({ index }) => index !== word.start);
  const found = new Set(others.map(([name]) => name));
  return [...found].map((label) => ({ label, kind: sign === '$' ? 'variable' : 'map' }));
}

function builtins(): Completion[] {
  const values = [...valueNames()].map((name) => described(name, 'value'));
  const isValue = new Set(valueNames());
  const functions = [...functionNames()]
    .filter((name) => !isValue.has(name))
    .map((name) => described(name, 'function'));
  return [...values, ...functions, ...keywords().map(({ name }) => described(name, 'keyword'))];
}

function described(label: string, kind: CompletionKind): Completion {
  const doc = builtinDoc(label);
  return doc === undefined ? { label, kind } : { label, kind, detail: doc.signature, documentation: doc.text };
}

/** Macros and functions of the script. */
function definitions(source: SourceFile, options: ServiceOptions): Completion[] {
  const { script } = typesOf(source, options);
  return (script?.items ?? []).flatMap((item): Completion[] => {
    if (item.kind !== 'macro' && item.kind !== 'function') return [];
    const list = item.parameters.map(({ name }) => name).join(', ');
    return [
      { label: item.name, kind: 'function', detail: `${item.kind === 'macro' ? 'macro' : 'fn'} ${item.name}(${list})` },
    ];
  });
}
