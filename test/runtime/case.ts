/** Runs one case of a suite and holds what came of it against what the case expects. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot, run, testEnvironment, type Run } from '../sonde.ts';
import { haveFeature, kernelIsAtLeast } from './features.ts';
import type { Case } from './suite.ts';

/** The values of a directive of a case. */
const all = (test: Case, name: string): string[] =>
  test.directives.filter((directive) => directive.name === name).map(({ value }) => value);
const one = (test: Case, name: string): string | undefined => all(test, name)[0];
const lines = (test: Case, name: string): string[] => all(test, name).flatMap((value) => value.split('\n'));

/** Why the case cannot run here, or false. */
export function skipReason(test: Case): string | false {
  if (!isRoot && one(test, 'ROOT') !== 'no') return 'needs root';
  if (process.env['SONDE_TEST_OPT'] !== undefined && one(test, 'OPTIMIZED') === 'yes')
    return 'optimizations are switched off';
  const minimum = one(test, 'MIN_KERNEL');
  if (minimum !== undefined && !kernelIsAtLeast(minimum)) return `needs kernel ${minimum}, this is ${release()}`;
  const missing = all(test, 'REQUIRES_FEATURE').filter((feature) => !haveFeature(feature));
  return missing.length > 0 && `this kernel lacks ${missing.join(', ')}`;
}

export async function runCase(test: Case): Promise<void> {
  const environment = Object.fromEntries(
    all(test, 'ENV').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  const folder = mkdtempSync(join(tmpdir(), 'sonde-case-'));
  const before = one(test, 'BEFORE');
  const background = before === undefined ? undefined : startInBackground(before);
  try {
    const result = await run('/bin/sh', ['-c', commandOf(test)], {
      environment: {
        ...environment,
        PROG: one(test, 'PROG') ?? '',
        BEFORE_PID: String(background?.pid ?? ''),
        TMPFILE: join(folder, 'file'),
      },
      timeoutMs: Number(one(test, 'TIMEOUT') ?? 20) * 1000,
      onAttached: (pid) => {
        for (const command of all(test, 'AFTER')) startInBackground(command, { SONDE_PID: String(pid) });
      },
    });
    checkResult(test, result);
  } finally {
    if (background?.pid !== undefined) process.kill(-background.pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

/** The tracer takes the shell's place, so that its process id and status are the shell's. */
function commandOf(test: Case): string {
  return one(test, 'RUN') ?? `exec sonde -e "$PROG" ${one(test, 'ARGS') ?? ''}`;
}

function startInBackground(command: string, more: Readonly<Record<string, string>> = {}): { pid?: number } {
  const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: 'ignore', env: testEnvironment(more) });
  return child;
}

function checkResult(test: Case, { status, stdout, stderr }: Run): void {
  const seen = `\n--- standard output\n${stdout}\n--- standard error\n${stderr}`;
  const wantStatus = Number(one(test, 'STATUS') ?? 0);
  assert.equal(status, wantStatus, `status ${status} instead of ${wantStatus}${seen}`);
  const wantOutput = expectedOutput(test);
  if (wantOutput === undefined && isRefused(test)) assert.equal(stdout, '', seen);
  if (wantOutput !== undefined) assert.equal(stdout, wantOutput, `--- expected\n${wantOutput}${seen}`);
  for (const regex of lines(test, 'EXPECT_REGEX'))
    assert.match(stdout, new RegExp(regex, 'm'), `not found: ${regex}${seen}`);
  for (const regex of lines(test, 'EXPECT_NONE'))
    assert.doesNotMatch(stdout, new RegExp(regex, 'm'), `found: ${regex}${seen}`);
  for (const regex of lines(test, 'STDERR_REGEX'))
    assert.match(stderr, new RegExp(regex, 'm'), `not found: ${regex}${seen}`);
  const errors = one(test, 'ERRORS');
  if (errors !== undefined) assert.equal(stderr, whole(errors), `--- expected errors\n${whole(errors)}${seen}`);
}

/** What is refused prints nothing but why. */
const isRefused = (test: Case): boolean =>
  Number(one(test, 'STATUS') ?? 0) !== 0 && !test.directives.some(({ name }) => name.startsWith('EXPECT'));

/** The whole of standard output: a script's own, the two newlines that end every run as text, the maps. */
function expectedOutput(test: Case): string | undefined {
  const [printed, maps] = [one(test, 'EXPECT'), one(test, 'MAPS')];
  if (printed === undefined && maps === undefined) return undefined;
  const isText = one(test, 'RUN') === undefined && !(one(test, 'ARGS') ?? '').includes('-f json');
  const end = isText || maps !== undefined ? `\n\n${whole(maps)}` : '';
  return whole(printed) + end;
}

/** A directive's text with the newline that ends its last line, unless that ends in `\c`. */
function whole(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  return text.endsWith('\\c') ? text.slice(0, -2) : `${text}\n`;
}
