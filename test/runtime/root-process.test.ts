/** The process that runs as root: its name, what can steer it, what it shows. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isRoot, launcher, sonde, testEnvironment } from '../sonde.ts';

describe('the root process', { skip: !isRoot && 'needs root' }, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-process-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  test('the process is named sonde, with its command line as given, and SIGUSR1 opens no inspector', async () => {
    let seen: { comm: string; commandLine: string[] } | undefined;
    const { status, stderr } = await sonde(['-e', 'interval:s:1 { exit(); }'], {
      onAttached: (pid) => {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        seen = { comm: readFileSync(`/proc/${pid}/comm`, 'utf8'), commandLine };
        process.kill(pid, 'SIGUSR1');
      },
    });
    assert.equal(seen?.comm, 'sonde\n');
    assert.ok(seen.commandLine.includes('interval:s:1 { exit(); }'));
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /[Dd]ebugger|inspector/);
  });

  test('control bytes of traced data are escaped on a terminal, and raw in a pipe', async () => {
    const name = 'a\u001b[31mb';
    copyFileSync('/bin/true', join(folder, name));
    const script = 'tracepoint:sched:sched_process_exit /pid == cpid/ { printf("<%s>\\n", comm); }';
    const args = ['-q', '-e', script, '-c', `'${join(folder, name)}'`];
    const { stdout } = await sonde(args);
    assert.match(stdout, new RegExp(`^<${name.replace('[', '\\[')}>$`, 'm'));
    const quoted = [launcher, ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
    const onTerminal = execFileSync('script', ['-qec', quoted, '/dev/null'], {
      encoding: 'utf8',
      env: testEnvironment(),
    });
    assert.match(onTerminal, /<a\\x1b\[31mb>/);
  });

  test('a closed pipe ends it silently', async () => {
    const child = spawn(launcher, ['-q', '-e', 'interval:ms:5 { printf("x\\n"); }'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: testEnvironment(),
    });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.stdout.once('data', () => child.stdout.destroy());
    await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(stderr, '');
  });
});
