/** The language server: answers to the messages of an editor. Where they come from and go to is the caller's. */
import { type CompletionKind, type loadFormatter, type loadServices, placeInScript } from '../../lang/index.ts';
import type { CheckTarget } from '../../runtime/index.ts';
import { Document, type Position, type Range } from './document.ts';

/** Codes of JSON-RPC and of the protocol. */
const ERRORS = { parse: -32700, invalidRequest: -32600, noMethod: -32601, invalidParams: -32602, internal: -32603 };
const NOT_INITIALIZED = -32002;

const COMPLETION_KINDS: Readonly<Record<CompletionKind, number>> = {
  function: 3,
  field: 5,
  variable: 6,
  map: 6,
  type: 7,
  value: 12,
  keyword: 14,
  setting: 10,
  probe: 23,
};
const SEVERITIES = { error: 1, warning: 2 } as const;

type Json = Record<string, unknown>;

export type Services = Awaited<ReturnType<typeof loadServices>> &
  Pick<Awaited<ReturnType<typeof loadFormatter>>, 'formatScript'>;

export interface ServerOptions {
  readonly services: Services;
  readonly machine: CheckTarget;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly send: (message: Json) => void;
  /** Runs `work` soon, unless it is asked for the same key again before. */
  readonly later: (key: string, work: () => void) => void;
}

/** What a request or notification can be refused for. */
class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class LanguageServer {
  readonly #options: ServerOptions;
  readonly #documents = new Map<string, Document>();
  #state: 'new' | 'running' | 'shutDown' = 'new';

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Takes one message. The exit status once the editor has said `exit`. */
  receive(body: string | undefined): number | undefined {
    const message = parseMessage(body);
    if (message === undefined) {
      this.#fail(null, ERRORS.parse, 'this is no JSON message');
      return undefined;
    }
    const { id, method, params } = message;
    if (typeof method !== 'string') {
      // A reply: nothing is asked of the editor.
      if (!('result' in message) && !('error' in message))
        this.#fail(asId(id), ERRORS.invalidRequest, 'a message needs a method');
      return undefined;
    }
    if (method === 'exit') return this.#state === 'shutDown' ? 0 : 1;
    const answered = this.#answer(method, isObject(params) ? params : {}, id !== undefined);
    if (id === undefined) return undefined;
    if ('error' in answered) this.#fail(asId(id), answered.error.code, answered.error.message);
    else this.#options.send({ jsonrpc: '2.0', id: asId(id), result: answered.result ?? null });
    return undefined;
  }

