/** What is wrong is said clearly, with the right status, and nothing is left attached. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ElfFile } from '../../src/elf/index.ts';
import { launcher, type Run, run, sonde } from '../sonde.ts';
import { entries, folder, live, trace, Tracer, workload } from './support.ts';

const driver = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';
const functions = workload('functions');

/** Asserts the whole of standard error, and that nothing else happened. */
function assertRefused({ status, stdout, stderr }: Run, expected: string, expectedStatus = 1): void {
  assert.equal(stderr, `${expected}\n`);
  assert.deepEqual([status, stdout], [expectedStatus, '']);
}

describe('a wrong script', live, () => {
  const cases: [script: string, message: string][] = [
    [
      'trcepoint:sched:sched_switch { }',
      '1:1-29: ERROR: Invalid probe type: trcepoint\n@\n~~~~~~~~~~~~~~~~~~~~~~~~~~~~\nHINT: Did you mean tracepoint?',
    ],
    [
      'tracepoint:sched:sched_swich { }',
      '1:1-29: ERROR: No matches for tracepoint sched:sched_swich.\n@\n~~~~~~~~~~~~~~~~~~~~~~~~~~~~\nHINT: Did you mean tracepoint:sched:sched_switch?',
    ],
    [
      'tracepoint:sched:sched_switch { @[args.prev_com] = count(); }',
      "1:35-48: ERROR: Can't find function parameter prev_com\n@\n                                  ~~~~~~~~~~~~~\nHINT: Did you mean prev_comm?",
    ],
    [
      'begin { print(curtask.com); }',
      "1:15-26: ERROR: Struct/union of type 'struct task_struct' does not contain a field named 'com'\n@\n              ~~~~~~~~~~~\nHINT: Did you mean comm?",
    ],
    [
      'begin { print(com); }',
      "1:15-18: ERROR: Unknown identifier: 'com'\n@\n              ~~~\nHINT: Did you mean comm?",
    ],
    [
      'begin { prinf("x"); }',
      "1:9-19: ERROR: Unknown function: 'prinf'\n@\n        ~~~~~~~~~~\nHINT: Did you mean printf()?",
    ],
    [
      'begin { $a = 1; $a = "x"; }',
      "1:17-25: ERROR: Type mismatch for $a: trying to assign value of type 'string[2]' when variable already has a type 'int8'\n@\n                ~~~~~~~~",
    ],
    [
      'software:cpu-clok { }',
      '1:1-18: ERROR: Unknown software event: cpu-clok\n@\n~~~~~~~~~~~~~~~~~\nHINT: Did you mean software:cpu-clock?',
    ],
    [
      `uprobe:${functions}:ad { }`,
      `1:1-${11 + functions.length}: ERROR: No matches for uprobe ${functions}:ad.\n@\n${'~'.repeat(10 + functions.length)}\nHINT: Did you mean uprobe:${functions}:add?`,
    ],
    [
      'uprobe:/nonexistent:main { }',
      "1:1-25: ERROR: uprobe target file '/nonexistent' does not exist or is not executable\n@\n~~~~~~~~~~~~~~~~~~~~~~~~",
    ],
    [
      `uprobe:${functions}:add+1000 { }`,
      `1:1-${17 + functions.length}: ERROR: Offset outside the function bounds ('add' size is 8)\n@\n${'~'.repeat(16 + functions.length)}`,
    ],
  ];
  for (const [script, message] of cases) {
    test(script.replace(folder, ''), async () =>
      assertRefused(await trace(script), `stdin:${message.replace('@', script)}`),
    );
  }

  test('an offset into an instruction', { skip: process.arch !== 'x64' }, async () => {
    const script = `uprobe:${functions}:six+1 { }`;
    const { status, stdout, stderr } = await trace(script);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^stdin:1:1-\d+: ERROR: .*the middle of an instruction.*six\+1\n/);
  });

  test('a command with a quote that stays open', async () => {
    const { status, stdout, stderr } = await trace('begin { }', ['-c', 'echo "x']);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^ERROR: .*quote.*not closed.*echo "x\n$/);
  });

  test('a missing brace', async () => {
    const { status, stdout, stderr } = await trace('begin { print(1)');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^stdin:1:17-17: ERROR: syntax: expected '}'\nbegin { print\(1\)\n/);
  });

  test('every error at once, each at its place in the file', async () => {
    const path = join(folder, 'errors.bt');
    writeFileSync(path, '#!/usr/bin/env sonde\nbegin\n{\n\t@x = nosuch1;\n\t@y = nosuch2;\n}\n');
    assertRefused(
      await sonde([path]),
      `${path}:4:7-14: ERROR: Unknown identifier: 'nosuch1'\n    @x = nosuch1;\n         ~~~~~~~\n${path}:5:7-14: ERROR: Unknown identifier: 'nosuch2'\n    @y = nosuch2;\n         ~~~~~~~`,
    );
  });

  test('files that are no scripts', async () => {
    const path = join(folder, 'no-script.bt');
    for (const text of ['', '// nothing but this\n', '#!/usr/bin/env sonde\n']) {
      writeFileSync(path, text);
      assertRefused(await sonde([path]), 'ERROR: No probes to attach');
    }
    writeFileSync(path, Buffer.concat([Buffer.from('begin { '), Buffer.alloc(1), randomBytes(3000)]));
    assertRefused(await sonde([path]), `ERROR: ${path} is not a script: it has a NUL byte at offset 8`);
    assertRefused(
      await sonde([functions]),
      `ERROR: ${functions} is not a script: it is an ELF file (a program or library)`,
    );
    assertRefused(await sonde([folder]), `ERROR: failed to open file '${folder}': Is a directory`);
    assertRefused(
      await sonde(['/nonexistent.bt']),
      "ERROR: failed to open file '/nonexistent.bt': No such file or directory",
    );
    const noise = randomBytes(3000).map((byte) => byte || 1);
    writeFileSync(path, noise);
    const { status, stdout, stderr } = await sonde([path]);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /ERROR: /);
    assert.doesNotMatch(stderr, /^ +at .*\.ts/m);
  });
});

