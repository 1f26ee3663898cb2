import assert from 'node:assert/strict';
import test from 'node:test';
import type { ImportedPath, Target } from '../target.ts';
import { checkText, printedBy } from '../testing/check-script.ts';
import { sampleTarget } from '../testing/target.ts';

/** Files by path: a text, a list of names, or a text that everyone may write. */
type Files = Readonly<Record<string, string | readonly string[] | { readonly open: string }>>;

function targetWith(files: Files): { target: Target; asked: string[] } {
  const asked: string[] = [];
  const readImport = (path: string): ImportedPath => {
    asked.push(path);
    const id = path.replace(/(^|\/)\.\//g, '$1').replace(/[^/]+\/\.\.\//g, '');
    const found = files[id];
    if (found === undefined) return { error: 'No such file or directory' };
    const isWorldWritable = typeof found === 'object' && 'open' in found;
    if (Array.isArray(found)) return { id, isWorldWritable, names: found as readonly string[] };
    const text = typeof found === 'string' ? found : (found as { open: string }).open;
    return { id, isWorldWritable, bytes: new TextEncoder().encode(text) };
  };
  return { target: { ...sampleTarget(), readImport }, asked };
}

/** First lines of all messages. */
function said(text: string, files: Files, environment: Record<string, string> = {}): string[] {
  const { rendered } = checkText(text, { target: targetWith(files).target, environment });
  return rendered.split('\n').filter((line) => /(ERROR|WARNING|HINT): /.test(line));
}

test('G-09 macros, functions, probes, C and headers of other files', () => {
  const files = {
    'lib.bt':
      '#define NINE 9\nstruct pair { int a; int b; };\nimport "deep/more.bt";\nmacro lib(x) { more(x) + NINE + sizeof(struct pair) }\nfn twice($n : int64) : int64 { return $n * 2; }\nend { }',
    'deep/more.bt': 'import "../lib.bt"; import "h/c.h"; macro more(x) { x + C }',
    'deep/h/c.h': '#define C 100',
  };
  const { target, asked } = targetWith(files);
  const { checked, rendered } = checkText(
    'import "lib.bt"; import "./lib.bt"; begin { print(lib(1)); print(twice(2)); }',
    { target },
  );
  assert.equal(rendered, '');
  assert.deepEqual(
    checked!.programs.map(({ title }) => title),
    ['end', 'begin'],
  );
  assert.deepEqual(asked, ['lib.bt', 'deep/more.bt', 'deep/../lib.bt', 'deep/h/c.h', './lib.bt']);
});

test('G-09 a folder stands for its files, not for those in folders below', () => {
  const files = {
    lib: ['b.bt', 'a.bt', '.hidden.bt', 'README', 'sub', 'c.h'],
    'lib/a.bt': 'macro a { B + 1 }',
    'lib/b.bt': 'macro b { a }',
    'lib/c.h': '#define B 41',
    'lib/.hidden.bt': 'syntax error',
  };
  assert.deepEqual(said('import "lib"; begin { print((a, b)); }', files), []);
  assert.deepEqual(said('import "lib/"; import "lib"; begin { print(b); }', { ...files, 'lib/': files.lib }), []);
  assert.deepEqual(said('import "empty"; begin { }', { empty: ['README'] }), [
    "stdin:1:1-16: ERROR: Failed to import 'empty': there is no .bt, .h, .c or .o file in this folder",
  ]);
});

test('G-09 nothing is asked of the machine without an import', () => {
  const { target, asked } = targetWith({});
  checkText('macro m { 1 } begin { print(m); }', { target });
  assert.deepEqual(asked, []);
});

test('G-09 what is not imported', () => {
  const files = {
    'open.bt': { open: 'macro m { 1 }' },
    'prog.bpf.c': 'int f(void) { return 1; }',
    'x.txt': '',
    'conf.bt': 'config = { max_strlen = 5 } macro m { 1 }',
    'elf.bt': '\u007fELF',
  };
  assert.deepEqual(
    said(
      'import "nosuch.bt"; import "open.bt"; import "prog.bpf.c"; import "x.txt"; import "conf.bt"; import "elf.bt"; begin { }',
      files,
    ),
    [
      "stdin:1:1-20: ERROR: Failed to import 'nosuch.bt': No such file or directory",
      "stdin:1:21-38: ERROR: Failed to import 'open.bt': everyone may write to it, so what it does may not be what its author meant",
      'HINT: Take that right away: chmod o-w open.bt',
      "stdin:1:39-59: ERROR: Failed to import 'prog.bpf.c': this target has no compiler",
      "stdin:1:60-75: ERROR: Failed to import 'x.txt': only files that end in .bt, .h, .c or .o and folders can be imported",
      'conf.bt:1:1-28: ERROR: a file that is imported can have no config block',
      'HINT: Settings belong to the script that is run.',
      "stdin:1:94-110: ERROR: Failed to import 'elf.bt': elf.bt is not a script: it is an ELF file (a program or library)",
    ],
  );
});

test('G-09 mistakes are shown in the file where they are', () => {
  assert.equal(
    checkText('import "lib/a.bt";\nbegin { print(bad(5)); }', {
      target: targetWith({ 'lib/a.bt': '// line\nmacro bad(x) {\n  x + "s"\n}\nbegin { $n = 1; $n = "a"; }' }).target,
    }).rendered,
    `lib/a.bt:5:17-25: ERROR: Type mismatch for $n: trying to assign value of type 'string[2]' when variable already has a type 'int8'
begin { $n = 1; $n = "a"; }
                ~~~~~~~~
lib/a.bt:3:3-10: ERROR: The + operator can not be used on expressions of types int8, string[2]
  x + "s"
  ~~~~~~~
stdin:2:15-21: ERROR: expanded from
begin { print(bad(5)); }
              ~~~~~~
`,
  );
  assert.deepEqual(said('import "a.bt"; begin { }', { 'a.bt': 'macro x( { }' }), [
    'a.bt:1:10-11: ERROR: syntax: expected parameter',
  ]);
  assert.deepEqual(said('import "a.bt"; macro m { 1 } begin { }', { 'a.bt': 'macro m { 2 }' }), [
    'stdin:1:22-23: ERROR: Redefinition of macro m()',
    'a.bt:1:7-8: ERROR: This is the initial definition.',
  ]);
});

test('G-10 imports in blocks', () => {
  const files = { 'a.bt': 'macro a { 41 }' };
  const text = 'begin { if (1) { import "a.bt"; } print(a + 1); }';
  assert.deepEqual(said(text, files), [
    'stdin:1:18-31: ERROR: import in a block is an unstable feature and is switched off.',
    "HINT: Set the config 'unstable_import_statement' to 'enable' to use it without this message.",
  ]);
  assert.deepEqual(said(text, files, { BPFTRACE_UNSTABLE_IMPORT_STATEMENT: 'warn' }), [
    'stdin:1:18-31: WARNING: import in a block is an unstable feature: how it works may still change.',
    "HINT: Set the config 'unstable_import_statement' to 'enable' to use it without this message.",
  ]);
  const environment = { BPFTRACE_UNSTABLE_IMPORT_STATEMENT: 'enable' };
  const { target } = targetWith(files);
  assert.deepEqual(printedBy('import "a.bt"; print(a + 1);', { target, environment }), ['42:int8']);
});
