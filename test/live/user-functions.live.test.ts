/** Every way to name a place in a program, on the live kernel. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { UserBinary } from '../../src/symbols/index.ts';
import { root, sonde } from '../sonde.ts';
import { entries, folder, live, trace, Tracer, workload } from './support.ts';

const names = join(folder, 'names');
const source = join(import.meta.dirname, 'workloads', 'names.cc');
if (live.skip === false) execFileSync('g++', ['-g', '-O2', '-o', names, source]);
const lineOf = (text: string): number =>
  readFileSync(source, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

async function refusals(script: string): Promise<string[]> {
  const { status, stderr } = await trace(script, ['--dry-run']);
  assert.equal(status, 1, stderr);
  return [...stderr.matchAll(/(?<=ERROR: |HINT: ).*/g)].map(([text]) => text.replaceAll(folder, 'DIR'));
}

/** C with the names of Rust, whose debug information says that it is Rust: where rustc is not there. */
function likeRust(): string {
  const assembly = join(folder, 'like-rust.s');
  const flags = ['-g', '-gdwarf-5', '-O1', '-dA', '-S'];
  execFileSync('gcc', [...flags, '-o', assembly, join(import.meta.dirname, 'workloads', 'rust-names.c')]);
  const text = readFileSync(assembly, 'utf8');
  const changed = text.replace(/\.byte\s+0x1d(?=.*DW_AT_language)/, '.byte\t0x1c');
  assert.notEqual(changed, text);
  writeFileSync(assembly, changed);
  execFileSync('gcc', ['-static', '-o', join(folder, 'like-rust'), assembly]);
  return join(folder, 'like-rust');
}

function fromRust(): readonly string[] {
  if (spawnSync('rustc', ['--version']).status !== 0) return [];
  const path = join(folder, 'rusty');
  writeFileSync(
    `${path}.rs`,
    `mod shop {
       #[inline(never)] pub fn price(count: u32, name: &str) -> i64 { std::hint::black_box(count as i64 * name.len() as i64) }
       #[inline(never)] pub fn cost(count: u32) -> i64 { std::hint::black_box(count as i64 * 5) }
     }
     fn main() { std::process::exit((shop::price(3, "four") != 12 || shop::cost(2) != 10) as i32) }`,
  );
  execFileSync('rustc', ['-g', '-O', '-C', 'target-feature=+crt-static', '-o', path, `${path}.rs`], {
    stdio: 'ignore',
  });
  return [path];
}

