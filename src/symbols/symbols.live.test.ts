import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ElfFile } from '../elf/index.ts';
import { FileSource } from './file-source.ts';
import {
  KernelSymbols,
  mappedFiles,
  openTargets,
  resolveTarget,
  resolveTargets,
  UserBinary,
  UserSymbols,
} from './index.ts';
import type { FunctionPlace } from '../spec/index.ts';
import { parseMaps } from './process-maps.ts';

type Addresses = Record<'visible' | 'hidden' | 'main' | 'counter' | 'qsort' | 'vdso' | 'jit', bigint>;

interface RunningTarget extends Disposable {
  readonly pid: number;
  readonly at: Addresses;
  end(): Promise<void>;
}

function place(binary: UserBinary, name: string): FunctionPlace {
  const found = binary.resolveFunction(name);
  if ('error' in found) assert.fail(found.error);
  return found;
}

function haveCompiler(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder: string;

function compile(name: string, ...flags: string[]): string {
  const path = join(folder, name);
  execFileSync('gcc', ['-O1', '-o', path, join(import.meta.dirname, 'testdata/target.c'), ...flags]);
  return path;
}

/** Symbol values as binutils sees them. */
function nm(path: string): Map<string, { address: bigint; size: bigint }> {
  const lines = execFileSync('nm', ['-S', path], { encoding: 'utf8' }).split('\n');
  const rows = lines.map((line) => /^([0-9a-f]+) ([0-9a-f]+) \w (\S+)$/.exec(line)).filter((match) => match !== null);
  return new Map(rows.map((match) => [match[3]!, { address: BigInt(`0x${match[1]}`), size: BigInt(`0x${match[2]}`) }]));
}

async function run(path: string): Promise<RunningTarget> {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    child.once('error', reject);
  });
  const at = Object.fromEntries(
    Object.entries(JSON.parse(line) as Record<string, string>).map(([key, value]) => [key, BigInt(value)]),
  );
  const end = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { pid: child.pid!, at: at as Addresses, end, [Symbol.dispose]: () => child.stdin.end() };
}

