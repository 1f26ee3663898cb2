/** Completion of command lines: by a real bash, zsh and fish. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, test } from 'node:test';
import { OPTIONS, TASKS } from '../../src/cli/arguments.ts';
import { helpCommands, helpOptions } from '../../src/cli/help/entries.ts';
import { isRoot, launcher, run, sonde, testEnvironment } from '../sonde.ts';
import { onTerminal, type Step } from './on-terminal.ts';

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
    const { stdout } = spawnSync('python3', ['-Sc', code, folder], {
      encoding: 'utf8',
      env: testEnvironment({ SONDE_RUN: '', TERM: 'dumb' }),
    });
    assert.match(stdout, /sonde opensnoop --failed/);
    assert.match(stdout, /sonde -l tracepoint:sched:sched_wakeup_new/);
  });
});

const absent = (shell: string): string | false =>
  spawnSync(shell, ['-c', ':']).error === undefined || process.env['CI'] === 'true' ? false : `no ${shell}`;
const noZsh = absent('zsh');
const noFish = absent('fish');
const folder = dirname(launcher);

/** What each line is after TAB (where there is one in it) on a terminal of a shell that prints its line at ^G. */
function typed(shell: readonly string[], setUp: string, lines: readonly string[]): readonly string[] {
  // A line ends with the letter that says so: what shells put behind a word is seen, and is gone where one goes on.
  const steps = lines.flatMap((line): Step[] => [
    ['send', `${line}\u0007`],
    ['wait', '>>'],
  ]);
  const home = mkdtempSync(join(tmpdir(), 'sonde-shell-'));
  try {
    const { parts } = onTerminal(
      ['env', `HOME=${home}`, `XDG_CONFIG_HOME=${home}`, `PATH=${folder}:${process.env['PATH']}`, ...shell],
      [['send', `${setUp}; echo so''urced\r`], ['wait', 'sourced\r\n'], ...steps, ['send', 'exit\r'], ['end']],
      { TERM: 'dumb' },
    );
    return parts
      .filter(({ step }) => step === 'wait')
      .flatMap(({ output }) => /<<(sonde.*?)>>/.exec(output)?.[1] ?? []);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe('zsh completes', { skip: noZsh, timeout: 120_000 }, () => {
  const show = `unset zle_bracketed_paste; show() { print -r -- "<<$BUFFER>>"; BUFFER=; }; zle -N show; bindkey '^G' show`;
  const inZsh = (how: string, lines: readonly string[]): readonly string[] =>
    typed(['zsh', '-f', '-i'], `autoload -U compinit; ${how}; ${show}`, lines);
  const sourced = 'compinit -u -D; source <(sonde completion zsh)';

  it('commands, tools and options; files where there is nothing to say', () => {
    assert.deepEqual(
      inZsh(sourced, [
        'sonde che\tX',
        'sonde opensn\t--fail\t',
        'sonde top filet\t-p\t',
        'sonde tools show ext4s\t',
        'sonde --form\tj\t',
        'sonde completion f\t',
        'sonde -o /etc/hostn\t',
      ]),
      [
        'sonde check X',
        'sonde opensnoop --failed ',
        'sonde top filetop -p ',
        'sonde tools show ext4slower ',
        'sonde --format json ',
        'sonde completion fish ',
        'sonde -o /etc/hostname ',
      ],
    );
  });

  it('probes, with a quote and without; no blank where one goes on', { skip: needsRoot }, () => {
    assert.deepEqual(
      inZsh(sourced, [
        'sonde -l tracepo\tX',
        'sonde -l tracepoint:raw_sysc\tX',
        'sonde -l tracepoint:sched:sched_wakeup_n\t',
        "sonde -l 'tracepoint:sched:sched_wakeup_n\t",
      ]),
      [
        'sonde -l tracepoint:X',
        'sonde -l tracepoint:raw_syscalls:sys_eX',
        'sonde -l tracepoint:sched:sched_wakeup_new ',
        "sonde -l 'tracepoint:sched:sched_wakeup_new' ",
      ],
    );
  });

  it('by a file in its folders too, from the first TAB', () => {
    const how = 'mkdir ~/f; sonde completion zsh >~/f/_sonde; fpath+=(~/f); compinit -u -D';
    assert.deepEqual(inZsh(how, ['sonde opensn\t', 'sonde opensn\t']), ['sonde opensnoop ', 'sonde opensnoop ']);
  });
});

describe('fish completes', { skip: noFish, timeout: 60_000 }, () => {
  /** The words that fit, with what is said of them. */
  function fish(...lines: readonly string[]): readonly (readonly string[])[] {
    const ask = lines.map((_, at) => `complete -C $argv[${at + 1}]; echo =`).join('; ');
    const { stdout, stderr } = spawnSync('fish', ['-Nc', `sonde completion fish | source; ${ask}`, ...lines], {
      encoding: 'utf8',
      env: testEnvironment({ SONDE_RUN: '' }),
    });
    assert.equal(stderr, '');
    const found = stdout.split('=\n').map((each) => each.split('\n').slice(0, -1));
    return found.slice(0, -1);
  }

  it('commands, tools and options, with their meanings; files where there is nothing to say', () => {
    assert.deepEqual(
      fish('sonde che', 'sonde opensn', 'sonde opensnoop --fai', 'sonde --format ', 'sonde -o /etc/hostn'),
      [
        ['check\tsay what is wrong with scripts, without running them'],
        ['opensnoop\twhich files processes open, and with what result'],
        ['--failed\tonly opens that failed'],
        ['text', 'json'],
        ['/etc/hostname'],
      ],
    );
  });

  it('probes, with a quote and without', { skip: needsRoot }, () => {
    const both = ['tracepoint:sched:sched_wakeup', 'tracepoint:sched:sched_wakeup_new'];
    const found = fish(
      'sonde -l tracepo',
      'sonde -l tracepoint:sched:sched_wakeup',
      "sonde -l 'tracepoint:sched:sched_wakeup",
    );
    assert.deepEqual(found, [['tracepoint:'], both, both]);
  });

  it('on a terminal, by TAB', { skip: needsRoot }, () => {
    const show = `function show; printf '<<%s>>\\n' (commandline); commandline ''; end; bind \\cg show`;
    assert.deepEqual(
      typed(['fish', '-i'], `sonde completion fish | source; ${show}`, [
        'sonde opensn\t--fail\t',
        'sonde -l tracepo\tX',
        'sonde -l tracepoint:sched:sched_wakeup_n\t',
      ]),
      ['sonde opensnoop --failed ', 'sonde -l tracepoint:X', 'sonde -l tracepoint:sched:sched_wakeup_new '],
    );
  });
});

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
