/** `sonde top` on a terminal of its own: what stands on the screen, and that the terminal is whole after every end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { isRoot, launcher, run } from '../sonde.ts';
import { all, onTerminal, type Step } from './on-terminal.ts';

const skip = isRoot ? false : 'needs root';
const ENTER = '\u001b[?1049h\u001b[?25l';
// oxlint-disable-next-line no-control-regex
const controls = /\u001b\[[\d;?]*[A-Za-z]/g;
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** A process of ours that writes and writes, to look at. */
function writer(t: { after: (work: () => void) => void }): number {
  const child = spawn('python3', [
    '-Sc',
    'import os, time\nf = os.open("/dev/shm/sonde-top", 65)\nwhile True: os.pwrite(f, b"x" * 100, 0); time.sleep(0.02)',
  ]);
  t.after(() => child.kill('SIGKILL'));
  return child.pid!;
}

const filetop = (pid: number): readonly string[] => [launcher, 'top', 'filetop', '-p', String(pid)];
/** The screen is drawn, with a row of the writer. */
const drawn: Step = ['wait', 'sonde-top'];

describe('sonde top', { skip, timeout: 120_000 }, () => {
  test('a table with columns by name, by what is largest; q ends it', (t) => {
    const pid = writer(t);
    const { parts, status } = onTerminal(filetop(pid), [drawn, ['send', 'q'], ['end']], { NO_COLOR: '1' });
    const output = all(parts);
    assert.equal(status, 0);
    assert.ok(output.startsWith(ENTER), JSON.stringify(output));
    assert.match(output, /sonde top filetop .*q: end/);
    // oxlint-disable-next-line no-control-regex
    assert.match(output, /^written\u001b\[K\r\n *PID {2}COMM {5}FILE {7}bytesv/m);
    assert.match(output, new RegExp(`^ *${pid}  python3  sonde-top +[1-9]\\d*00`, 'm'));
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(output, /\u001b\[\d*m/, 'NO_COLOR');
    assert.ok(output.trimEnd().endsWith(LEAVE), JSON.stringify(output.slice(-80)));
    assert.deepEqual(
      parts.map(({ cooked }) => cooked),
      [false, parts[1]!.cooked, true],
    );
  });

  for (const [name, step, status] of [
    ['Ctrl-C', ['send', '\u0003'], 0],
    ['SIGINT', ['signal', 'SIGINT'], 0],
    ['SIGTERM', ['signal', 'SIGTERM'], 0],
    ['SIGHUP', ['signal', 'SIGHUP'], -1],
    ['SIGQUIT', ['signal', 'SIGQUIT'], -3],
  ] as const) {
    test(`the terminal is whole after ${name}`, (t) => {
      const { parts, status: ended } = onTerminal(filetop(writer(t)), [drawn, step, ['end']]);
      assert.equal(ended, status);
      assert.equal(all(parts).split(ENTER).length, 2);
      assert.equal(all(parts).split(LEAVE).length, 2);
      assert.equal(parts.at(-1)!.cooked, true);
    });
  }

  test('the end of the time, too', (t) => {
    const { parts, status } = onTerminal([...filetop(writer(t)), '-d', '2'], [drawn, ['end']]);
    assert.equal(status, 0);
    assert.ok(all(parts).includes(LEAVE));
    assert.equal(parts.at(-1)!.cooked, true);
  });

  test('suspended it gives the terminal back, and takes it again', (t) => {
    const { parts, status } = onTerminal(filetop(writer(t)), [
      drawn,
      ['send', '\u001a'],
      ['stopped'],
      ['signal', 'SIGCONT'],
      drawn,
      ['signal', 'SIGTSTP'],
      ['stopped'],
      ['signal', 'SIGCONT'],
      drawn,
      ['send', 'q'],
      ['end'],
    ]);
    assert.equal(status, 0);
    assert.deepEqual(
      parts.filter(({ step }) => step === 'wait' || step === 'stopped').map(({ cooked }) => cooked),
      [false, true, false, true, false],
    );
    assert.equal(all(parts).split(ENTER).length, 4);
    assert.equal(all(parts).split(LEAVE).length, 4);
    assert.equal(parts.at(-1)!.cooked, true);
  });

  test('a smaller window has fewer and shorter lines; arrows sort by another column', (t) => {
    const pid = writer(t);
    const { parts } = onTerminal(filetop(pid), [
      drawn,
      ['size', 6, 30],
      ['wait', '\u001b[J'],
      ['send', '\u001b[D'],
      ['wait', 'FILEv'],
      ['send', 'r'],
      ['wait', 'FILE^'],
      ['send', 'q'],
      ['end'],
    ]);
    const frames = all(parts.slice(3)).split('\u001b[H').slice(1);
    assert.ok(frames.length > 0);
    for (const frame of frames) {
      const lines = frame.split('\u001b[J')[0]!.replaceAll(controls, '').split('\r\n');
      assert.ok(lines.length <= 6, frame);
      for (const line of lines) assert.ok(line.length <= 30, line);
    }
    assert.match(all(parts), /FILE\^/);
  });

  test('what is refused needs no screen', () => {
    const { parts, status } = onTerminal([launcher, 'top', 'biolatency'], [['end']]);
    assert.equal(status, 1);
    assert.equal(all(parts).includes(ENTER), false);
    assert.match(all(parts), /top: biolatency shows a drawing, which is no table/);
    assert.match(
      all(onTerminal([launcher, 'top', 'no-such-tool'], [['end']]).parts),
      /top: there is no tool called 'no-such-tool'/,
    );
  });

  test('where no terminal is, it is the tool itself', async (t) => {
    const pid = writer(t);
    const { stdout, status } = await run(launcher, ['top', 'filetop', '-p', String(pid), '1', '2'], {
      environment: { SONDE_RUN: '' },
      timeoutMs: 30_000,
    });
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^@written\\[${pid}, python3, sonde-top\\]: \\d+$`, 'm'));
    assert.equal(stdout.includes('\u001b'), false);
  });
});