describe('symbols of live processes', { skip: haveCompiler() ? false : 'no gcc on this machine' }, () => {
  let pie: string;
  let fixed: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-symbols-'));
    pie = compile('pie', '-pie', '-fPIE');
    fixed = compile('fixed', '-no-pie');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('functions lie where nm says, in the file and in memory', async () => {
    for (const path of [pie, fixed]) {
      const expected = nm(path);
      using binary = UserBinary.open(path);
      using running = await run(path);
      using symbols = new UserSymbols();
      for (const name of ['visible', 'hidden', 'main'] as const) {
        const place = binary.resolveFunction(name);
        assert.ok(!('error' in place));
        assert.equal(place.size, expected.get(name)!.size);
        assert.equal(binary.elf.addressOf(place.fileOffset), expected.get(name)!.address);
        assert.deepEqual(symbols.resolve(running.pid, running.at[name] + 1n), {
          address: running.at[name] + 1n,
          name,
          offset: 1n,
          module: path,
        });
      }
      assert.equal(symbols.resolve(running.pid, running.at.counter).name, undefined, 'data is no function');
      assert.deepEqual(binary.resolveSymbol('counter'), { address: expected.get('counter')!.address, size: 8n });
    }
  });

  test('shared libraries, the vdso and generated code are named', async () => {
    using running = await run(pie);
    using symbols = new UserSymbols();
    const qsort = symbols.resolve(running.pid, running.at.qsort + 2n);
    assert.equal(qsort.name, 'qsort');
    assert.equal(qsort.offset, 2n);
    assert.match(qsort.module!, /libc\.so\.6|libc-/);
    const vdso = ElfFile.fromBytes(readVdso(running.pid));
    const inVdso = vdso.findSymbols('__vdso_clock_gettime')[0] ?? vdso.findSymbols('__kernel_clock_gettime')[0];
    assert.match(symbols.resolve(running.pid, running.at.vdso + inVdso!.address).name!, /clock_gettime$/);
    assert.deepEqual(symbols.resolve(running.pid, running.at.jit + 0x1fn), {
      address: running.at.jit + 0x1fn,
      name: 'jitted code',
      offset: 0x1fn,
      module: `/tmp/perf-${running.pid}.map`,
    });
    assert.equal(symbols.resolve(running.pid, running.at.jit + 0x20n).name, 'second');
    assert.deepEqual(symbols.resolve(running.pid, running.at.jit + 0x30n), { address: running.at.jit + 0x30n });
    assert.deepEqual(symbols.resolve(running.pid, 0x10n), { address: 0x10n });
  });

  test('a stack: return addresses are looked up inside the call', async () => {
    using running = await run(pie);
    using symbols = new UserSymbols();
    const size = nm(pie).get('hidden')!.size;
    const frames = symbols.symbolize(running.pid, [running.at.visible, running.at.hidden + size, 0n]);
    assert.deepEqual(
      frames.map((frame) => [frame.name, frame.offset]),
      [
        ['visible', 0n],
        ['hidden', size],
        [undefined, undefined],
      ],
    );
    const [frame] = symbols.symbolize(running.pid, [running.at.main], { buildId: true });
    using binary = UserBinary.open(pie);
    assert.equal(frame!.buildId, binary.elf.buildId());
    assert.equal(frame!.fileOffset, binary.elf.fileOffsetOf(nm(pie).get('main')!.address));
  });

  test('a primed process is known after its end, another one is not', async () => {
    using symbols = new UserSymbols();
    const running = await run(pie);
    const unknown = await run(pie);
    assert.equal(symbols.prime(running.pid), true);
    await running.end();
    await unknown.end();
    assert.equal(symbols.resolve(running.pid, running.at.hidden + 2n).name, 'hidden');
    assert.equal(symbols.resolve(running.pid, running.at.jit).name, 'jitted code');
    assert.equal(symbols.resolve(running.pid, running.at.qsort).name, 'qsort');
    assert.equal(symbols.prime(unknown.pid), false);
    assert.deepEqual(symbols.resolve(unknown.pid, unknown.at.hidden), { address: unknown.at.hidden });
  });

  test(
    'a perf map that another user wrote is not believed',
    { skip: process.getuid?.() === 0 ? false : 'only root can give a file away' },
    async () => {
      using running = await run(pie);
      chownSync(`/tmp/perf-${running.pid}.map`, 54321, 54321);
      using symbols = new UserSymbols();
      assert.deepEqual(symbols.resolve(running.pid, running.at.jit), { address: running.at.jit });
    },
  );

  test('after exec the same pid has other memory', async () => {
    const child = spawn('/bin/sh', ['-c', 'read line; exec "$0"', fixed], { stdio: ['pipe', 'pipe', 'inherit'] });
    using symbols = new UserSymbols();
    const main = nm(fixed).get('main')!.address;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(symbols.prime(child.pid!), true);
    const said = new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdin.write('go\n');
    await said;
    assert.equal(symbols.resolve(child.pid!, main).name, 'main');
    child.stdin.end();
    await new Promise((resolve) => child.once('exit', resolve));
  });

  test('P-55 a stripped program gets its names from the separate debug file; a deleted one still from itself', async () => {
    const stripped = join(folder, 'stripped');
    const debug = join(folder, '.debug', 'stripped.debug');
    mkdirSync(join(folder, '.debug'));
    execFileSync('objcopy', ['--only-keep-debug', pie, debug]);
    execFileSync('objcopy', ['--strip-all', `--add-gnu-debuglink=${debug}`, pie, stripped]);
    using running = await run(stripped);
    using symbols = new UserSymbols();
    assert.equal(symbols.resolve(running.pid, running.at.hidden).name, 'hidden');
    using binary = UserBinary.open(stripped);
    const place = binary.resolveFunction('hidden');
    assert.ok(!('error' in place));
    assert.equal(binary.elf.addressOf(place.fileOffset), nm(pie).get('hidden')!.address);
    renameSync(debug, `${debug}.away`);
    using without = new UserSymbols();
    assert.equal(without.resolve(running.pid, running.at.hidden).name, undefined);

    const short = join(folder, 'short-lived');
    execFileSync('cp', [pie, short]);
    using deleted = await run(short);
    rmSync(short);
    assert.equal(without.resolve(deleted.pid, deleted.at.hidden).name, 'hidden');
  });

  test('P-54 functions are listed, and refused with a reason', () => {
    using binary = UserBinary.open(fixed);
    const names = binary.functions();
    assert.ok(
      names.includes('hidden') && names.includes('main') && !names.includes('counter') && !names.includes('printf'),
    );
    assert.deepEqual(names, [...new Set(names)].sort());
    const { size, address } = nm(fixed).get('hidden')!;
    assert.deepEqual(binary.resolveFunction('hidden', 1n << 40n), {
      error: `'hidden+${1n << 40n}' has no code in ${fixed}`,
    });
    assert.equal((binary.resolveFunction('hidden', size - 1n) as { size: bigint }).size, size);
    assert.equal(place(binary, 'entered').size, 0n, 'a label of assembler code');
    assert.deepEqual(binary.resolveFunction('_edata'), { error: `no function '_edata' in ${fixed}` });
    assert.deepEqual(binary.resolveFunction('hiden'), { error: `no function 'hiden' in ${fixed}` });
    assert.equal((binary.resolveAddress(address + 3n) as { name: string }).name, 'hidden');
    assert.deepEqual(binary.resolveAddress(0x10n), { error: `0x10 is not inside a function of ${fixed}` });
    const text = binary.elf.section('.rodata')!;
    assert.deepEqual(binary.resolveAddress(text.address), {
      error: `0x${text.address.toString(16)} is not inside a function of ${fixed}`,
    });
    const linkage = binary.elf.section('.plt')!;
    assert.equal(
      (binary.resolveAddress(linkage.address) as { name?: string }).name,
      undefined,
      'code, but in no function',
    );
  });

  test('USDT probes: place, semaphore and arguments', () => {
    for (const path of [pie, fixed]) {
      using binary = UserBinary.open(path);
      const probes = binary.usdtProbes();
      assert.ok(!('error' in probes));
      const [probe, ...others] = probes;
      assert.deepEqual(others, []);
      assert.equal(`${probe!.provider}:${probe!.name}`, 'demo:hit');
      assert.match(probe!.arguments, /^-4@%\w+ 8@%\w+$/);
      const main = binary.resolveFunction('main');
      assert.ok(
        !('error' in main) && probe!.fileOffset >= main.fileOffset && probe!.fileOffset < main.fileOffset + main.size,
      );
      assert.equal(binary.elf.addressOf(probe!.semaphoreOffset!), nm(path).get('semaphore')!.address);
      assert.deepEqual(
        [...readFileSync(path).subarray(Number(probe!.fileOffset), Number(probe!.fileOffset) + 1)],
        [0x90],
      );
    }
  });

  test('P-51 P-52 targets: paths, $PATH, libraries, wildcards, processes', async () => {
    assert.deepEqual(resolveTarget(pie), { path: pie });
    assert.match((resolveTarget('sh') as { path: string }).path, /^\/.*\/sh$/);
    assert.match((resolveTarget('libc') as { path: string }).path, /\/libc\.so\.6$/);
    assert.deepEqual(resolveTarget('libc.so.6'), resolveTarget('libc'));
    symlinkSync(pie, join(folder, 'pie-link'));
    assert.deepEqual(resolveTargets(join(folder, 'pi*')), [{ path: pie }], 'one file under two names is one target');
    using running = await run(pie);
    assert.deepEqual(resolveTarget('', { pid: running.pid }), { path: pie });
    const mapped = mappedFiles(running.pid);
    assert.ok(mapped.includes(`/proc/${running.pid}/root${pie}`) && mapped.some((path) => /libc/.test(path)));
    assert.deepEqual(
      resolveTargets('*', { pid: running.pid }),
      mapped.map((path) => ({ path })),
    );
    assert.deepEqual(resolveTarget(pie, { pid: running.pid }), { path: pie });
    await running.end();
    for (const name of ['*', pie, 'libc'])
      assert.deepEqual(resolveTargets(name, { pid: running.pid }), {
        error: `process ${running.pid} is gone, or can't be looked into`,
      });
  });

  test('opened targets: any number at once, each still the file that was opened', () => {
    const before = readdirSync('/proc/self/fd').length;
    mkdirSync(join(folder, 'many'));
    for (let i = 0; i < 20; i++) execFileSync('cp', [fixed, join(folder, 'many', `program-${i}`)]);
    writeFileSync(join(folder, 'many', 'program-text'), 'not a program');
    writeFileSync(join(folder, 'many', 'program-cut'), readFileSync(fixed).subarray(0, 32));
    const opened = openTargets(join(folder, 'many', 'program-*'));
    assert.ok(!('error' in opened));
    assert.equal(opened.length, 20);
    const place = opened[0]!.resolveFunction('main');
    assert.ok('fileOffset' in place);
    assert.equal(readdirSync('/proc/self/fd').length, before);
    writeFileSync(opened[1]!.path, 'something else');
    assert.deepEqual(opened[1]!.functions(), []);
    assert.match((opened[1]!.resolveFunction('main') as { error: string }).error, /is damaged: ELF: .* cut off/);
  });

  test(
    'where instructions begin',
    { skip: process.arch === 'x64' || process.arch === 'arm64' ? false : `not known for ${process.arch}` },
    () => {
      using binary = UserBinary.open(fixed);
      const { address, size } = nm(fixed).get('main')!;
      const listing = execFileSync('objdump', ['-d', '--disassemble=main', fixed], { encoding: 'utf8' });
      const starts = new Set(
        Array.from(listing.matchAll(/^ *([0-9a-f]+):\t/gm), (match) => BigInt(`0x${match[1]}`) - address),
      );
      assert.ok(starts.size > 20);
      for (let offset = 0n; offset < size; offset++) {
        const byName = binary.resolveFunction('main', offset) as FunctionPlace;
        assert.equal(byName.startsInstruction, starts.has(offset), `main+${offset}`);
        assert.deepEqual(binary.resolveAddress(address + offset), byName);
      }
    },
  );

  test('P-54 targets that are none say why', () => {
    const script = join(folder, 'script');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    assert.deepEqual(resolveTarget('/no/such'), {
      error: "uprobe target file '/no/such' does not exist or is not executable",
    });
    assert.deepEqual(resolveTarget('/no/such', { provider: 'usdt' }), {
      error: "usdt target file '/no/such' does not exist or is not executable",
    });
    assert.deepEqual(resolveTarget('nosuchcommand'), {
      error: "uprobe target file 'nosuchcommand' does not exist or is not executable",
    });
    assert.deepEqual(resolveTarget(folder), { error: `uprobe target file '${folder}' is not a regular file` });
    assert.deepEqual(resolveTarget('/dev/zero'), { error: "uprobe target file '/dev/zero' is not a regular file" });
    assert.deepEqual(resolveTarget(script), { error: `uprobe target file '${script}' is not an ELF file` });
    assert.deepEqual(resolveTargets(join(folder, 'none*')), []);
    assert.deepEqual(resolveTarget(''), { error: "uprobe target file '' does not exist or is not executable" });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    assert.deepEqual(openTargets(join(folder, 'pipe')), {
      error: `uprobe target file '${folder}/pipe' is not a regular file`,
    });
    writeFileSync(script, Buffer.from('\x7fELF\x02\x01\x01', 'latin1'));
    assert.deepEqual(openTargets(script), {
      error: `uprobe target file '${script}' is no executable or library that can be read: ELF: not an ELF file (at offset 0)`,
    });
  });

  test(
    'a file that may be run but not read',
    { skip: process.geteuid?.() === 0 ? false : 'only root can make one' },
    () => {
      const path = join(folder, 'unreadable');
      execFileSync('cp', [pie, path]);
      chmodSync(path, 0o711);
      chmodSync(folder, 0o755);
      process.seteuid!(65534);
      try {
        assert.deepEqual(openTargets(path), {
          error: `uprobe target file '${path}' can't be read: Permission denied (EACCES)`,
        });
      } finally {
        process.seteuid!(0);
      }
    },
  );
});

