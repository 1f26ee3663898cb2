/** Programs whose files were replaced, deleted or covered while they run, or that live in another file system. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ElfFile } from '../elf/index.ts';
import { FileSource } from './file-source.ts';
import { mappedFiles, resolveTarget, UserBinary, UserSymbols } from './index.ts';

interface Waiting extends Disposable {
  readonly pid: number;
  /** Of the function that it told of. */
  readonly address: bigint;
  /** For the shell around it. */
  say(text: string): Promise<string>;
}

let folder: string;

function build(path: string, ...flags: string[]): string {
  mkdirSync(dirname(path), { recursive: true });
  execFileSync('gcc', ['-O1', '-Wl,--build-id', '-o', path, join(import.meta.dirname, 'testdata/waits.c'), ...flags]);
  return path;
}

async function start(command: string, ...args: string[]): Promise<Waiting> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const heard = (): Promise<string> =>
    new Promise((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
      child.once('error', reject).once('exit', () => reject(new Error('it ended')));
    });
  const address = BigInt(await heard());
  const say = (text: string): Promise<string> => {
    const answer = heard();
    child.stdin.write(text);
    return answer;
  };
  return { pid: child.pid!, address, say, [Symbol.dispose]: () => child.stdin.end() };
}

/** As the owner of the process may see it, who may not follow the kernel's links to mapped files. */
function nameWithoutLinks({ pid, address }: Waiting): string | null {
  const script = join(import.meta.dirname, 'testdata/names-of.ts');
  const lacking = ['--bounding-set=-sys_admin,-checkpoint_restore', '--inh-caps=-all'];
  const printed = execFileSync('setpriv', [...lacking, process.execPath, script, `${pid}`, `${address + 2n}`]);
  return (JSON.parse(printed.toString()) as (string | null)[])[0]!;
}

function nameOf({ pid, address }: Waiting): string | undefined {
  using symbols = new UserSymbols();
  const { name, module } = symbols.resolve(pid, address + 2n);
  assert.notEqual(module, undefined);
  return name;
}

function buildIdOf(path: string): string {
  using source = FileSource.open(path);
  return ElfFile.open(source).buildId()!;
}

const missing = ['gcc', 'setpriv', 'unshare'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
const skip =
  process.getuid?.() !== 0
    ? 'only root can'
    : missing.length > 0 && !process.env['CI']
      ? `no ${missing.join()}`
      : false;

describe('files that are no longer where they were', { skip }, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-mapped-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('replaced by another build: each process has the names of its own', async () => {
    const path = build(join(folder, 'replaced', 'program'), '-DNAME=before');
    using old = await start(path);
    const next = build(join(folder, 'replaced', 'next'), '-DNAME=behind', '-DPADDING=5');
    renameSync(next, path);
    using current = await start(path);
    assert.equal(nameOf(old), 'before');
    assert.equal(nameOf(current), 'behind');
    assert.equal(nameWithoutLinks(old), null, 'the file at that path is another one');
    assert.equal(nameWithoutLinks(current), 'behind');

    const target = resolveTarget('', { pid: old.pid });
    assert.deepEqual(target, { path: `/proc/${old.pid}/exe` });
    using binary = UserBinary.open((target as { path: string }).path);
    assert.ok(binary.functions().includes('before') && !binary.functions().includes('behind'));
    const mapped = mappedFiles(old.pid).filter((each) => basename(each) !== basename(path));
    assert.ok(mapped.some((each) => each.startsWith(`/proc/${old.pid}/map_files/`)));
    assert.deepEqual(resolveTarget('', { pid: current.pid }), { path });
  });

  test('deleted', async () => {
    const path = build(join(folder, 'deleted', 'program'), '-DNAME=gone');
    using running = await start(path);
    unlinkSync(path);
    assert.equal(nameOf(running), 'gone');
    assert.equal(nameWithoutLinks(running), null);
  });

  test('covered by a mount of its own namespace: the other file at that path is not used', async () => {
    const path = build(join(folder, 'covered', 'program'), '-DNAME=beneath', '-no-pie');
    build(join(folder, 'covering', 'program'), '-DNAME=above', '-DPADDING=5', '-no-pie');
    const script = `"${path}" <&3 & mount --bind "${folder}/covering" "${folder}/covered"; wait`;
    using shell = await start('unshare', '-m', 'sh', '-c', `exec 3<&0; echo 1; read go <&3; ${script}`);
    const running = { ...shell, address: BigInt(await shell.say('go\n')) };
    const pid = Number(execFileSync('pgrep', ['-P', `${shell.pid}`, '-x', 'program']).toString());
    while (!existsSync(`/proc/${pid}/root${path}`) || buildIdOf(`/proc/${pid}/root${path}`) === buildIdOf(path))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const inside = { ...running, pid };
    assert.equal(nameOf(inside), 'beneath');
    assert.equal(nameWithoutLinks(inside), 'beneath', 'it is still there in our view');
    const mapped = mappedFiles(pid).filter((each) => each.endsWith('/program'));
    assert.deepEqual(mapped, [path]);
  });

  test('in a root of its own, in a mount namespace of its own: files and debug files of there', async () => {
    const jail = join(folder, 'jail');
    const whole = build(join(folder, 'whole'), '-DNAME=inside', '-static');
    const stripped = join(jail, 'bin', 'program');
    mkdirSync(dirname(stripped), { recursive: true });
    execFileSync('objcopy', ['--strip-all', whole, stripped]);
    using shut = await start('unshare', '-m', 'chroot', jail, '/bin/program');
    assert.equal(nameOf(shut), undefined, 'stripped');

    const id = buildIdOf(whole);
    const debug = join(jail, 'usr/lib/debug/.build-id', id.slice(0, 2), `${id.slice(2)}.debug`);
    build(debug, '-DNAME=wrong', '-DPADDING=5', '-static');
    assert.equal(nameOf(shut), undefined, 'of another build');
    execFileSync('objcopy', ['--only-keep-debug', whole, debug]);
    assert.equal(nameOf(shut), 'inside');
    assert.equal(nameWithoutLinks(shut), 'inside');
    unlinkSync(stripped);
    assert.equal(nameOf(shut), 'inside', 'deleted, and told by its build id');
  });

  test('in a root of its own, seen from the same mount namespace', async () => {
    const jail = join(folder, 'cell');
    const path = build(join(jail, 'program'), '-DNAME=enclosed', '-static');
    copyFileSync(build(join(folder, 'decoy'), '-DNAME=decoy', '-DPADDING=5', '-static'), join(folder, 'program'));
    using shut = await start('chroot', jail, '/program');
    assert.equal(nameOf(shut), 'enclosed');
    assert.equal(nameWithoutLinks(shut), 'enclosed');
    assert.deepEqual(mappedFiles(shut.pid), [path]);
  });
});
