import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { type Token, tokens } from './tokens.ts';

const options = {
  help: { type: 'boolean', short: 'h' },
  verbose: { type: 'boolean', short: 'v' },
  program: { type: 'string', short: 'e', multiple: true },
  pid: { type: 'string', short: 'p' },
} as const;

/** What Node makes of a command line, in our words. */
function nodesTokens(args: string[]): Token[] {
  let isLast = false;
  return parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true }).tokens.flatMap(
    (token): Token[] => {
      if (token.kind === 'option-terminator') isLast = true;
      else if (token.kind === 'positional') return [{ kind: 'word', value: token.value, isLast }];
      else return [{ kind: 'option', name: token.name, rawName: token.rawName, value: token.value }];
      return [];
    },
  );
}

test('tells words apart as getopt_long does', () => {
  assert.deepEqual(
    [...tokens(['-ve', 'begin {}', '--pid=3', 'file', '-p4', '--', '-x'], options)],
    [
      { kind: 'option', name: 'verbose', rawName: '-v', value: undefined },
      { kind: 'option', name: 'program', rawName: '-e', value: 'begin {}' },
      { kind: 'option', name: 'pid', rawName: '--pid', value: '3' },
      { kind: 'word', value: 'file', isLast: false },
      { kind: 'option', name: 'pid', rawName: '-p', value: '4' },
      { kind: 'word', value: '-x', isLast: true },
    ],
  );
});

test('tells any words apart as Node does', () => {
  const given = ['-h', '-e', '-ex', '-hv', '-hep', '-x', '-xe', '-vvp', '-p5', '-e=3', '-', '--', '---', '', 'word'];
  const long = [
    '--help',
    '--help=1',
    '--program',
    '--program=',
    '--program=a=b',
    '--pid',
    '--nope',
    '--nope=3',
    '--e',
    '--=x',
  ];
  // But for a dash among letters, which Node takes for the `--` before the last words.
  const any = fc.string().filter((word) => !/^-[^-].*-/s.test(word));
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...given, ...long), any), { maxLength: 5 }), (argv) => {
      assert.deepEqual([...tokens(argv, options)], nodesTokens(argv));
    }),
    { numRuns: 2000 },
  );
});