function readVdso(pid: number): Uint8Array {
  const mapping = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8')).find(({ path }) => path === '[vdso]')!;
  // The kernel maps the same image into every process of the same kind: dd reads any process's memory.
  return execFileSync('dd', [
    `if=/proc/${pid}/mem`,
    'bs=4096',
    `skip=${mapping.start / 4096n}`,
    `count=${(mapping.end - mapping.start) / 4096n}`,
    'status=none',
  ]);
}

test('versioned and indirect functions of the C library', () => {
  using binary = UserBinary.open((resolveTarget('libc') as { path: string }).path);
  const memcpy = binary.resolveFunction('memcpy');
  assert.ok(!('error' in memcpy));
  assert.equal(binary.functions().filter((name) => name === 'memcpy').length, 1);
  const versions = binary.elf.dynamicSymbols!.find('memcpy').filter((symbol) => symbol.isDefaultVersion);
  assert.equal(versions.length, 1);
  assert.equal(memcpy.fileOffset, binary.elf.fileOffsetOf(versions[0]!.address));
  assert.equal(memcpy.isIndirect, versions[0]!.type === 10);
  const exact = binary.resolveFunction(`memcpy@${versions[0]!.version}`);
  assert.deepEqual(exact, memcpy);
});

test('one dynamic symbol of a large binary is found without reading it whole', () => {
  let bytesRead = 0;
  const source = FileSource.open(process.execPath);
  const elf = ElfFile.open({
    sizeBytes: source.sizeBytes,
    read: (offset, length) => {
      bytesRead += length;
      return source.read(offset, length);
    },
  });
  const [symbol] = elf.dynamicSymbols!.find('napi_create_object');
  source[Symbol.dispose]();
  assert.equal(symbol!.name, 'napi_create_object');
  assert.ok(bytesRead < 256 * 1024, `read ${bytesRead} bytes`);
});

