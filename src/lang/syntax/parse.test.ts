import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { renderDiagnostics } from '../diagnostic/index.ts';
import type { ParseResult } from './index.ts';
import { parse, printAst } from './index.ts';
import { expectDiagnostics } from './testing.test.ts';

const SCRIPTS = [
  `#!/usr/bin/env sonde
#include <linux/fs.h>
struct s { int a; char b[4]; } __attribute__((packed));
config = { max_strlen = 10; missing_probes = warn } import "x.bt";
let @start = lruhash(100);
macro add($v, @m, x) { $v += x; $v }
fn f($a : int64, $b : struct s *) : int64 { return $a; }
BEGIN, mine=tracepoint:syscalls:sys_enter_*, uprobe:"/tmp/a b":"f(int)" /@start[tid] && (pid / 2) == $1/ {
  // comment
  let $x : uint64 = (uint64)args->count + 0x1f; /* another */
  @h[comm, (1, "a\\x41\\n")] = hist($x << 2, 3);
  for $i : 0..10 { if ($i > 3) { break; } else if comptime sizeof(struct s) == 8 { continue } else { $x++; } }
  for ($kv : @h) { printf("%s %d\\n", $kv.0, $kv.1); }
  while $x { $x -= 1ms; } unroll(3) { @ = count(); }
  $t = (a=1, b=(1,),); $y = if $x { { 1 } } else { $x ?: -3 };
  _ = *(struct s**)$p[3]->union.1; return;
}
`,
  'kprobe:vfs_read { @start[tid] = nsecs; } kretprobe:vfs_read /@start[tid]/ { $d = (nsecs - @start[tid]) / 1000; @us = hist($d); delete(@start[tid]); }',
];

function parseText(text: string): ParseResult {
  return parse({ name: 'stdin', text }, { positional: ['a', '1'] });
}

/** Either a tree that prints or at least one error; every place lies in the text; rendering works. */
function assertSane(text: string): void {
  const { script, diagnostics } = parseText(text);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  assert.equal(script === undefined, failed, JSON.stringify(text));
  if (script !== undefined) printAst(script);
  for (const { span, related = [] } of diagnostics) {
    for (const place of [span, ...related.map((entry) => entry.span)]) {
      if (place === undefined) continue;
      assert.ok(
        place.start >= 0 && place.start <= place.end && place.end <= text.length,
        `${JSON.stringify(place)} in ${JSON.stringify(text)}`,
      );
    }
  }
  assert.equal(
    renderDiagnostics({ name: 'stdin', text }, diagnostics, { colour: false }) === '',
    diagnostics.length === 0,
  );
}

const PIECES = [
  ...'{}()[],;:?.+-*/%&|^~!<>=$@"\'#\\_0x1 \n'.split(''),
  ...(
    'begin kprobe:f if else for while unroll let return struct enum typeof sizeof( offsetof( comptime macro fn config import ' +
    '$x @m $1 -> ++ == && .. /* */ // "a" 1e9 0x1f 12ms (uint8) struct{ typedef'
  ).split(' '),
  ' ',
];

test('random pieces of the language give a tree or errors', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }), fc.boolean(), (pieces, inside) => {
      const text = pieces.join('');
      assertSane(inside ? `begin { ${text} }` : text);
    }),
    { numRuns: 1500 },
  );
});

test('random text gives a tree or errors', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), assertSane), { numRuns: 500 });
});

test('mutated scripts give a tree or errors', () => {
  const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 6 }), insert: fc.constantFrom('', ...PIECES) });
  fc.assert(
    fc.property(fc.constantFrom(...SCRIPTS), fc.array(edit, { minLength: 1, maxLength: 4 }), (script, edits) => {
      let text = script;
      for (const { at, remove, insert } of edits) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + insert + text.slice(start + remove);
      }
      assertSane(text);
    }),
    { numRuns: 1000 },
  );
});

test('a script cut off anywhere gives a tree or few errors', () => {
  for (const script of SCRIPTS) {
    assert.notEqual(parseText(script).script, undefined);
    for (let end = 0; end < script.length; end++) {
      assertSane(script.slice(0, end));
      assert.ok(parseText(script.slice(0, end)).diagnostics.length <= 2, script.slice(0, end));
    }
  }
});

test('a NUL byte or too long a text is no script', () => {
  expectDiagnostics('begin\0', 'ERROR: stdin is not a script: it has a NUL byte at offset 5\n');
  expectDiagnostics(
    ' '.repeat(5_000_000),
    'ERROR: stdin is not a script: it has 5000000 characters, the limit is 4194304\n',
  );
});

test('deep nesting is refused, not fatal', () => {
  for (const piece of [
    '(',
    '{',
    '[',
    '-',
    '!',
    'if 1 {',
    'if if ',
    'f(',
    '@[',
    '(uint8)',
    'sizeof(',
    'typeof((',
    '1?',
    '1?:',
    'comptime ',
    'if 1 {} else ',
    '(1,',
  ]) {
    const { script, diagnostics } = parseText(`begin { ${piece.repeat(100_000)}`);
    assert.equal(script, undefined);
    assert.ok(diagnostics.length <= 2, piece);
  }
  for (const piece of ['1+', '1||', '$x.a.', '$x[1].', '1 ? 2 : ']) {
    const { script, diagnostics } = parseText(`begin { ${piece.repeat(50_000)}a }`);
    assert.equal(script, undefined);
    assert.match(diagnostics[0]!.message, /^syntax: (nested too deeply|expected)/, piece);
  }
  assert.notEqual(parseText(`begin { ${'('.repeat(150)}1${')'.repeat(150)} }`).script, undefined);
  assert.notEqual(parseText(`begin { _ = 1${' + 1'.repeat(500)}; }`).script, undefined);
});

test('huge scripts take time in proportion to their length', () => {
  const cases = [
    'print(1); '.repeat(200_000),
    `"${'a'.repeat(2_000_000)}`,
    `/*${'*'.repeat(2_000_000)}`,
    '(struct a '.repeat(50_000),
    'struct ( '.repeat(100_000),
    '"\\q" '.repeat(100_000),
    'x '.repeat(500_000),
    `${'9'.repeat(1_000_000)}`,
  ];
  for (const text of cases) {
    const start = performance.now();
    parseText(`begin { ${text}`);
    parseText(text);
    assert.ok(performance.now() - start < 10_000, text.slice(0, 20));
  }
});

test('after twenty errors the rest is not read', () => {
  const { diagnostics } = parseText(`begin { ${'1 = 2; '.repeat(100)} }`);
  assert.equal(diagnostics.length, 20);
  assert.deepEqual(diagnostics.at(-1)!.hints, ['The script was not read any further.']);
});
