/** Arguments by name, from debug information of several versions: the values are those that the workload's main() gives. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FormatError } from '../../src/base/index.ts';
import { ElfFile } from '../../src/elf/index.ts';
import { UserBinary } from '../../src/symbols/index.ts';
import { sonde } from '../sonde.ts';
import { entries, folder, live, trace, workload } from './support.ts';

const isX86 = process.arch === 'x64';
const built = (...flags: string[]): string => workload('types', ['-g', '-O1', ...flags]);
const program = built('-gdwarf-5');

async function printed(path: string, script: string, args: readonly string[] = []): Promise<string[]> {
  const { stdout, stderr } = await trace(script, ['-q', '-c', path, ...args]);
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '' && line !== 'a string');
}

const VALUES = (path: string): string => `
  uprobe:${path}:ints { print((args.a, args.b, args.c, args.d, args.e, args.f, args.g, str(args.h))); }
  uprobe:${path}:lists {
    $n = args.n;
    print(($n->value, $n->next->value, $n->low, $n->mid, $n->high, $n->in.name, $n->in.deep[1][2], $n->half));
    print((args.n->c, args.c, args.b, str(args.text)));
    print(*args.n->next);
  }`;
const PRINTED = [
  '(-1, 65535, -3, 4000000000, -5, 6, -7, a string)',
  '(11, 22, 5, 100, -3, deep, 6, -1)',
  '(GREEN, RED, true, a string)',
  '{ .next = 0x0, .value = 22, .low = 1, .mid = 2, .high = 3, .in = { .name = , .deep = [[0,0,0],[0,0,0]] }, .whole = 0, .half = 0, .c = 0 }',
];

const withoutDwz = spawnSync('dwz', ['--version']).status === 0 || process.env['CI'] ? false : 'no dwz on this machine';

describe('debug information', live, () => {
  for (const flags of [['-gdwarf-4'], ['-gdwarf-5'], ['-gdwarf-5', '-gz=zlib'], ['-gdwarf-3', '-gstrict-dwarf']]) {
    test(`P-56 arguments by name and type: ${flags.join(' ')}`, async () => {
      const path = built(...flags);
      assert.deepEqual(await printed(path, VALUES(path)), PRINTED);
    });
  }

  test('P-55 P-56 what several files share in another one, as dwz leaves it', { skip: withoutDwz }, async () => {
    // The last: in the words of DWARF 5 instead of GNU's.
    for (const [index, [version, ...flags]] of [['4'], ['5'], ['5', '--dwarf-5']].entries()) {
      const names = ['-O1', '-O2', '-O3'].map((level) => `shares-${index}${level}`);
      for (const name of names)
        copyFileSync(workload('types', [`-gdwarf-${version}`, name.slice(-3)]), join(folder, name));
      const shared = join(folder, `shared-${index}.debug`);
      execFileSync('dwz', [...flags, '-m', shared, '-r', ...names], { cwd: folder });
      const path = join(folder, names[0]!);
      const { stdout } = await sonde(['-lv', `uprobe:${path}:lists`]);
      assert.equal(stdout, (await sonde(['-lv', `uprobe:${program}:lists`])).stdout.replaceAll(program, path));
      assert.deepEqual(await printed(path, VALUES(path)), PRINTED);
      // Another file of the same name.
      copyFileSync(program, shared);
      assert.match((await sonde(['-lv', `uprobe:${path}:lists`])).stdout, /^ {4}\(unknown\) \w+$/m);
    }
  });

  test('P-56 structs by value, in registers and in memory', { skip: isX86 ? false : 'other registers' }, async () => {
    const lines = await printed(
      program,
      `uprobe:${program}:structs { print((args.p, args.s, args.l, args.o, args.q)); print((args.p.b, args.s.b, args.l.a[4], args.o.c[1], args.q.b)); }
       uprobe:${program}:floats { print((args.a, args.d, args.big)); }
       uprobe:${program}:give { print((args.n, args.p->in.name)); }`,
    );
    assert.deepEqual(lines, [
      '({ .a = 1, .b = -2 }, { .a = 3, .b = -4, .c = 5 }, { .a = [6,7,8,9,10] }, { .c = ab }, { .a = 11, .b = -12 })',
      '(-2, -4, 10, 98, -12)',
      '(1, 6, [8,7])',
      '(9, deep)',
    ]);
  });

  test('P-56 what functions return has their type', async () => {
    const lines = await printed(
      program,
      ['give', 'gives', 'truth', 'minus'].map((name) => `uretprobe:${program}:${name} { print(retval); }`).join('\n') +
        `uretprobe:${program}:string { @text = str(retval); }`,
    );
    assert.deepEqual(lines, ['{ .a = [9,2,3,4,5] }', '{ .a = 8, .b = -2, .c = 120 }', 'true', '-5', '@text: a string']);
  });

  test('P-56 P-11 a wildcard: each function has its own arguments', async () => {
    const { stdout } = await trace(
      `uprobe:${program}:mi*, uprobe:${program}:truth, uprobe:${program}:give* { @[func] = sum(args.n); @p[probe] = count(); }`,
      ['-q', '-c', program],
    );
    assert.deepEqual(entries(stdout, '@'), { truth: '4', minus: '5', gives: '8', give: '9' });
    assert.deepEqual(
      Object.keys(entries(stdout, '@p')).sort(),
      ['give', 'gives', 'minus', 'truth'].map((name) => `uprobe:${program}:${name}`),
    );
  });

  test('P-55 P-56 in a separate debug file, by build id and by name', async () => {
    const stripped = join(folder, 'stripped');
    const id = UserBinary.open(program).elf.buildId()!;
    execFileSync('objcopy', ['--only-keep-debug', program, join(folder, 'stripped.debug')]);
    execFileSync('objcopy', [
      '--strip-all',
      `--add-gnu-debuglink=${join(folder, 'stripped.debug')}`,
      program,
      stripped,
    ]);
    assert.deepEqual(await printed(stripped, VALUES(stripped)), PRINTED);
    const kept = join(folder, 'symbols', '.build-id', id.slice(0, 2));
    execFileSync('mkdir', ['-p', kept]);
    copyFileSync(join(folder, 'stripped.debug'), join(kept, `${id.slice(2)}.debug`));
    const bare = join(folder, 'bare');
    execFileSync('objcopy', ['--strip-all', program, bare]);
    assert.match(
      (await trace(`uprobe:${bare}:ints { }`, ['--dry-run'])).stderr,
      /No matches[^]*HINT: .* it is stripped/,
    );
    assert.deepEqual(await printed(bare, VALUES(bare), ['--debuginfo', join(folder, 'symbols')]), PRINTED);
  });

  test('P-55 the small symbol table that is packed into a stripped file', async () => {
    const [packed, small] = [join(folder, 'with-debugdata'), join(folder, 'small')];
    execFileSync('objcopy', ['--only-keep-debug', '--strip-debug', program, small]);
    execFileSync('xz', ['-k', '-f', small]);
    execFileSync('objcopy', ['--strip-all', `--add-section=.gnu_debugdata=${small}.xz`, program, packed]);
    const { stdout } = await trace(`uprobe:${packed}:hid*, uprobe:${packed}:minus { @[func] = sum(arg0); }`, [
      '-c',
      packed,
    ]);
    assert.deepEqual(entries(stdout, '@'), { hidden: '7', minus: '5' });
    const bytes = readFileSync(packed);
    bytes.fill(0xff, bytes.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])) + 40, bytes.indexOf('YZ') - 8);
    writeFileSync(packed, bytes);
    assert.match((await trace(`uprobe:${packed}:minus { }`, ['--dry-run'])).stderr, /No matches for uprobe/);
  });

  test('P-97 -lv shows types and names of arguments', async () => {
    const { stdout } = await sonde(['-lv', `uprobe:${program}:[gl]i*`]);
    assert.equal(
      stdout.replaceAll(program, 'FILE'),
      `uprobe:FILE:give
    int n
    struct node* p
uprobe:FILE:gives
    int n
uprobe:FILE:lists
    struct node* n
    enum color c
    _Bool b
    const char* text
`,
    );
    assert.equal((await sonde(['-lv', `ur:${program}:gives`])).stdout, `uretprobe:${program}:gives\n`);
  });

  test('P-56 E-09 what can not be had says why', async () => {
    const { status, stderr } = await trace(
      `uprobe:${program}:floats { print(args.b); print(args.x); } uprobe:${program}:ints+4 { print(args.a); }
       uretprobe:${program}:ints { print(args.a); } uprobe:${program}:main { print(args.n); }`,
      ['--dry-run', '--unsafe'],
    );
    assert.equal(status, 1);
    const lines = stderr.replaceAll(program, 'FILE').match(/(?<=ERROR: |HINT: ).*/g);
    assert.deepEqual(lines, [
      "args.b can't be read: it is no number, or in a register for floating-point numbers",
      "Can't find function parameter x",
      'uprobe:FILE:floats has: a, b, m, c, d, big.',
      'Arguments have names only at a function\'s entry, and FILE:ints+4 is not one: use reg("…")',
      'When a function returns its arguments are gone: keep them in a map at its entry (uprobe)',
      "Can't find function parameter n",
      'uprobe:FILE:main has no arguments.',
    ]);
  });

  test('too much of it for stacks: they have no lines, and that is said once', async () => {
    const [source, usual, large] = ['lines.c', 'lines', 'large'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    // It waits until its stacks have names.
    writeFileSync(
      source,
      '#include <unistd.h>\n__attribute__((noinline)) void work(void) { asm volatile(""); }\nint main(void) { work(); work(); return usleep(900000); }\n',
    );
    execFileSync('gcc', ['-g', '-O1', '-o', usual, source]);
    const bytes = readFileSync(usual);
    const elf = ElfFile.fromBytes(bytes);
    const header =
      Number(bytes.readBigUInt64LE(40)) + 64 * elf.sections.findIndex(({ name }) => name === '.debug_info');
    bytes.writeBigUInt64LE(BigInt(bytes.length), header + 24);
    bytes.writeBigUInt64LE(600n << 20n, header + 32);
    writeFileSync(large, bytes, { mode: 0o755 });
    truncateSync(large, bytes.length + 600 * 2 ** 20); // a hole: takes no place on the disk
    const script = (path: string): string => `uprobe:${path}:work { printf("%s", ustack(1)); @[ustack(1)] = count(); }`;
    const seen = await trace(script(large), ['-q', '-c', large]);
    assert.equal(seen.stdout.match(/^ {8}work\+0$/gm)?.length, 3, seen.stdout);
    assert.equal(
      seen.stderr,
      `WARNING: Stacks show no source lines of ${large}: it has 600 MiB of debug information, of which at most 512 are read\n`,
    );
    const { stdout, stderr } = await trace(script(usual), ['-q', '-c', usual]);
    assert.equal(stdout.match(/^ {8}work\+0@\S*\/lines\.c:2$/gm)?.length, 3, stdout);
    assert.equal(stderr, '');
  });

  test('damaged debug information is an error at the worst', () => {
    const bytes = readFileSync(program);
    const sections = ElfFile.fromBytes(bytes).sections.filter(({ name }) => name.startsWith('.debug_'));
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    const copy = join(folder, 'damaged');
    for (let round = 0; round < 400; round++) {
      const damaged = Buffer.from(bytes);
      for (let i = 0; i < 1 + random(6); i++) {
        const { fileOffset, sizeBytes } = sections[random(sections.length)]!;
        damaged[fileOffset + random(sizeBytes)] = random(256);
      }
      writeFileSync(copy, damaged);
      using binary = UserBinary.open(copy);
      for (const name of ['lists', 'structs', 'floats', 'give']) lookInto(binary, name);
    }
  });
});

/** Everything that is said about the function's arguments. What is damaged may say so. */
function lookInto(binary: UserBinary, name: string): void {
  const place = binary.resolveFunction(name);
  if ('error' in place) return;
  const found = binary.debugFunction(place.fileOffset);
  if (found === undefined || 'error' in found) return;
  try {
    for (const { type } of found.parameters) {
      const target = type.kind === 'pointer' ? type.to() : type;
      if (target.kind === 'record') for (const member of target.members()) assert.ok(member.bitOffset !== undefined);
    }
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
}
