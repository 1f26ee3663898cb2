import assert from 'node:assert/strict';
import { test } from 'node:test';
import { positionAt, renderLocated } from './source-text.ts';

function located(text: string, marked: string, level = 'ERROR'): string {
  const start = text.indexOf(marked);
  return renderLocated({ name: 'stdin', text }, { start, end: start + marked.length }, level, 'Unknown thing');
}

test('one line is quoted and underlined', () => {
  assert.equal(
    located('begin { print(nosuchid); }', 'nosuchid'),
    'stdin:1:15-23: ERROR: Unknown thing\nbegin { print(nosuchid); }\n              ~~~~~~~~\n',
  );
});

test('a tab is one column and four blanks', () => {
  assert.equal(
    located('begin {\n\tfoo(1)\t; }\n', 'foo(1)'),
    'stdin:2:2-8: ERROR: Unknown thing\n    foo(1)    ; }\n    ~~~~~~\n',
  );
});

test('characters outside ASCII are one column each', () => {
  assert.equal(located('"ä😀" x', 'x'), 'stdin:1:6-7: ERROR: Unknown thing\n"ä😀" x\n     ~\n');
});

test('an empty span at the end of input has a blank underline', () => {
  const text = 'begin {}';
  assert.equal(
    renderLocated({ name: 'stdin', text }, { start: 8, end: 8 }, 'ERROR', 'syntax'),
    'stdin:1:9-9: ERROR: syntax\nbegin {}\n        \n',
  );
});

test('several lines are quoted without underline', () => {
  assert.equal(
    located('begin\n{\tif (1) {\r\n\tx\n}}', '{\tif (1) {\r\n\tx\n}'),
    'stdin:2-4: ERROR: Unknown thing\n{    if (1) {\n    x\n}}\n',
  );
});

test('details stand before the source, colour wraps the first line only', () => {
  const text = '@a[1] = 2';
  const details = ['Additional Info - helper: map_update_elem, retcode: -7'];
  assert.equal(
    renderLocated({ name: 'a.bt', text }, { start: 0, end: 9 }, 'WARNING', 'Map full', { colour: true, details }),
    '\x1b[33ma.bt:1:1-10: WARNING: Map full\x1b[0m\nAdditional Info - helper: map_update_elem, retcode: -7\n@a[1] = 2\n~~~~~~~~~\n',
  );
});

test('positions of first, last and outside indices', () => {
  assert.deepEqual(positionAt('', 0), { line: 1, column: 1 });
  assert.deepEqual(positionAt('\nab\n', 0), { line: 1, column: 1 });
  assert.deepEqual(positionAt('\nab\n', 1), { line: 2, column: 1 });
  assert.deepEqual(positionAt('\nab\n', 3), { line: 2, column: 3 });
  assert.deepEqual(positionAt('\nab\n', 99), { line: 3, column: 1 });
});