test('our own process: node is named, with C++ names as written', () => {
  using symbols = new UserSymbols();
  using raw = new UserSymbols({ demangle: false });
  using binary = UserBinary.open(process.execPath);
  const [name] = binary.functionsByDemangledName('node::Start(int, char**)');
  assert.equal(name, '_ZN4node5StartEiPPc');
  const place = binary.resolveFunction(name!);
  assert.ok(!('error' in place));
  const maps = parseMaps(readFileSync('/proc/self/maps', 'utf8'));
  const mapping = maps.find(
    (m) =>
      m.executable &&
      m.path === process.execPath &&
      place.fileOffset >= m.fileOffset &&
      place.fileOffset < m.fileOffset + (m.end - m.start),
  );
  const address = mapping!.start + place.fileOffset - mapping!.fileOffset;
  assert.equal(symbols.resolve(process.pid, address + 4n).name, 'node::Start(int, char**)');
  assert.equal(raw.resolve(process.pid, address + 4n).name, '_ZN4node5StartEiPPc');
});

test(
  'kernel addresses',
  { skip: process.getuid?.() === 0 ? false : 'kernel addresses are hidden from others than root' },
  () => {
    const line = readFileSync('/proc/kallsyms', 'latin1')
      .split('\n')
      .find((row) => / [tT] vfs_read$/.test(row));
    const address = BigInt(`0x${line!.split(' ')[0]}`);
    const kernel = KernelSymbols.open();
    assert.deepEqual(kernel.resolve(address + 5n), { address: address + 5n, name: 'vfs_read', offset: 5n });
    assert.deepEqual(kernel.resolve(0x1000n), { address: 0x1000n });
    assert.deepEqual(
      kernel.symbolize([address, address + 9n]).map((frame) => [frame.name, frame.offset]),
      [
        ['vfs_read', 0n],
        ['vfs_read', 9n],
      ],
    );
  },
);
