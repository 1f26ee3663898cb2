/** The launcher and the entry, run on a package of one small program: what they guard must hold for any program. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { root as project } from '../architecture/sources.ts';

const { sourceList } = createRequire(import.meta.url)('../../bin/entry.cjs') as {
  sourceList: (folder: string, prefix: string) => string;
};
const asRoot = process.geteuid!() === 0;

let folder: string;
let root: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-launcher-'));
  root = join(folder, 'package');
  mkdirSync(join(root, 'src/cli'), { recursive: true });
  mkdirSync(join(root, 'dist'), { mode: 0o755 });
  cpSync(join(project, 'bin'), join(root, 'bin'), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
});

afterEach(() => rmSync(folder, { recursive: true }));

const launcher = (): string => join(root, 'bin/sonde');

/** Makes the package's program: a function body that sees `args` and Node's globals. */
function program(body: string): void {
  writeFileSync(
    join(root, 'src/cli/main.ts'),
    `export async function main(args: string[]): Promise<number> {\n${body}\n}\n`,
  );
}

/** A bundle as the build writes one, with its stamp: the program prints `text`. */
function bundle(text: string): string {
  const source = `// id\n(function (exports) { exports.main = async () => { console.log(${JSON.stringify(text)}); return 0; }; })`;
  writeFileSync(join(root, 'dist/sonde.cjs'), source);
  writeFileSync(join(root, 'dist/stamp'), sourceList(join(root, 'src'), ''));
  return source;
}

// Without what the test runner, or who runs the tests, has set for Node.
const cleanEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(NODE_|SSL_|OPENSSL_|UV_)/.test(name)),
);

function run(command: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(command, args, { encoding: 'utf8', env: { ...cleanEnvironment, ...env }, timeout: 30_000 });
}

function prints(command: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr } = run(command, args, env);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout;
}

