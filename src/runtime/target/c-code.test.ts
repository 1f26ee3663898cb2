import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCode } from './c-code.ts';

const clang = existsSync('/usr/bin/clang') && 'clang';

test('clang runs again only when the file or a header of it has changed', { skip: !clang && 'no clang here' }, () => {
  using cleanUp = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'sonde-c-code-'));
  cleanUp.defer(() => rmSync(folder, { recursive: true }));
  const { PATH } = process.env;
  cleanUp.defer(() => (process.env['PATH'] = PATH));
  process.env['PATH'] = `${join(folder, 'bin')}:${PATH}`;
  mkdirSync(join(folder, 'bin'));
  const log = join(folder, 'log');
  const wrapper = `#!/bin/sh\necho run >>'${log}'\nexec /usr/bin/clang "$@"\n`;
  writeFileSync(join(folder, 'bin/clang'), wrapper, { mode: 0o755 });
  const runs = (): number => readFileSync(log, 'utf8').split('\n').length - 1;

  const header = (value: number, ageSeconds: number): void => {
    writeFileSync(join(folder, 'value.h'), `#define VALUE ${value}\n`);
    const written = Date.now() / 1000 - ageSeconds;
    utimesSync(join(folder, 'value.h'), written, written);
  };
  const source = (name: string) => Buffer.from(`#include "value.h"\nint ${name}(int x) { return x + VALUE; }\n`);
  const read = (bytes: Buffer): string => {
    const code = readCode(join(folder, 'code.c'), bytes, { own: [], system: [] });
    return JSON.stringify(code, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value,
    );
  };
  header(70001, 20);
  const first = read(source('f'));
  assert.match(first, /70001/);
  assert.equal(read(source('f')), first);
  assert.equal(runs(), 1);
  assert.match(read(source('g')), /"g"/);
  assert.equal(runs(), 2);
  header(70002, 10);
  assert.match(read(source('g')), /70002/);
  assert.equal(runs(), 3);
  // A header from the future, or of this moment, may change unseen.
  header(70003, -100);
  assert.match(read(source('g')), /70003/);
  assert.match(read(source('g')), /70003/);
  assert.equal(runs(), 5);
});
