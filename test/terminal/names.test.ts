/** Names that files give to their probes, on a terminal: they cannot steer it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { isRoot, launcher, run } from '../sonde.ts';
import { all, onTerminal } from './on-terminal.ts';

const skip = isRoot ? false : 'needs root';

describe('names with control bytes', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-names-'));
  after(() => rmSync(folder, { recursive: true }));
  const [source, file] = [join(folder, 'steers.c'), join(folder, 'steers')];
  const note = join(import.meta.dirname, '../tools/workloads/note.h');
  writeFileSync(
    source,
    `#include "${note}"\nint main(void) { asm volatile(NOTE("good", "cle\\033[2Jar", "8@\\033[31m\\033[2J")); }\n`,
  );
  execFileSync('gcc', ['-o', file, source]);

  test('in a list', async () => {
    const { parts } = onTerminal([launcher, '-l', `usdt:${file}:*`], [['end']]);
    assert.equal(all(parts), `usdt:${file}:good:cle\\x1b[2Jar\r\n`);
    // Elsewhere they stay what they are.
    const { stdout } = await run(launcher, ['-l', `usdt:${file}:*`], { environment: { SONDE_RUN: '' } });
    assert.equal(stdout, `usdt:${file}:good:cle\u001b[2Jar\n`);
  });

  test('in a message, whose own colour stays', () => {
    const script = `usdt:${file}:good:cle* { print(arg0); }`;
    const { parts, status } = onTerminal([launcher, '-e', script], [['end']]);
    assert.equal(status, 1);
    const text = all(parts);
    assert.ok(text.startsWith('\u001b[31mstdin:'), text);
    assert.ok(text.includes("cle\\x1b[2Jar can't be read: '8@\u001b[31m\\x1b[2J' is of a form"), text);
    assert.ok(!text.includes('\u001b[2J'), text);
  });
});
