import assert from 'node:assert/strict';
import test from 'node:test';
import type { Diagnostic } from './index.ts';
import { renderDiagnostics } from './index.ts';

const source = { name: 'stdin', text: 'begin { 1 == "a"; }\nend { }' };
const mismatch: Diagnostic = {
  severity: 'error',
  code: 'type-mismatch',
  message: "Type mismatch for '==': comparing int8 with string[2]",
  span: { start: 8, end: 16 },
  hints: ['Compare like with like.'],
  related: [
    { span: { start: 8, end: 9 }, message: 'left (int8)' },
    { span: { start: 13, end: 16 }, message: 'right (string[2])' },
  ],
};

test('related entries have the level of their main entry, hints end it', () => {
  assert.equal(
    renderDiagnostics(source, [mismatch], { colour: false }),
    `stdin:1:9-17: ERROR: Type mismatch for '==': comparing int8 with string[2]
begin { 1 == "a"; }
        ~~~~~~~~
stdin:1:9-10: ERROR: left (int8)
begin { 1 == "a"; }
        ~
stdin:1:14-17: ERROR: right (string[2])
begin { 1 == "a"; }
             ~~~
HINT: Compare like with like.
`,
  );
});

test('errors come before warnings, places are optional, lines may be several', () => {
  const warning: Diagnostic = { severity: 'warning', code: 'w', message: 'odd', span: { start: 17, end: 25 } };
  const general: Diagnostic = { severity: 'error', code: 'e', message: 'no probes', span: undefined };
  assert.equal(
    renderDiagnostics(source, [warning, general], { colour: false }),
    'ERROR: no probes\nstdin:1-2: WARNING: odd\nbegin { 1 == "a"; }\nend { }\n',
  );
  assert.equal(renderDiagnostics(source, [], { colour: false }), '');
});

test('colour paints the first line of an entry', () => {
  const text = renderDiagnostics(source, [{ ...mismatch, related: [] }], { colour: true });
  assert.ok(text.startsWith('\x1b[31mstdin:1:9-17: ERROR: '));
  assert.ok(text.split('\n')[0]!.endsWith('\x1b[0m'));
  const warning: Diagnostic = { severity: 'warning', code: 'w', message: 'odd', span: undefined };
  assert.equal(renderDiagnostics(source, [warning], { colour: true }), '\x1b[33mWARNING: odd\x1b[0m\n');
});

test('control characters of a script do not reach the terminal', () => {
  const text = renderDiagnostics(
    { name: 'stdin', text: 'a\x1b[31mb\r\nc' },
    [{ severity: 'error', code: 'e', message: 'm', span: { start: 6, end: 7 } }],
    { colour: false },
  );
  assert.equal(text, 'stdin:1:7-8: ERROR: m\na\ufffd[31mb\n      ~\n');
});
