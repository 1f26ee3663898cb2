/** `sonde lsp` as an editor has it: the real command, spoken to in the protocol's own bytes. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { launcher, testEnvironment } from '../sonde.ts';

interface Message {
  readonly id?: number | null;
  readonly method?: string;
  readonly params?: { readonly uri: string; readonly version?: number; readonly diagnostics: readonly Diagnostic[] };
  readonly result?: never;
  readonly error?: { readonly code: number; readonly message: string };
}
interface Diagnostic {
  readonly range: object;
  readonly severity: number;
  readonly code: string;
  readonly message: string;
}

const LIMIT_MS = 30_000;
const uri = 'file:///tmp/a%20script.bt';
const range = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
});

class Editor implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #messages: Message[] = [];
  readonly #exited: Promise<number | null>;
  #received = Buffer.alloc(0);
  #wake: () => void = () => {};
  #id = 0;

  constructor(...args: string[]) {
    this.#child = spawn(launcher, ['lsp', ...args], { env: testEnvironment() });
    this.#exited = new Promise((resolve) => this.#child.on('close', resolve));
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n\r\n/.exec(this.#received.toString('latin1', 0, 64));
      if (header === null) return;
      const end = header[0].length + Number(header[1]);
      if (this.#received.length < end) return;
      this.#messages.push(JSON.parse(this.#received.toString('utf8', header[0].length, end)) as Message);
      this.#received = this.#received.subarray(end);
      this.#wake();
    }
  }

  async next(fits: (message: Message) => boolean): Promise<Message> {
    const limit = Date.now() + LIMIT_MS;
    for (;;) {
      const index = this.#messages.findIndex(fits);
      if (index >= 0) return this.#messages.splice(index, 1)[0]!;
      assert.ok(Date.now() < limit, 'no answer');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 200);
      });
    }
  }

  raw(text: string | Buffer): void {
    this.#child.stdin.write(text);
  }

  send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.raw(
      `Content-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n${body}`,
    );
  }

  notify(method: string, params: object): void {
    this.send({ method, params });
  }

  async request(method: string, params: object = {}): Promise<Message> {
    const id = ++this.#id;
    this.send({ id, method, params });
    return this.next((message) => message.id === id);
  }

  async open(text: string): Promise<readonly Diagnostic[]> {
    this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'bpftrace', version: 1, text } });
    return this.published();
  }

  async published(): Promise<readonly Diagnostic[]> {
    const { params } = await this.next(({ method }) => method === 'textDocument/publishDiagnostics');
    return params!.diagnostics;
  }

  at(line: number, character: number): object {
    return { textDocument: { uri }, position: { line, character } };
  }

  async exit(): Promise<number | null> {
    this.notify('exit', {});
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

async function started(...args: string[]): Promise<Editor> {
  const editor = new Editor(...args);
  const { result } = await editor.request('initialize', { processId: null, rootUri: null, capabilities: {} });
  assert.deepEqual(Object.keys((result as unknown as { capabilities: object }).capabilities), [
    'positionEncoding',
    'textDocumentSync',
    'completionProvider',
    'hoverProvider',
    'documentFormattingProvider',
  ]);
  editor.notify('initialized', {});
  return editor;
}

describe('the language server', () => {
  it('publishes what is wrong, follows changes, and ends as told', async () => {
    await using editor = await started('--stdio');
    const [found] = await editor.open('begin {\n  print(("ä𝛑", nosuchid));\n}');
    assert.deepEqual(found, {
      range: range(1, 16, 24),
      severity: 1,
      code: 'unknown-identifier',
      source: 'sonde',
      message: "Unknown identifier: 'nosuchid'",
      relatedInformation: [],
    });
    const change = { range: range(1, 16, 24), text: '1' };
    editor.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [change, { text: 'begin { if (pid = 1) { } }' }],
    });
    assert.deepEqual(
      (await editor.published()).map(({ code, message }) => [code, message]),
      [['syntax', "syntax: expected ')'\nHint: Use '==' to compare; an assignment is no expression."]],
    );
    editor.notify('textDocument/didChange', {
      textDocument: { uri, version: 3 },
      contentChanges: [{ range: range(0, 16, 17), text: '==' }],
    });
    assert.deepEqual(await editor.published(), []);
    editor.notify('textDocument/didClose', { textDocument: { uri } });
    assert.deepEqual(await editor.published(), []);
    assert.equal((await editor.request('shutdown')).result, null);
    assert.equal((await editor.request('textDocument/hover', editor.at(0, 0))).error?.code, -32600);
    assert.equal(await editor.exit(), 0);
  });

  it('completes, shows and formats', async () => {
    await using editor = await started();
    await editor.open('begin{\n  $t = 0x10; print(p); prin\n}');
    const completion = await editor.request('textDocument/completion', editor.at(1, 20));
    const { items } = completion.result! as { items: { label: string; detail?: string; textEdit: object }[] };
    const pid = items.find(({ label }) => label === 'pid');
    assert.equal(pid?.detail, 'uint32');
    assert.deepEqual(pid?.textEdit, { range: range(1, 19, 20), newText: 'pid' });
    assert.ok(items.some(({ label }) => label === '$t'));
    const hover = await editor.request('textDocument/hover', editor.at(1, 15));
    assert.deepEqual(hover.result, {
      contents: {
        kind: 'markdown',
        value: '```bpftrace\nprint(x), print(@map [, top [, div]])\n```\nPrints a value or a map, and ends the line.',
      },
      range: range(1, 13, 18),
    });
    assert.equal((await editor.request('textDocument/hover', editor.at(0, 5))).result, null);
    const formatting = await editor.request('textDocument/formatting', { textDocument: { uri }, options: {} });
    assert.deepEqual(formatting.result, [
      {
        range: { start: { line: 0, character: 0 }, end: { line: 2, character: 1 } },
        newText: 'begin\n{\n  $t = 0x10;\n  print(p);\n  prin\n}\n',
      },
    ]);
  });

  it('survives bad messages', async () => {
    await using editor = new Editor();
    assert.equal((await editor.request('textDocument/hover')).error?.code, -32002);
    assert.ok((await editor.request('initialize')).result !== undefined);
    assert.equal((await editor.request('initialize')).error?.code, -32600);
    editor.raw('Content-Length: 3\r\n\r\n{]}');
    assert.equal((await editor.next(({ id }) => id === null)).error?.code, -32700);
    editor.raw('Nonsense: yes\r\n\r\n');
    assert.equal((await editor.next(({ id }) => id === null)).error?.code, -32700);
    editor.raw(Buffer.concat([Buffer.from('Content-Length: 99999999\r\n\r\n'), Buffer.alloc(99_999_999, 0x20)]));
    assert.equal((await editor.next(({ id }) => id === null)).error?.code, -32700);
    editor.raw('Content-Length: 2\r\n\r\n[]');
    assert.equal((await editor.next(({ id }) => id === null)).error?.code, -32700);
    assert.equal((await editor.request('nosuch/method')).error?.code, -32601);
    editor.notify('nosuch/notice', {});
    editor.notify('textDocument/didChange', { textDocument: { uri: 'file:///other', version: 1 }, contentChanges: 7 });
    editor.notify('textDocument/didOpen', { textDocument: null });
    assert.equal((await editor.request('textDocument/hover', editor.at(0, 0))).error?.code, -32602);
    assert.equal((await editor.request('textDocument/completion', { textDocument: { uri } })).error?.code, -32602);
    // Bytes one by one, and a document that breaks off in the middle of everything.
    const body = JSON.stringify({ jsonrpc: '2.0', id: 77, method: 'shutdown' });
    assert.equal((await editor.open('tracepoint:sched:sched_switch { print(args.prev_')).length, 1);
    const at = await editor.request('textDocument/completion', editor.at(0, 48));
    assert.ok(Array.isArray((at.result as unknown as { items: unknown }).items));
    assert.ok('result' in (await editor.request('textDocument/completion', editor.at(99, 99))));
    for (const byte of `Content-Length: ${body.length}\r\n\r\n${body}`) editor.raw(byte);
    assert.equal((await editor.next(({ id }) => id === 77)).result, null);
    assert.equal(await editor.exit(), 0);
  });

  it('ends with its editor', async () => {
    await using editor = await started();
    editor.notify('exit', {});
    assert.equal(await editor.exit(), 1);
  });
});