describe('a file that user probes cannot be set in', live, () => {
  const source = join(folder, 'bad.c');
  const whole = join(folder, 'whole');
  writeFileSync(
    source,
    '#include <unistd.h>\n__attribute__((noinline)) int work(int a) { asm volatile(""); return a + 1; }\nstatic inline __attribute__((always_inline)) int gone(int a) {\n  return a * getppid();\n}\nint main(int c, char **v) { return work(gone(c)) < 0; }\n',
  );
  execFileSync('gcc', ['-O1', '-g', '-o', whole, source]);
  const refused = async (probe: string, message: string): Promise<void> => {
    const script = `${probe} { @ = count(); }`;
    const { status, stdout, stderr } = await trace(script, ['--dry-run']);
    assert.deepEqual([status, stdout], [1, '']);
    const marked = `${script}\n${'~'.repeat(probe.length)}\n`;
    assert.equal(stderr.replace(/^stdin:[\d:-]+ /, '').replace(marked, ''), message);
  };

  test('a function that the compiler put into its callers; its lines can be probed', async () => {
    await refused(
      `uprobe:${whole}:gone`,
      `ERROR: No matches for uprobe ${whole}:gone.\nHINT: The compiler put gone() into its callers: it has no code of its own. Lines of it can be probed: uprobe:${whole}@SOURCE.c:LINE.\n`,
    );
    const { status, stderr } = await trace(`uprobe:${whole}@bad.c:4 { @ = count(); }`, ['--dry-run']);
    assert.deepEqual([status, stderr], [0, '']);
  });

  test('a stripped one: by name, by pattern, by address', async () => {
    const stripped = join(folder, 'without-names');
    execFileSync('strip', ['-o', stripped, whole]);
    const hint =
      'HINT: The file has no names of functions: it is stripped. Its debug symbols may be had apart (--debuginfo); an address needs none (--unsafe).\n';
    for (const name of ['work', 'w*'])
      await refused(`uprobe:${stripped}:${name}`, `ERROR: No matches for uprobe ${stripped}:${name}.\n${hint}`);
    await refused(
      `uprobe:${stripped}:0x1139`,
      `ERROR: Where the functions of ${stripped} are is not known: it is stripped. Use --unsafe to attach to 0x1139 anyway.\n`,
    );
  });

  test('one whose tables of names are damaged, alone and among others', async () => {
    const damaged = join(folder, 'whole-but');
    const bytes = readFileSync(whole);
    const elf = ElfFile.fromBytes(bytes);
    for (const table of ['.symtab', '.dynsym']) {
      const header = Number(bytes.readBigUInt64LE(40)) + 64 * elf.sections.findIndex(({ name }) => name === table);
      bytes.writeBigUInt64LE(7n, header + 56); // bytes of one entry
    }
    writeFileSync(damaged, bytes, { mode: 0o755 });
    const at = elf.sections.find(({ name }) => name === '.dynsym')!.fileOffset;
    await refused(
      `uprobe:${damaged}:w*`,
      `ERROR: No matches for uprobe ${damaged}:w*.\nHINT: Names may be missing: ${damaged} is damaged: ELF: symbols of 7 bytes in .dynsym (at offset ${at}).\n`,
    );
    const { status, stdout } = await sonde(['-l', `uprobe:${whole}*:work`]);
    assert.deepEqual([status, stdout], [0, `uprobe:${whole}:work\n`]);
  });

  test('one that is cut off, and what is no such file', async () => {
    const cut = join(folder, 'cut');
    const bytes = readFileSync(whole);
    writeFileSync(cut, bytes.subarray(0, 3000), { mode: 0o755 });
    const [offset, size] = [Number(bytes.readBigUInt64LE(40)), bytes.readUInt16LE(60) * 64];
    for (const [provider, name] of [
      ['uprobe', 'work'],
      ['uprobe', '*'],
      ['usdt', 'a:b'],
    ])
      await refused(
        `${provider}:${cut}:${name}`,
        `ERROR: ${provider} target file '${cut}' is no executable or library that can be read: ELF: section header table lies outside the file (${size} bytes, file has 3000) (at offset ${offset})\n`,
      );
    await refused(`uprobe:${source}:work`, `ERROR: uprobe target file '${source}' is not an ELF file\n`);
  });

  test('USDT notes that name no place in its code', async () => {
    const [text, file] = [join(folder, 'notes.c'), join(folder, 'notes')];
    const note = join(import.meta.dirname, '../tools/workloads/note.h');
    writeFileSync(text, `#include "${note}"\nint main(void) { asm volatile(NOTE("a", "b", "")); }\n`);
    execFileSync('gcc', ['-o', file, text]);
    const bytes = readFileSync(file);
    bytes.writeBigUInt64LE(0xffff_ffff_ffff_fff0n, bytes.indexOf('stapsdt\0') + 8);
    writeFileSync(file, bytes);
    for (const name of ['a:b', '*'])
      await refused(
        `usdt:${file}:${name}`,
        `ERROR: ${file} is damaged: USDT: none of its 1 notes names a place in its code (at offset 0)\n`,
      );
  });

  test('100,000 matches: refused with their number and how to narrow them', async () => {
    const [assembly, many] = [join(folder, 'many.s'), join(folder, 'many')];
    writeFileSync(
      assembly,
      '.altmacro\n.macro one n\n.type fn_\\n,@function\nfn_\\n: ret\n.size fn_\\n,1\n.endm\n.set i,0\n.rept 100000\none %i\n.set i,i+1\n.endr\n',
    );
    execFileSync('gcc', ['-nostartfiles', '-nostdlib', '-Wl,-e,0', '-o', many, assembly]);
    const { status, stdout, stderr } = await trace(`uprobe:${many}:fn_* { @ = count(); }`, ['--dry-run']);
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(
      stderr,
      "ERROR: Can't attach to 100000 probes because it exceeds the current limit of 1024 probes.\nHINT: Narrow the pattern (sonde -l shows what it matches), or raise the limit with the BPFTRACE_MAX_PROBES environment variable or max_probes in a config block, but the system may slow down or run out of memory.\n",
    );
  });

  test('processes that end or execute another program while probes are attached: a sentence or a run', async () => {
    for (let round = 0; round < 10; round++) {
      const child = spawn('/bin/sh', ['-c', `sleep 0.0${round}; ${round % 2 === 0 ? 'exit' : 'exec sleep 0.05'}`]);
      const probes = `uprobe:libc:malloc { @ = count(); } uprobe:${whole}:work { @ = count(); } interval:ms:100 { exit(); }`;
      const { status, stderr } = await trace(probes, ['-q', '-p', String(child.pid)]);
      assert.match(`${status} ${stderr}`, /^(0 $|(1|255) (.*\n)*.*(process|No such process))/);
      assert.doesNotMatch(stderr, /^ +at |BUG|Uncaught/m);
    }
  });
});

