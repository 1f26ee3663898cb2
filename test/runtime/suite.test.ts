import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCase } from './case.ts';
import { parseSuite } from './suite.ts';

const parse = (text: string): unknown =>
  parseSuite(text, 'x.rt').map(({ name, directives }) => [name, ...directives.map((d) => [d.name, d.value])]);

test('a case is its directives, with values on their line or below', () => {
  assert.deepEqual(
    parse('# about\nNAME first\nPROG begin { }\nEXPECT\n| a\n|  b\n|\n\nNAME second\nRUN true\nSTATUS 0\n'),
    [
      ['first', ['PROG', 'begin { }'], ['EXPECT', 'a\n b\n']],
      ['second', ['RUN', 'true'], ['STATUS', '0']],
    ],
  );
});

for (const [text, message] of [
  ['PROG x', 'x.rt:1: a case starts with NAME'],
  ['NAME n\nPRG x', 'x.rt:2: no directive: PRG x'],
  ['NAME n\n| x', 'x.rt:2: the directive above has its value already'],
  ['NAME n\nPROG x', 'x.rt:1: n: expects nothing'],
  ['NAME n\nSTATUS 0', 'x.rt:1: n: needs one PROG or one RUN'],
] as const) {
  test(`refused: ${message}`, () => assert.throws(() => parse(text), { message }));
}

for (const [text, message] of [
  ['RUN echo a\nEXPECT b', /expected\nb\n\n--- standard output\na/],
  ['RUN echo a\nEXPECT a\\c', /expected\na\n--- standard output\na/],
  ['RUN exit 3\nSTATUS 0', /status 3 instead of 0/],
  ['RUN echo a\nEXPECT_REGEX ^b', /not found: \^b/],
  ['RUN echo a; echo b\nEXPECT_NONE ^b', /^found: \^b/],
  ['RUN echo a >&2\nSTDERR_REGEX ^b', /not found: \^b/],
  ['RUN echo a >&2; echo b >&2\nERRORS a', /expected errors\na\n\n--- standard output/],
  ['RUN echo a; echo b >&2; exit 1\nSTATUS 1\nERRORS b', /standard output\na/],
  ['RUN sleep 10\nTIMEOUT 0.1\nSTATUS 0', /SIGKILL/],
] as const) {
  test(`fails: ${text.replaceAll('\n', '; ')}`, async () => {
    const [case_] = parseSuite(`NAME n\n${text}`, 'x.rt');
    await assert.rejects(runCase(case_!), (error: Error) => message.test(error.message));
  });
}

test('holds: output, status, error lines', async () => {
  const [case_] = parseSuite('NAME n\nRUN echo a; echo b >&2; exit 2\nEXPECT a\nERRORS b\nSTATUS 2', 'x.rt');
  await runCase(case_!);
});

test('every suite is of the form', () => {
  for (const file of globSync('**/*.rt', { cwd: import.meta.dirname })) {
    const cases = parseSuite(readFileSync(join(import.meta.dirname, file), 'utf8'), file);
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length, `${file}: a name is used twice`);
  }
});

test('a process started before is there, and gone after', async () => {
  const [case_] = parseSuite(
    'NAME n\nBEFORE exec sleep 100\nRUN sleep 0.1; cat /proc/$BEFORE_PID/comm; echo $BEFORE_PID\nEXPECT_REGEX ^sleep$',
    'x.rt',
  );
  await runCase(case_!);
});