describe('places in programs', live, () => {
  test('P-50 P-53 C++ functions by the name in the source, one or all overloads', async () => {
    const { stdout, stderr } = await trace(
      `uprobe:${names}:cpp:"shop::Cart::add(int)" { print((func, args.n, args.this->number)); }
       uprobe:${names}:cpp:shop::Cart::add { @all[func] = count(); }
       uprobe:${names}:cpp:*twice* { @t[func] = count(); }
       uprobe:${names}:"shop::add(shop::Cart*)" { print(args.c->number); }
       uprobe:${names}:_ZN4shop4Cart5countERS0_ { print((func, args.c->total)); }`,
      ['-q', '-c', names],
    );
    assert.equal(stderr, '');
    assert.deepEqual(stdout.split('\n').slice(0, 3), [
      '(shop::Cart::add(int), 1, 5)',
      '(shop::Cart::count(shop::Cart&), 3)',
      '5',
    ]);
    assert.deepEqual(entries(stdout, '@all'), {
      'shop::Cart::add(int)': '1',
      'shop::Cart::add(char const*, long)': '1',
    });
    assert.deepEqual(entries(stdout, '@t'), { 'int twice<int>(int)': '1', 'long twice<long>(long)': '1' });
  });

  test('P-50 P-13 source lines, in every copy that the compiler made of them', async () => {
    const line = lineOf('return r;');
    const { stdout, stderr } = await trace(
      `uprobe:${names}@names.cc:${line} { @[func] = count(); @n[probe] = count(); }
       uprobe:${names}@workloads/names.cc:${lineOf('count(Cart &c)')}:19 { print(args.c->total); }`,
      ['-q', '-c', names],
    );
    assert.equal(stderr, '');
    assert.equal(stdout.split('\n')[0], '3');
    assert.deepEqual(entries(stdout, '@'), { 'user1(int)': '1', 'user2(int)': '2' });
    assert.deepEqual(entries(stdout, '@n'), { [`uprobe:${names}@names.cc:${line}`]: '3' });
  });

  test('P-54 P-50 lines and names that are not there', async () => {
    const count = lineOf('count(Cart &c)');
    assert.deepEqual(
      await refusals(
        `uprobe:${names}@names.cc:2 { } uprobe:${names}@nix.cc:2 { } uprobe:${names}@names.cc:${count}:99 { }
         uprobe:${names}:cpp:nix { } uretprobe:${names}@names.cc:${count} { } uprobe:/bin/sh@x.c:1 { }`,
      ),
      [
        `uprobe:DIR/names@names.cc:2: line 2 of names.cc has no code; the next line that has is 5`,
        `uprobe:DIR/names@nix.cc:2: the debug information has no code of 'nix.cc'`,
        `uprobe:DIR/names@names.cc:${count}:99: no statement begins at column 99 of names.cc:${count}, but at 19, 36`,
        'No matches for uprobe DIR/names:cpp:nix.',
        'A uretprobe can only be attached to a function, not to a line',
        'uprobe:/bin/sh@x.c:1: /bin/sh has no debug information (--debuginfo)',
      ],
    );
  });

  test('P-51 a library that is stored in a package', async () => {
    const lib = join(folder, 'packed', 'lib');
    mkdirSync(lib, { recursive: true });
    cpSync(workload('functions'), join(lib, 'libx.so'));
    execFileSync('zip', ['-q', '-0', '../stored.apk', 'lib/libx.so'], { cwd: join(folder, 'packed') });
    execFileSync('zip', ['-q', '-9', '../small.apk', 'lib/libx.so'], { cwd: join(folder, 'packed') });
    const stored = `${folder}/stored.apk!/lib/libx.so`;
    const listed = await sonde(['-l', `uprobe:${stored}:out*`]);
    assert.equal(listed.stdout, `uprobe:${stored}:outer\n`);
    assert.equal(
      (await trace(`uprobe:${stored}:outer, uprobe:${stored}:mi* { @[probe] = count(); }`, ['--dry-run'])).status,
      0,
    );
    const messages = await refusals(
      `uprobe:${folder}/small.apk!/lib/libx.so:outer { } uprobe:${folder}/stored.apk!/lib/no.so:f { } uprobe:/no/such.apk!/x:f { }`,
    );
    assert.deepEqual(
      messages.map((text) => text.replace(/ \(at offset \d+\)/, '')),
      [
        "uprobe target 'DIR/small.apk!/lib/libx.so' can't be read: zip: 'lib/libx.so' is compressed, so nothing can run from there",
        "uprobe target 'DIR/stored.apk!/lib/no.so' can't be read: zip: there is no 'lib/no.so' in it",
        "uprobe target file '/no/such.apk' does not exist or is no regular file",
      ],
    );
  });

  test('P-51 P-52 P-02 commands by name, libraries by short name, the process’s own program', async () => {
    const program = workload('functions');
    using child = running(program, ['3', '60000']);
    const pid = String(child.pid);
    const listed = await sonde(['-l', 'uprobe:perl:perl_destruct,uprobe:libc:getpid,uprobe:libc.so.6:getpid']);
    assert.match(listed.stdout, /^uprobe:\/\S*\/perl:perl_destruct\n(uprobe:\/\S*\/libc\.so\.6:getpid\n){2}$/);
    const own = await trace(
      'uprobe::add, uprobe:middle, uprobe:*:greet, *::six { @[probe] = count(); } begin { exit(); }',
      ['-q', '-p', pid, '-v'],
    );
    assert.deepEqual(
      [...own.stderr.matchAll(/attach probe: (u.*)/g)].map(([, name]) => name!.replace(pid, 'PID')).sort(),
      [
        'uprobe:/proc/PID/exe:add',
        'uprobe:/proc/PID/exe:middle',
        'uprobe:/proc/PID/exe:six',
        `uprobe:/proc/PID/root${program}:greet`,
      ],
    );
    const { stdout } = await trace('uprobe::add { @sum = sum(arg1); } uretprobe:negative { @n[retval] = count(); }', [
      '-q',
      '-c',
      `${program} 3`,
    ]);
    assert.deepEqual(entries(stdout, '@sum'), { '': '6' });
    assert.equal(Object.keys(entries(stdout, '@n')).length, 3);
  });

  for (const without of ['', 'uprobe_multi'])
    test(`P-57 P-50 wildcards in file and function${without === '' ? '' : ', one link each'}`, async () => {
      const program = workload('functions');
      for (const copy of ['copy-1', 'copy-2']) cpSync(program, join(folder, copy));
      const more = without === '' ? [] : ['--no-feature', without];
      const script = `uprobe:${folder}/copy-*:mi[d]dle, uprobe:${folder}/copy-*:l*f { @[probe] = count(); }`;
      using tracer = new Tracer(['-e', script, ...more]);
      await tracer.attached;
      execFileSync(join(folder, 'copy-1'), ['2']);
      execFileSync(join(folder, 'copy-2'), ['3']);
      tracer.signal('SIGINT');
      assert.deepEqual(entries((await tracer.ended).stdout, '@'), {
        [`uprobe:${folder}/copy-1:middle`]: '2',
        [`uprobe:${folder}/copy-1:leaf`]: '2',
        [`uprobe:${folder}/copy-2:middle`]: '3',
        [`uprobe:${folder}/copy-2:leaf`]: '3',
      });
    });

  test('P-58 P-50 programs in Go, stripped too, by the table that their run-time reads', async () => {
    for (const version of [2, 16, 18, 20]) {
      const flags = [`-DGO=${version}`, '-O1', '-fno-toplevel-reorder', '-fno-omit-frame-pointer', '-static', '-s'];
      const go = workload('go-table', flags);
      using binary = UserBinary.open(go);
      assert.ok(binary.isGo);
      assert.deepEqual(binary.functions(), ['main.(*Cart).work', 'main.first']);
      const { stdout, stderr } = await trace(
        `uprobe:${go}:"main.(*Cart).work" { printf("%s%s", func, ustack(1)); } uprobe:${go}:main.f* { @[func] = arg0; }
         uretprobe:${go}:main.first { @r = retval; }`,
        ['-q', '-c', go],
      );
      assert.match(stderr, /WARNING: .*Go/);
      assert.equal(stdout.split('\n').slice(0, 2).join('|'), 'main.(*Cart).work|        main.(*Cart).work+0', stderr);
      assert.deepEqual([entries(stdout, '@'), entries(stdout, '@r')], [{ 'main.first': '1' }, { '': '2' }]);
    }
    assert.ok(!UserBinary.open(workload('functions')).isGo);
    const compiled = join(root, 'node_modules/@esbuild/linux-x64/bin/esbuild');
    if (!existsSync(compiled)) return;
    using real = UserBinary.open(compiled);
    assert.ok(real.isGo && real.functions().includes('main.main') && !('error' in real.resolveFunction('main.main')));
  });

  test('P-50 P-56 Rust functions by their names, static programs too', async () => {
    for (const path of [likeRust(), ...fromRust()]) {
      const { stdout, stderr } = await trace(
        `uprobe:${path}:cpp:rusty::shop::price { print((func, args.count)); } uretprobe:${path}:cpp:rusty::shop::price { print(retval); }
         uprobe:${path}:cpp:rusty::shop::co* { print(func); } uretprobe:${path}:"rusty::shop::cost" { print(retval); }`,
        ['-q', '-c', path],
      );
      assert.equal(stderr, '', path);
      assert.deepEqual(
        stdout.trim().split('\n').sort(),
        ['(rusty::shop::price, 3)', '10', '12', 'rusty::shop::cost'],
        path,
      );
    }
  });

  test('P-54 damaged files, and processes that are gone', async () => {
    const program = workload('functions');
    const bytes = readFileSync(program);
    for (const length of [10, 64, 500, 4000, bytes.length - 1500])
      writeFileSync(join(folder, `cut-${length}`), bytes.subarray(0, length), { mode: 0o755 });
    const messages = await refusals(
      [10, 64, 500, 4000, bytes.length - 1500].map((length) => `uprobe:${folder}/cut-${length}:add { }`).join(' '),
    );
    assert.equal(
      messages.filter((text) => /cut-\d+.*(is damaged|can be read|No matches)|No matches/.test(text)).length,
      5,
      messages.join('\n'),
    );
    const ended = spawnSync(program, ['0']).pid;
    const gone = await trace('uprobe::add { }', ['-p', String(ended)]);
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /^ERROR: /);
  });

  test('P-05 P-57 a hundred thousand functions: refused with their number and what to do, in a moment', async () => {
    const assembly = join(folder, 'many.s');
    const path = join(folder, 'many');
    const functions = '.altmacro\n.macro one n\n.type f\\n, @function\nf\\n: nop\n.size f\\n, 1\n.endm\n';
    const repeat = '.set i, 0\n.rept 100000\none %i\n.set i, i + 1\n.endr\n';
    writeFileSync(assembly, `${functions}.text\n.globl _start\n_start:\n${repeat}`);
    execFileSync('gcc', ['-nostdlib', '-static', '-o', path, assembly]);
    assert.deepEqual(await refusals(`uprobe:${path}:f* { @ = count(); }`), [
      "Can't attach to 100000 probes because it exceeds the current limit of 1024 probes.",
      'Narrow the pattern (sonde -l shows what it matches), or raise the limit with the BPFTRACE_MAX_PROBES environment variable or max_probes in a config block, but the system may slow down or run out of memory.',
    ]);
    const few = await trace(`uprobe:${path}:f9999[0-9] { @ = count(); }`, ['--dry-run']);
    assert.equal(few.status, 0, few.stderr);
  });

  test('P-54 files without any names: an address can be probed, a name is refused with what to do', async () => {
    const path = join(folder, 'nameless');
    cpSync(workload('functions'), path);
    execFileSync('strip', ['--strip-all', path]);
    const hint =
      'The file has no names of functions: it is stripped. Its debug symbols may be had apart (--debuginfo); an address needs none (--unsafe).';
    assert.deepEqual(await refusals(`uprobe:${path}:add { } uprobe:${path}:a* { } usdt:${path}:* { }`), [
      'No matches for uprobe DIR/nameless:add.',
      hint,
      'No matches for uprobe DIR/nameless:a*.',
      hint,
      'No matches for usdt DIR/nameless:*.',
      'This file has no USDT probes.',
    ]);
    using whole = UserBinary.open(workload('functions'));
    const place = whole.resolveFunction('add') as { readonly address: bigint };
    const { stdout, stderr } = await trace(`uprobe:${path}:${place.address} { @ = count(); }`, [
      '-q',
      '--unsafe',
      '-c',
      `${path} 3`,
    ]);
    assert.deepEqual(entries(stdout, '@'), { '': '3' }, stderr);
  });

  test('P-06 P-54 a process that becomes another program, or ends, while probes are attached', async () => {
    const program = workload('functions');
    for (const after of ['exec sleep 0.3', 'exit 0']) {
      using child = running('sh', ['-c', `sleep 0.15; ${after}`]);
      const run = await trace(
        `uprobe:${program}:add { @ = count(); } uprobe:libc:getpid { } begin { printf("up\\n"); }`,
        ['-q', '-p', String(child.pid)],
      );
      // Whichever comes first: it was seen to end, or it was gone before.
      assert.ok(
        run.status === 0 || /process \d+|No such process|target/i.test(run.stderr),
        `${after}: ${run.status} ${run.stderr}`,
      );
      assert.doesNotMatch(run.stderr, /at .*\.ts:\d+/);
    }
  });
});

function running(command: string, args: readonly string[]): Disposable & { readonly pid: number } {
  const child = spawn(command, args, { stdio: 'ignore' });
  return { pid: child.pid!, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
