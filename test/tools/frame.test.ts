/** How tools are called, whatever they do. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { TASKS } from '../../src/cli/arguments.ts';
import { findTool, listTools, readHeader } from '../../src/cli/tools/catalogue.ts';
import { parseToolArguments, toolOption } from '../../src/cli/tools/options.ts';
import { openTool } from '../../src/cli/tools/run-tool.ts';
import { root, run, sonde } from '../sonde.ts';

process.argv[1] = join(root, 'bin/entry.cjs'); // where the package is found by
const tools = listTools();

describe('the shipped tools', () => {
  it('are named like no command', () => {
    const names = new Set(tools.map(({ name }) => name));
    assert.equal(names.size, tools.length);
    assert.deepEqual(
      TASKS.filter((task) => names.has(task)),
      [],
    );
  });

  it('say what they show in their first comment', () => {
    for (const tool of tools) {
      const { area, line } = readHeader(tool);
      assert.match(area, /^(files|network|processes|memory|system|security|disks|cpu|locks|programs)$/, tool.name);
      assert.ok(line.length <= 110 && !line.endsWith('.'), `${tool.name}: ${line}`);
    }
  });

  it('declare options with a help each, and no letter twice', async () => {
    for (const tool of tools) {
      const { options } = await openTool(tool);
      const letters = options.map(({ letter }) => letter).filter((letter) => letter !== undefined);
      assert.equal(new Set(letters).size, letters.length, `${tool.name}: ${letters.join(' ')}`);
      for (const { name, help } of options) assert.notEqual(help, '', `${tool.name} --${name}`);
    }
  });

  it('check without a warning', async () => {
    const scripts = tools.filter(({ kind }) => kind === 'bt').map(({ path }) => path);
    const { status, stdout, stderr } = await sonde(['check', ...scripts], { timeoutMs: 60_000 });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });
});

describe("a tool's command line", () => {
  const options = [
    toolOption({ name: 'pid', standard: 0n, help: 'p: only this process' }),
    toolOption({ name: 'failed', standard: false, help: 'x: only what failed' }),
    toolOption({ name: 'name', standard: '', help: 'only this name' }),
    toolOption({ name: 'interval', standard: 1n, help: 'i,$1: seconds' }),
  ];
  const read = (...argv: string[]): object => Object.fromEntries(parseToolArguments('x', options, argv).named);

  it('has long and short options, values attached or not, and words by their place', () => {
    assert.deepEqual(read('--pid=7', '--failed'), { pid: '7', failed: undefined });
    assert.deepEqual(read('--pid', '7', '--name', '-z'), { pid: '7', name: '-z' });
    assert.deepEqual(read('-xp7', '5'), { failed: undefined, pid: '7', interval: '5' });
    assert.deepEqual(read('-i', '2', '-p', '-1'), { interval: '2', pid: '-1' });
  });

  it('refuses what the tool does not have', () => {
    const refuse = (message: string, ...argv: string[]): void =>
      assert.throws(() => read(...argv), { message: `x: ${message} (sonde x --help)` });
    refuse('has no option --bad', '--bad');
    refuse('has no option -b', '-xb');
    refuse('--pid needs a value', '--pid');
    refuse('--failed takes no value', '--failed=1');
    refuse("--pid takes a number, not 'me'", '-p', 'me');
    refuse("does not know what to do with 'b'", '1', 'b');
    refuse("--duration takes seconds, not '-1'", '--duration', '-1');
    refuse('has no --cgroup: what it counts belongs to no single task', '--cgroup', '/x');
  });
});

test('a word is a command, else a file, else a tool, else there is the nearest of all three', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-words-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const words = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await sonde(args, { cwd: folder });
    return `${stdout}${stderr}`;
  };
  assert.match(
    await words('opensnoop', '--help'),
    /^USAGE:\n {4}sonde opensnoop \[options\]\n\nWhich files processes open/,
  );
  assert.equal(
    await words('opensnop'),
    "ERROR: no command, no file and no tool is called 'opensnop'\nHINT: Did you mean 'opensnoop'?\n",
  );
  assert.match(await words('chekc'), /HINT: Did you mean 'check'\?/);
  writeFileSync(join(folder, 'opensnoop'), 'begin { print("a file"); }');
  writeFileSync(join(folder, 'mine.bt'), 'begin { print("mine"); }');
  assert.match(await words('opensnoop'), /^a file\n/);
  assert.match(await words('mien.bt'), /HINT: Did you mean 'mine.bt'\?/);
  assert.match(await words('tools'), /^ {4}opensnoop +which files processes open/m);
  assert.match(await words('tools', 'show', 'opensnoop'), /^\/\/ files: which files processes open/);
  assert.equal(await words('opensnoop', '-h', '--bad').then((text) => text.includes('has no')), false);
});

test('started as bpftrace there are no tools', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-words-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { stdout } = await run('sh', ['-c', `ln -s ${join(root, 'bin/sonde')} bpftrace; ./bpftrace opensnoop 2>&1`], {
    cwd: folder,
  });
  assert.equal(stdout, "ERROR: failed to open file 'opensnoop': No such file or directory\n");
});

test('findTool takes names, not paths', () => {
  assert.equal(findTool('../tools/opensnoop'), undefined);
  assert.equal(findTool('no-such-tool'), undefined);
});
