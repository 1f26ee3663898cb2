/** What tools print with --json: records with the names of their columns. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { rowNames } from '../../src/cli/tools/rows.ts';
import type { FormatArgument, RecordFormat } from '../../src/output/index.ts';
import type { FormatPiece } from '../../src/spec/index.ts';
import { isRoot, run, launcher } from '../sonde.ts';

const skip = isRoot ? false : 'needs root';

/** A process that waits for its end, made known to the tool by its number. */
function waiting(command: string): { readonly child: ChildProcess; readonly pid: number } {
  const child = spawn('/bin/sh', ['-c', `read go; ${command}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  return { child, pid: child.pid! };
}

test('rows carry the names of the head, with numbers as numbers', { skip, timeout: 60_000 }, async (t) => {
  const { child, pid } = waiting('sleep 1; read x </etc/hostname; exec cat /tmp/sonde-no-such-file');
  t.after(() => child.kill('SIGKILL'));
  const tool = run(launcher, ['opensnoop', '--json', '-U', '-p', String(pid), '-d', '4'], {
    environment: { SONDE_RUN: '' },
    timeoutMs: 50_000,
  });
  setTimeout(() => child.stdin!.end('go\n'), 1000);
  await once(child, 'close');
  const { stdout, stderr, status } = await tool;
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
  const events = stdout.trim().split('\n');
  assert.ok(
    events.includes(
      `{"type": "record", "data": {"UID": 0, "PID": ${pid}, "COMM": "cat", "FD": -1, "ERR": 2, "PATH": "/tmp/sonde-no-such-file"}}`,
    ),
    stdout,
  );
  assert.ok(
    events.every((line) => line.startsWith('{"type": "record", "data": {"UID": ')),
    stdout,
  );
});

const text = (words: string): FormatPiece => ({ kind: 'text', text: words });
const conversion = (letter: string, width?: number): FormatPiece => ({
  kind: 'conversion',
  conversion: letter,
  leftAlign: false,
  plus: false,
  space: false,
  alternate: false,
  zeroPad: false,
  width,
  precision: undefined,
  bits: 64,
});

/** The members that a row of these formats and arguments has, behind the heads that came before. */
function rows(
  ...lines: readonly (readonly [format: readonly FormatPiece[], ...args: (string | number)[]])[]
): unknown[] {
  const nameRows = rowNames();
  return lines.map(([format, ...values]) => {
    const bytes = new Uint8Array(values.length * 64);
    const view = new DataView(bytes.buffer);
    const args = values.map((value, index) => {
      const offset = index * 64;
      if (typeof value === 'number') view.setBigInt64(offset, BigInt(value), true);
      else new TextEncoder().encodeInto(value, bytes.subarray(offset));
      const type =
        typeof value === 'number'
          ? ({ kind: 'integer', size: 8, signed: true } as const)
          : ({ kind: 'string', size: 64 } as const);
      return { offset, type };
    });
    const record: RecordFormat = { format, args, sizeBytes: bytes.length };
    const located: FormatArgument[] = args.map((field) => ({ field, offset: field.offset }));
    const resolver = {} as never;
    return nameRows(record)(located, { view, bytes }, { resolver, truncationTrailer: '..', terminal: false });
  });
}

const s = conversion('s', 8);
const d = conversion('d', 8);
const blank = text(' ');

test('a column may have several conversions, and the last one takes the rest', () => {
  const head = [s, blank, s, blank, s, text('\n')];
  assert.deepEqual(
    rows(
      [head, 'PID', 'LAT(ms)', 'ARGS'],
      [[d, blank, d, text('.'), conversion('d'), blank, s, blank, s, text('\n')], 7, 1, 250, 'a', 'b'],
      [[d, blank, d, blank, s, text('\n')], 7, 1, '12'],
    ),
    ['', '"PID": 7, "LAT(ms)": 1.250, "ARGS": "a b"', '"PID": 7, "LAT(ms)": 1, "ARGS": "12"'],
  );
});

test('columns that were not asked for are not there', () => {
  assert.deepEqual(
    rows(
      [[s, s, blank, s, text('\n')], '', 'PID', 'COMM'],
      [[s, d, blank, s, text('\n')], '', 9, 'sh'],
      [[s, s, blank, s, text('\n')], 'TIME     ', 'PID', 'COMM'],
      [[s, blank, d, blank, s, text('\n')], '10:00:00', 9, 'sh'],
    ),
    ['', '"PID": 9, "COMM": "sh"', '', '"TIME": "10:00:00", "PID": 9, "COMM": "sh"'],
  );
});

test('what has no head, or fewer columns than it, stays a text', () => {
  assert.deepEqual(
    rows([[s, blank, d, text('\n')], 'x', 1], [[s, blank, s, text('\n')], 'PID', 'COMM'], [[text('----\n')]]),
    [undefined, '', undefined],
  );
});