describe('the launcher', () => {
  test('passes arguments and status on as they are', () => {
    program('console.log(JSON.stringify(args)); return 7;');
    const { status, stdout } = run(launcher(), ['-e', 'a  b', '', "it's", '--', '--inspect', '$x']);
    assert.equal(stdout, `${JSON.stringify(['-e', 'a  b', '', "it's", '--', '--inspect', '$x'])}\n`);
    assert.equal(status, 7);
  });

  test('is found through links, the search path, and as an interpreter', () => {
    program('console.log(args.length); return 0;');
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../package/bin/sonde', join(folder, 'bin/sonde'));
    symlinkSync(join(folder, 'bin/sonde'), join(folder, 'second'));
    const PATH = [join(folder, 'bin'), process.env['PATH']].join(delimiter);
    writeFileSync(join(folder, 'x.bt'), '#!/usr/bin/env sonde\nbegin { exit(); }\n', { mode: 0o755 });
    assert.equal(prints(join(folder, 'bin/sonde')), '0\n');
    assert.equal(prints(join(folder, 'second'), ['a']), '1\n');
    assert.equal(prints('sonde', ['a'], { PATH }), '1\n');
    assert.equal(prints('sh', [launcher(), 'a']), '1\n');
    assert.equal(prints(join(folder, 'x.bt'), ['a', 'b'], { PATH }), '3\n');
  });

  test('is found where npm puts its links', () => {
    program('console.log("here"); return 0;');
    for (const [at, to] of [
      ['node_modules/.bin', 'node_modules/sonde'],
      ['bin', 'lib/node_modules/sonde'],
    ] as const) {
      mkdirSync(join(folder, at), { recursive: true });
      mkdirSync(join(folder, to, '..'), { recursive: true });
      symlinkSync(root, join(folder, to));
      symlinkSync(join(folder, to, 'bin/sonde'), join(folder, at, 'sonde'));
      assert.equal(prints(join(folder, at, 'sonde')), 'here\n');
    }
  });

  test('keeps what changes Node away from it, and gives it back to the commands that a script starts', () => {
    program(`
      const { execFileSync } = await import('node:child_process');
      const { readFileSync } = await import('node:fs');
      const own = readFileSync('/proc/self/environ', 'latin1').split('\\0').filter((entry) => /^(NODE_|UV_|OPENSSL_|SSL)/.test(entry));
      const child = execFileSync('env', { encoding: 'utf8' }).split('\\n').filter((entry) => /^(SONDE_CHILD_|NODE_)/.test(entry));
      console.log(JSON.stringify({ own, child }));
      return 0;`);
    const evil = join(folder, 'evil.cjs');
    writeFileSync(evil, 'process.stdout.write("loaded\\n")');
    const given = {
      NODE_OPTIONS: `--require=${evil}`,
      NODE_PATH: folder,
      NODE_COMPILE_CACHE: join(folder, 'cache'),
      NODE_V8_COVERAGE: join(folder, 'coverage'),
      NODE_REDIRECT_WARNINGS: join(folder, 'warnings'),
    };
    const env = { ...given, OPENSSL_CONF: evil };
    const { own, child } = JSON.parse(prints(launcher(), [], env)) as { own: string[]; child: string[] };
    assert.deepEqual(own, []);
    assert.deepEqual(
      child.sort(),
      Object.entries(given)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
    );
  });

  test('an empty variable is kept away and given back too', () => {
    program(`
      console.log(JSON.stringify([process.env.NODE_OPTIONS, process.env.SONDE_CHILD_NODE_OPTIONS]));
      return 0;`);
    assert.equal(prints(launcher(), [], { NODE_OPTIONS: '' }), '["",null]\n');
  });

  test('becomes Node without forking', { skip: !asRoot && 'needs root, for a process namespace of its own' }, () => {
    program(`
      const { readdirSync } = await import('node:fs');
      console.log(JSON.stringify([process.pid, ...readdirSync('/proc/self/task').map(Number).slice(1, 3)]));
      return 0;`);
    // In a new namespace process ids count up from 1: a fork would have taken 2.
    assert.equal(prints('unshare', ['--pid', '--fork', '--mount-proc', launcher()]), '[1,2,3]\n');
  });

  test('says what it needs where there is no Node', () => {
    program('return 0;');
    rmSync(join(root, 'node_modules'));
    mkdirSync(join(folder, 'empty'));
    const { status, stderr } = run('/bin/sh', [launcher()], { PATH: join(folder, 'empty') });
    assert.equal(stderr, 'sonde: no Node found: install Node 24 or newer\n');
    assert.equal(status, 1);
  });

  test('refuses a Node that is too old', () => {
    program('return 0;');
    writeFileSync(
      join(folder, 'old.cjs'),
      "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });",
    );
    const { status, stderr } = run(process.execPath, [
      '--require',
      join(folder, 'old.cjs'),
      join(root, 'bin/entry.cjs'),
    ]);
    assert.equal(stderr, `sonde: needs Node 24 or newer, this is 20.20.2 (${process.execPath})\n`);
    assert.equal(status, 1);
  });

  test('SIGUSR1 does not open the inspector', async () => {
    program('console.log("up"); await new Promise((done) => setTimeout(done, 400)); return 0;');
    const child = spawn(launcher(), { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.stdout.once('data', () => child.kill('SIGUSR1'));
    const status = await new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
});

describe('in a checkout', () => {
  beforeEach(() => program('console.log("sources"); return 0;'));

  test('the bundle runs where its stamp fits the sources, else the sources', () => {
    assert.equal(prints(launcher()), 'sources\n');
    bundle('bundle');
    assert.equal(prints(launcher()), 'bundle\n');
    writeFileSync(join(root, 'src/cli/more.ts'), '');
    assert.equal(prints(launcher()), 'sources\n');
    rmSync(join(root, 'src/cli/more.ts'));
    assert.equal(prints(launcher()), 'bundle\n');
    program('console.log("sources 2"); return 0;');
    assert.equal(prints(launcher()), 'sources 2\n');
  });

  test('a test beside the sources does not outdate the bundle', () => {
    bundle('bundle');
    writeFileSync(join(root, 'src/cli/main.test.ts'), '');
    assert.equal(prints(launcher()), 'bundle\n');
  });

  test('without sources the bundle runs: an installed package', () => {
    bundle('bundle');
    rmSync(join(root, 'src'), { recursive: true });
    rmSync(join(root, 'dist/stamp'));
    assert.equal(prints(launcher()), 'bundle\n');
  });
});

describe('the code cache', () => {
  const cacheFile = (): string => join(root, 'dist/sonde.code-cache');

  // V8 checks only the length of a source against a cache. So a cache with the code of another program of that
  // length shows whether it was used: exactly what an attacker would leave behind.
  beforeEach(() => {
    program('return 0;');
    bundle('theirs');
    prints(launcher(), ['-e', '']);
    const written = readFileSync(cacheFile(), 'latin1');
    assert.match(written, /^\/\/ id v[^\n]*\ncomplete\n/);
    // Used on a processor with other features, V8's code crashes.
    assert.ok(written.includes(readFileSync('/sys/devices/system/cpu/modalias', 'latin1').trim()));
    bundle('honest');
    assert.equal(prints(launcher()), 'theirs\n', 'the cache is used');
  });

  test('is not used once another user may write it', () => {
    chmodSync(cacheFile(), 0o666);
    assert.equal(prints(launcher()), 'honest\n');
  });

  test('is not used in a folder that another user may write', () => {
    chmodSync(join(root, 'dist'), 0o775);
    assert.equal(prints(launcher()), 'honest\n');
  });

  test('is not used through a link', () => {
    cpSync(cacheFile(), join(folder, 'elsewhere'));
    rmSync(cacheFile());
    symlinkSync(join(folder, 'elsewhere'), cacheFile());
    assert.equal(prints(launcher()), 'honest\n');
  });

  test('of another user is not used', { skip: !asRoot && 'needs root, to give a file away' }, () => {
    chownSync(cacheFile(), 65534, 65534);
    assert.equal(prints(launcher()), 'honest\n');
  });

  test(
    'in a folder of another user is neither used nor written',
    { skip: !asRoot && 'needs root, to give it away' },
    () => {
      chownSync(join(root, 'dist'), 65534, 65534);
      assert.equal(prints(launcher()), 'honest\n');
      rmSync(cacheFile());
      prints(launcher(), ['-e', '']);
      assert.throws(() => readFileSync(cacheFile()), { code: 'ENOENT' });
    },
  );

  test('of another bundle is replaced', () => {
    const source = readFileSync(join(root, 'dist/sonde.cjs'), 'utf8');
    writeFileSync(join(root, 'dist/sonde.cjs'), source.replace('// id', '// i2'));
    assert.equal(prints(launcher(), ['-e', '']), 'honest\n');
    assert.match(readFileSync(cacheFile(), 'latin1'), /^\/\/ i2 /);
  });

  test('of large scripts is another one: of texts, of files, of tools', () => {
    const large = join(root, 'dist/sonde-large.code-cache');
    const text = ' '.repeat(1000);
    mkdirSync(join(root, 'tools'), { recursive: true });
    for (const file of ['long.bt', 'tools/long.bt']) writeFileSync(join(root, file), text);
    writeFileSync(join(root, 'short.bt'), 'x');
    for (const args of [['-e', text], [join(root, 'long.bt')], ['long']]) {
      assert.equal(prints(launcher(), args), 'honest\n', args.join(' '));
      assert.match(readFileSync(large, 'latin1'), /^\/\/ id v[^\n]*\ncomplete\n/);
      rmSync(large);
    }
    for (const args of [['-e', 'x'], [join(root, 'short.bt')], ['nothing'], [join(root, 'nothing.bt')]])
      assert.equal(prints(launcher(), args), 'theirs\n', args.join(' '));
    assert.throws(() => readFileSync(large), { code: 'ENOENT' });
  });

  test('that is damaged costs only time', () => {
    const bytes = readFileSync(cacheFile());
    writeFileSync(cacheFile(), bytes.subarray(0, bytes.length / 2));
    assert.equal(prints(launcher()), 'honest\n');
    writeFileSync(cacheFile(), '');
    assert.equal(prints(launcher()), 'honest\n');
  });
});