  #fail(id: string | number | null, code: number, message: string): void {
    this.#options.send({ jsonrpc: '2.0', id, error: { code, message } });
  }

  #answer(
    method: string,
    params: Json,
    isRequest: boolean,
  ): { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } } {
    try {
      return { result: isRequest ? this.#request(method, params) : this.#notice(method, params) };
    } catch (error) {
      if (error instanceof Refusal) return { error };
      // Whatever goes wrong with one request, the editor keeps its server.
      return { error: { code: ERRORS.internal, message: error instanceof Error ? error.message : String(error) } };
    }
  }

  #request(method: string, params: Json): unknown {
    if (method === 'initialize') return this.#initialize();
    if (this.#state === 'new') throw new Refusal(NOT_INITIALIZED, 'initialize comes first');
    if (this.#state === 'shutDown') throw new Refusal(ERRORS.invalidRequest, 'the server is shut down');
    switch (method) {
      case 'shutdown':
        this.#state = 'shutDown';
        return null;
      case 'textDocument/completion':
        return this.#complete(this.#documentOf(params), positionOf(params));
      case 'textDocument/hover':
        return this.#hover(this.#documentOf(params), positionOf(params));
      case 'textDocument/formatting':
        return this.#format(this.#documentOf(params));
      default:
        throw new Refusal(ERRORS.noMethod, `there is no ${method}`);
    }
  }

  #initialize(): object {
    if (this.#state !== 'new') throw new Refusal(ERRORS.invalidRequest, 'initialized already');
    this.#state = 'running';
    return {
      capabilities: {
        positionEncoding: 'utf-16',
        textDocumentSync: { openClose: true, change: 2 },
        completionProvider: { triggerCharacters: ['.', '>', ':', '$', '@'] },
        hoverProvider: true,
        documentFormattingProvider: true,
      },
      serverInfo: { name: 'sonde', version: this.#options.version },
    };
  }

  #notice(method: string, params: Json): void {
    if (this.#state !== 'running') return;
    const { textDocument } = params;
    if (!isObject(textDocument) || typeof textDocument['uri'] !== 'string') return;
    const { uri } = textDocument as { uri: string };
    const version = typeof textDocument['version'] === 'number' ? textDocument['version'] : undefined;
    switch (method) {
      case 'textDocument/didOpen':
        if (typeof textDocument['text'] !== 'string') return;
        this.#documents.set(uri, new Document(uri, textDocument['text'], version));
        return this.#check(uri);
      case 'textDocument/didChange':
        this.#change(uri, params['contentChanges'], version);
        return this.#check(uri);
      case 'textDocument/didClose':
        this.#documents.delete(uri);
        return this.#options.send(publication(uri, undefined, []));
    }
  }

  #change(uri: string, changes: unknown, version: number | undefined): void {
    const document = this.#documents.get(uri);
    if (document === undefined || !Array.isArray(changes)) return;
    document.version = version;
    for (const change of changes as readonly unknown[]) {
      if (!isObject(change) || typeof change['text'] !== 'string') continue;
      const { range } = change;
      if (range === undefined) document.change(change['text'], undefined);
      else if (isRange(range)) document.change(change['text'], range);
    }
  }

  #check(uri: string): void {
    this.#options.later(uri, () => {
      const document = this.#documents.get(uri);
      if (document === undefined) return;
      try {
        this.#options.send(publication(uri, document.version, this.#diagnose(document)));
      } catch (error) {
        const message = `${document.name} can't be checked: ${error instanceof Error ? error.message : String(error)}`;
        this.#options.send({ jsonrpc: '2.0', method: 'window/logMessage', params: { type: 1, message } });
      }
    });
  }

  #diagnose(document: Document): object[] {
    const { machine, environment } = this.#options;
    const options = { positional: [], unsafe: true, environment, blind: machine.blind };
    const nowhere = { start: 0, end: 0 };
    return this.#options.services
      .analyze(document, machine.target, options)
      .map(({ severity, code, message, span, hints = [], related = [] }) => ({
        range: document.rangeOf((span === undefined ? undefined : placeInScript(span)) ?? nowhere),
        severity: SEVERITIES[severity],
        code,
        source: 'sonde',
        message: [message, ...hints.map((hint) => `Hint: ${hint}`)].join('\n'),
        relatedInformation: related
          .filter((each) => each.span.source === undefined)
          .map((each) => ({
            location: { uri: document.uri, range: document.rangeOf(each.span) },
            message: each.message,
          })),
      }));
  }

  #documentOf({ textDocument }: Json): Document {
    const uri = isObject(textDocument) ? textDocument['uri'] : undefined;
    const document = typeof uri === 'string' ? this.#documents.get(uri) : undefined;
    if (document === undefined) throw new Refusal(ERRORS.invalidParams, 'this document is not open');
    return document;
  }

  get #serviceOptions() {
    const { machine, environment } = this.#options;
    return { target: machine.target, positional: [], unsafe: true, environment };
  }

  #complete(document: Document, position: Position): object {
    const { items, replaces, incomplete } = this.#options.services.complete(
      document,
      document.offsetAt(position),
      this.#serviceOptions,
    );
    const range = document.rangeOf(replaces);
    return {
      isIncomplete: incomplete,
      items: items.map(({ label, kind, detail, documentation }) => ({
        label,
        kind: COMPLETION_KINDS[kind],
        ...(detail === undefined ? {} : { detail }),
        ...(documentation === undefined ? {} : { documentation: { kind: 'markdown', value: documentation } }),
        filterText: label,
        textEdit: { range, newText: label },
      })),
    };
  }

  #hover(document: Document, position: Position): object | null {
    const found = this.#options.services.hover(document, document.offsetAt(position), this.#serviceOptions);
    if (found === undefined) return null;
    const code = `\`\`\`bpftrace\n${found.code}\n\`\`\``;
    const value = found.text === undefined ? code : `${code}\n${found.text}`;
    return { contents: { kind: 'markdown', value }, range: document.rangeOf(found.span) };
  }

  /** The whole text anew; null where it is no script, so that nothing changes. */
  #format(document: Document): object[] | null {
    const { text } = this.#options.services.formatScript(document);
    if (text === undefined) return null;
    if (text === document.text) return [];
    return [{ range: document.rangeOf({ start: 0, end: document.text.length }), newText: text }];
  }
}

function publication(uri: string, version: number | undefined, diagnostics: object[]): Json {
  const params = { uri, ...(version === undefined ? {} : { version }), diagnostics };
  return { jsonrpc: '2.0', method: 'textDocument/publishDiagnostics', params };
}

function parseMessage(body: string | undefined): Json | undefined {
  if (body === undefined) return undefined;
  try {
    const message: unknown = JSON.parse(body);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asId(id: unknown): string | number | null {
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function positionOf({ position }: Json): Position {
  if (!isPosition(position)) throw new Refusal(ERRORS.invalidParams, 'a position is needed');
  return position;
}

function isPosition(value: unknown): value is Position {
  return isObject(value) && Number.isInteger(value['line']) && Number.isInteger(value['character']);
}

function isRange(value: unknown): value is Range {
  return isObject(value) && isPosition(value['start']) && isPosition(value['end']);
}
