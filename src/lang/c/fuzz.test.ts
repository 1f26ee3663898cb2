import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sampleTarget } from '../testing/target.ts';
import { readCSection } from './index.ts';

/** Pieces that together touch every rule; shuffled they make C that is mostly wrong. */
const PIECES =
  `struct union enum typedef int char unsigned long void const static inline { } ( ) [ ] * ; , : = ... a b s t e A B 0 1 3 0x7f 'x' "text"
  __attribute__((packed)) __attribute__((aligned(8))) sizeof(int) sizeof typeof(a) offsetof(struct s,a) _Static_assert u32 size_t nosuch_t
  ? + - << ~ ! && == asm("") F(1,2) F G ## # __VA_ARGS__ :3 struct\ts\t{int\ta;} enum\te\t{A=1,B} typedef\tint\tt;`
    .split(/[ \n]+/)
    .map((piece) => piece.replaceAll('\t', ' '));
const LINES = [
  '#define F(x, y) x y',
  '#define G(...) F(__VA_ARGS__) # x',
  '#define a b',
  '#define b a',
  '#undef a',
  '#if A + 1',
  '#ifdef F',
  '#elif 1',
  '#else',
  '#endif',
  '#include <own.h>',
  '#include "own.h"',
  '#include F',
  '#pragma pack(push, 1)',
  '#error x',
  '#',
  '/* open',
];

it('reads any text to its end, with one error at most', () => {
  let state = 7;
  const below = (limit: number): number => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
  const target = sampleTarget({
    readHeader: (path) =>
      path.endsWith('own.h') ? `#define H ${'H '.repeat(below(3))}\n#include "own.h"\nstruct s { H a;` : undefined,
    headerFolders: () => ['/usr/include'],
  });
  let good = 0;
  for (let round = 0; round < 3000; round++) {
    let text = '';
    for (let count = 1 + below(14); count > 0; count--)
      text += below(5) === 0 ? `\n${LINES[below(LINES.length)]}\n` : ` ${PIECES[below(PIECES.length)]}`;
    const input = { imports: [], includes: [], includeFolders: [], environment: {} };
    const pieces = [{ span: { start: 0, end: text.length } }];
    const { definitions, diagnostics } = readCSection({ ...input, pieces, source: { name: 'stdin', text } }, target);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    assert.equal(errors.length, definitions === undefined ? 1 : 0, text);
    for (const { span } of errors) assert.ok(span !== undefined && span.start >= 0 && span.end <= text.length, text);
    for (const name of ['a', 'b', 'F', 'H', 'A', 's', 't']) {
      definitions?.evaluate(name);
      definitions?.macro(name);
      definitions?.enumerator(name);
      definitions?.named(name);
      const found = definitions?.tagged('struct', name);
      if (found?.kind === 'record') found.fields();
    }
    if (definitions !== undefined) good++;
  }
  assert.ok(good > 50, String(good));
});