describe('a refusing kernel', live, () => {
  test('the verifier refuses: a short reason at the line, the whole log only with -v, 255', async () => {
    const script = 'begin {\n  @n = 0;\n  while ($i < 100000000) { @x[$i] = 1; $i++; }\n}'.replace(
      '@n = 0;',
      '$i = 0; @n = 0;',
    );
    const { status, stdout, stderr } = await trace(script, ['--no-warnings']);
    assert.deepEqual([status, stdout], [255, '']);
    assert.match(
      stderr,
      /^stdin:3:28-38: ERROR: [^\n]*verifier[^\n]*\n {2}while \(\$i < 100000000\) { @x\[\$i\] = 1; \$i\+\+; }\n {27}~{10}\n/,
    );
    assert.ok(stderr.split('\n').length < 10, stderr);
    const verbose = await trace(script, ['--no-warnings', '-v']);
    assert.equal(verbose.status, 255);
    assert.ok(/^\d+: \([0-9a-f]{2}\) call bpf_map_lookup_elem#1/m.test(verbose.stderr), 'the walk of the verifier');
    assert.ok(/^processed \d+ insns/m.test(verbose.stderr), 'to its end');
  });

  test(
    'an event that this machine lacks',
    { skip: existsSync('/sys/bus/event_source/devices/cpu/type') && 'has hardware counters' },
    async () => {
      const { status, stdout, stderr } = await trace('hardware:cycles:1000000 { @ = count(); }');
      assert.deepEqual([status, stdout], [255, '']);
      assert.match(
        stderr,
        /^ERROR: .*ENOENT.*\nERROR: Unable to attach probe: hardware:cycles:1000000\..*\nHINT: .*virtual machines.*\n$/,
      );
    },
  );

  test('an event that this machine lacks, where that is expected', async () => {
    const warned = await trace(
      'config = { missing_probes = "warn" } hardware:cycles:1000000 { @ = count(); } begin { printf("on\\n"); }',
      [],
      { limitMs: 3000 },
    );
    assert.deepEqual([warned.status, warned.stdout], [0, 'on\n\n\n']);
    assert.match(warned.stderr, /^WARNING: .*hardware:cycles:1000000/m);
  });
});

describe('not root', live, () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
  const nothing = [...nobody, '--inh-caps=-all', '--bounding-set=-all'];
  const tracing = [...nobody, '--inh-caps=-all,+bpf,+perfmon', '--ambient-caps=-all,+bpf,+perfmon'];

  test('without capabilities: the message names them', async () => {
    for (const script of [
      `${driver} { @ = count(); }`,
      'rawtracepoint:sys_enter { @ = count(); }',
      'begin { printf("x"); }',
    ]) {
      const { status, stdout, stderr } = await trace(script, [], { prefix: nothing });
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /^ERROR: .*CAP_BPF and CAP_PERFMON/);
      assert.match(stderr, /raw tracepoints, profile and interval probes work/);
      assert.ok(stderr.split('\n').length <= 5, stderr);
    }
  });

  test('without capabilities: what needs none works', async () => {
    const version = await new Tracer(['--version'], { prefix: nothing }).ended;
    assert.deepEqual([version.status, version.stdout.startsWith('sonde v')], [0, true]);
    const help = await new Tracer(['--help'], { prefix: nothing }).ended;
    assert.deepEqual([help.status, /usage/i.test(help.stdout)], [0, true]);
  });

  test('with CAP_BPF and CAP_PERFMON: raw tracepoints, profile and interval work without tracefs', async () => {
    const hidden = [
      'unshare',
      '-m',
      'sh',
      '-c',
      'for f in /sys/kernel/tracing /sys/kernel/debug; do mount -t tmpfs none $f 2>/dev/null; done; exec "$@"',
      'sh',
    ];
    const { status, stdout, stderr } = await trace(
      `rawtracepoint:sys_enter /pid == cpid && arg1 == ${process.arch === 'x64' ? 146 : 125}/ { @[comm] = count(); printf("%d\\n", pid == cpid); }
       profile:hz:199 { @samples = count(); } interval:ms:50 { @ticks = count(); } rawtracepoint:sched_switch { @switches = count(); }
       begin { printf("begin\\n"); } end { printf("end\\n"); }`,
      ['-c', `sh -c '${workload('calls')} 1 1; sleep 0.4; exec ${workload('calls')} 2 20 acc_caps'`],
      { prefix: [...hidden, ...tracing] },
    );
    assert.deepEqual([status, stderr], [0, 'Attached 6 probes\n']);
    assert.equal(stdout.split('\n\n\n')[0], `begin\n${'1\n'.repeat(40)}end`);
    assert.deepEqual(entries(stdout, '@'), { acc_caps: '40' });
    for (const map of ['@samples', '@ticks', '@switches']) assert.ok(Number(entries(stdout, map)['']) > 3, map);
  });

  test('a binary that may not be read', async () => {
    const path = join(folder, 'unreadable');
    copyFileSync(functions, path);
    chmodSync(path, 0o711);
    const { status, stdout, stderr } = await trace(`uprobe:${path}:add { }`, [], { prefix: tracing });
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^stdin:1:1-\d+: ERROR: uprobe target file '[^']*unreadable'[^\n]*ermission denied/);
  });
});

