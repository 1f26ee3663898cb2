/** Completion of command lines: by a real bash, and where they are installed by zsh and fish. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it, test } from 'node:test';
import { OPTIONS, TASKS } from '../../src/cli/arguments.ts';
import { helpCommands, helpOptions } from '../../src/cli/help-entries.ts';
import { isRoot, launcher, run, sonde, testEnvironment } from '../sonde.ts';

const needsRoot = isRoot ? false : 'tracepoints are listed by root';

/** What bash would put in place of the last word, after TAB on this line; `sonde` is the launcher. */
function bash(line: string): readonly string[] {
  const script = `source <("$1" completion bash)
set -- "$1" "$2"; COMP_LINE=$2; COMP_POINT=\${#2}
compopt() { :; }
_sonde; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['--norc', '-c', script, 'bash', launcher, line.replace(/^sonde/, launcher)],
    { encoding: 'utf8', env: testEnvironment({ SONDE_RUN: '' }) },
  );
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash completes', () => {
  it('commands and tools', () => {
    assert.deepEqual(bash('sonde che'), ['check']);
    assert.deepEqual(bash('sonde opens'), ['opensnoop']);
    assert.deepEqual(bash('sonde tools sh'), ['show']);
    assert.deepEqual(bash('sonde tools show ext4s'), ['ext4slower']);
    assert.deepEqual(bash('sonde completion '), ['bash', 'zsh', 'fish']);
    assert.deepEqual(bash('sonde top filet'), ['filetop']);
    assert.deepEqual(bash('sonde -q opens'), ['opensnoop']);
  });

  it('options, and the values of those that have some', () => {
    assert.deepEqual(bash('sonde --dry'), ['--dry-run']);
    assert.deepEqual(bash('sonde --format '), ['text', 'json']);
    assert.deepEqual(bash('sonde -B l'), ['line']);
    assert.deepEqual(bash('sonde --no-feature kprobe_m'), ['kprobe_multi']);
    assert.deepEqual(bash('sonde -d types'), ['types']);
    assert.deepEqual(bash('sonde -o '), []); // a file: bash's own
  });

  it("a tool's own options", () => {
    assert.deepEqual(bash('sonde opensnoop --fa'), ['--failed']);
    assert.deepEqual(bash('sonde -v top opensnoop --fa'), []);
    assert.deepEqual(bash('sonde top opensnoop --fa'), ['--failed']);
    assert.deepEqual(bash('sonde ucalls -x -p 7 --lang'), ['--language']);
    assert.deepEqual(bash('sonde opensnoop -p --fa'), []);
  });

  it('probes, of which bash keeps what stands before the last colon', { skip: needsRoot }, () => {
    assert.deepEqual(bash('sonde -l tracepo'), ['tracepoint:']);
    assert.deepEqual(bash('sonde -l tracepoint:sched:sched_wakeup'), ['sched_wakeup', 'sched_wakeup_new']);
    assert.deepEqual(bash("sonde -l 'tracepoint:sched:sched_wakeup_"), ['tracepoint:sched:sched_wakeup_new']);
    assert.deepEqual(
      bash('sonde -l tracepoint:raw_sysc'),
      ['sys_enter', 'sys_exit'].map((name) => `raw_syscalls:${name}`),
    );
    assert.deepEqual(bash('sonde funccount tracepoint:raw_syscalls:sys_en'), ['sys_enter']);
  });

  it('on a terminal, by TAB', { skip: needsRoot, timeout: 30_000 }, () => {
    const code = `
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0: os.execvp('bash', ['bash', '--norc', '-i'])
out = b''
def until(text):
    global out
    end = time.time() + 10
    while text not in out and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]: out += os.read(fd, 65536)
os.write(fd, b"PS1='ready> '; sonde() { :; }; PATH=" + sys.argv[1].encode() + b":$PATH; unset -f sonde; source <(sonde completion bash); echo so''urced\\n")
until(b'sourced\\r\\n')
os.write(fd, b'sonde opensn\\t--fail\\t'); until(b'opensnoop --failed')
os.write(fd, b'\\x15: ; sonde -l tracepoint:sched:sched_wakeup_n\\t'); until(b'sched_wakeup_new')
os.write(fd, b'\\x15exit\\n'); os.waitpid(pid, 0)
sys.stdout.buffer.write(out)`;
    const folder = launcher.replace(/\/[^/]*$/, '');
    const { stdout } = spawnSync('python3', ['-Sc', code, folder], {
      encoding: 'utf8',
      env: testEnvironment({ SONDE_RUN: '', TERM: 'dumb' }),
    });
    assert.match(stdout, /sonde opensnoop --failed/);
    assert.match(stdout, /sonde -l tracepoint:sched:sched_wakeup_new/);
  });
});

for (const shell of ['zsh', 'fish']) {
  const skip = spawnSync(shell, ['-c', ':']).error === undefined ? false : `no ${shell}`;
  test(`${shell} takes its completion`, { skip }, async () => {
    const { stdout } = await sonde(['completion', shell]);
    const { stderr, status } = spawnSync(shell, ['-n', '/dev/stdin'], { input: stdout, encoding: 'utf8' });
    assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
  });
}

test('all shells ask for words with their meanings, by one command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, status } = await sonde(['completion', shell]);
    assert.equal(status, 0);
    assert.match(stdout, /completion words -- /);
  }
  const { stdout } = await run(launcher, ['completion', 'words', '--', 'opensnoop', '--fai'], {
    environment: { SONDE_RUN: '' },
  });
  assert.equal(stdout, '--failed\tonly opens that failed\n');
});

test('which shell there is none of is said', async () => {
  const { stderr, status } = await sonde(['completion', 'csh']);
  assert.deepEqual(
    { stderr, status },
    { stderr: 'ERROR: USAGE: completion: for which shell? There are bash, zsh, fish\n', status: 1 },
  );
});

test('help, which completion is made of, names every command and option', () => {
  const commands = new Set(helpCommands().flatMap(({ names }) => names));
  assert.deepEqual(
    TASKS.filter((task) => !commands.has(task)),
    [],
  );
  const options = new Set(helpOptions().flatMap(({ names }) => names));
  // Long names of letters, what other tracers' command lines have, and what only an executable of --aot calls.
  const unsaid = new Set(['program', 'buffering', 'include-dir', 'emit-llvm', 'run-compiled', 'fmt']);
  assert.deepEqual(
    Object.keys(OPTIONS).filter((name) => !unsaid.has(name) && !options.has(`--${name}`)),
    [],
  );
});
