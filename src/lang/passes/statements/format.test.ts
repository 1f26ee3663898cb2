import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFormat } from './format.ts';

/** Pieces in short: text in quotes; conversions with flags, width.precision and bits. */
function shortly(format: string): string {
  const parsed = parseFormat(format);
  if ('error' in parsed) return `refused ${parsed.error}`;
  return parsed.pieces
    .map((piece) => {
      if (piece.kind === 'text') return JSON.stringify(piece.text);
      const flags = [
        piece.leftAlign && '-',
        piece.plus && '+',
        piece.space && ' ',
        piece.alternate && '#',
        piece.zeroPad && '0',
      ]
        .filter(Boolean)
        .join('');
      const size = `${piece.width ?? ''}${piece.precision === undefined ? '' : `.${piece.precision}`}`;
      return `${piece.conversion}(${[flags, size, piece.bits].filter((part) => part !== '').join(' ')})`;
    })
    .join(' ');
}

describe('format strings', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['%d %s\n', 'd(32) " " s(32) "\\n"'],
    ['%-6d|%5s|%05d|%#x|%+d', 'd(- 6 32) "|" s(5 32) "|" d(0 5 32) "|" x(# 32) "|" d(+ 32)'],
    ['%hhx%hx%lx%llu%zd%jd%tX%Lx', 'x(8) x(16) x(64) u(64) d(64) d(64) X(64) x(32)'],
    ['%.2s%10.4d%*d%.*s%.s', 's(.2 32) d(10.4 32) d(32) s(32) s(.0 32)'],
    ['%r %rx %rh %gr %rxx', 'r(32) " " rx(32) " " rh(32) " " gr(32) " " rx(32) "x"'],
    ['100%% %5% %q %', '"100% % %q %"'],
    ['%0-d', '"%0-d"'],
    ['%f', 'refused f'],
    ['%n', 'refused n'],
  ];
  for (const [format, expected] of cases) it(format, () => assert.equal(shortly(format), expected));
});