describe('a kernel that shows less', live, () => {
  const without = (path: string, args: readonly string[]): Promise<Run> =>
    run('unshare', ['-m', 'sh', '-c', `mount -t tmpfs none ${path} && exec "$@"`, 'sh', launcher, ...args]);

  test('no BTF: what needs none works, the rest says so', async () => {
    const works = await without('/sys/kernel/btf', [
      '-e',
      'tracepoint:sched:sched_process_exec /pid == cpid/ { @[str(args.filename)] = count(); }',
      '-c',
      '/bin/true',
    ]);
    assert.deepEqual(works, { status: 0, stdout: '\n\n@[/bin/true]: 1\n', stderr: 'Attached 1 probe\n' });
    const refused = await without('/sys/kernel/btf', ['-e', 'begin { print(curtask->comm); }']);
    assert.deepEqual([refused.status, refused.stdout], [1, '']);
    assert.match(refused.stderr, /^stdin:1:15-28: ERROR: .*\n.*\n.*\nHINT: This kernel gives no BTF/);
    const listed = await without('/sys/kernel/btf', ['-l', 'kprobe:no_such_function*']);
    assert.deepEqual([listed.status, listed.stdout], [0, '']);
    const named = await trace('begin { print(curtask->comm); }', [], { environment: { BPFTRACE_BTF: '/nonexistent' } });
    assertRefused(named, "ERROR: BPFTRACE_BTF names /nonexistent, which can't be opened");
  });

  test('no tracefs: root mounts its own view', async () => {
    const { status, stdout } = await without('/sys/kernel', [
      '-e',
      `${driver} /pid == cpid/ { @[args.policy] = count(); }`,
      '-c',
      `${workload('calls')} 1 2`,
    ]);
    assert.deepEqual([status, stdout], [0, '\n\n@[0]: 1\n@[1]: 1\n']);
  });
});
