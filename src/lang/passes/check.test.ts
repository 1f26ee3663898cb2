import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkText, printedBy, statementsOf } from '../testing/check-script.ts';
import { printChecked } from '../checked/index.ts';
import type { ProbeVariant } from '../checked/index.ts';
import { ProbeNames } from './state/probe-names.ts';

/** `begin { … }`: what print() gets, as the checked tree has it. */
const PRINTED: readonly (readonly [body: string, ...printed: string[]])[] = [
  // Literals and folding.
  ['print(0x1f + 010 + 1_0); print(2e3); print(1ms)', '49:int8', '2000:int16', '1000000:int32'],
  ['print(18446744073709551615); print(-1); print(-129)', '18446744073709551615:uint64', '-1:int8', '-129:int16'],
  ['print(1 + 2 * 3 - 4 / 2); print((1 | 2) ^ 3 & 1); print(1 << 2 + 1)', '5:int8', '2:int8', '8:int8'],
  ['print(~10); print(-10 / 3); print(-7 % 3)', '18446744073709551605:uint64', '-3:int8', '-1:int8'],
  ['print(1 < 2); print(1 == 2); print(1 && 0); print(!5); print(-1 < 0)', 'true', 'false', 'false', 'false', 'true'],
  ['print(1 ? 2 : 3 ? 4 : 5); print(0 ?: 9); print(3 ?: 9)', '2:int8', '9:int8', '3:int8'],
  [
    'print(sizeof(5)); print(sizeof(300)); print(sizeof(5000000000)); print(sizeof((uint8)200 + (uint8)100))',
    '1:uint64',
    '2:uint64',
    '8:uint64',
    '8:uint64',
  ],
  ['$x = 5; $x = 70000; print(sizeof($x))', '4:uint64'],
  [
    'print("ab" + "cd"); print("hello" + 2); print("a" == "a"); print("/"[0])',
    '"abcd":string[5]',
    '"llo":string[4]',
    'true',
    '47:int8',
  ],
  ['print(comptime (sizeof(int64) == 8)); print(ncpus)', 'true', '4:uint64'],
  // Arithmetic in 64 bits, signs, division.
  ['$a = (uint8)200; $b = (uint8)100; print($a + $b)', '(uint64($a#0) + uint64($b#1))'],
  ['$a = (uint64)3; $b = (uint64)5; print($a - $b)', '(int64($a#0) - int64($b#1))'],
  [
    '$n = 7; $z = 0; print($n / $z); print(nsecs / 1000); print(pid % 10)',
    '(int64($n#0) /s int64($z#1))',
    '(nsecs /u 1000:uint64)',
    '(uint64(pid) %u 10:uint64)',
  ],
  [
    '$a = -10; print($a >> 1); print(nsecs >> 3); print(~cpu); print(-cpu)',
    '(int64($a#0) >> 1:int64)',
    '(nsecs >> 3:uint64)',
    '~cpu',
    '-int64(cpu)',
  ],
  ['$i = 5; print($i++); print(++$i); print($i--)', '$i#0++', '++$i#0', '$i#0--'],
  // Comparison in the common type.
  [
    'print(pid == 3); print(uid < 5); $a = (int8)1; print($a < 0); print(nsecs == -1)',
    '(uint64(pid) == 3:uint64)',
    '(uid <u 5:uint64)',
    '(int64($a#0) <s 0:int64)',
    '(int64(nsecs) == -1:int64)',
  ],
  [
    'print(comm == "sh"); print((pid, 1) == (2, cpu))',
    '(comm ==str "sh":string[3])',
    '({0: pid, 8: 1:uint64}:(uint32,uint64) ==mem {0: 2:uint32, 8: cpu}:(uint32,uint64))',
  ],
  ['print(cpu && pid); print(cpu || !pid)', '(bool(cpu) && bool(pid))', '(bool(cpu) || !bool(pid))'],
  // Casts.
  ['$a = (int8)-1; print((uint8)$a); print((uint64)$a); print((bool)$a)', 'uint8($a#0)', 'uint64($a#0)', 'bool($a#0)'],
  [
    'print((int8[4])(uint32)1); print((uint8*)4096); print((int32*)0); print((enum color)3)',
    'int8[4](1:uint32)',
    '4096:uint8 *',
    '0:int32 *',
    '3:enum color',
  ],
  ['print(GREEN); print(GREEN + 1)', '4:enum color', '5:uint64'],
  // Branches that have a value; elvis evaluates once.
  ['print(cpu ? "a" : "bcd")', '(bool(cpu) ? "a":string[4] : "bcd":string[4])'],
  ['print(cpu ?: 9)', '({ $_0#0 = cpu; (bool($_0#0) ? $_0#0 : 9:uint64) })'],
  ['print({ let $t = 4; $t * 2 })', '({ $t#0 = 4:int8; (int64($t#0) * 2:int64) })'],
  ['print(if (cpu > 2) { "yes" } else { "no" })', '((cpu >u 2:uint64) ? "yes":string[4] : "no":string[4])'],
  // Tuples, records, strings, arrays.
  ['$t = (1, (2, "z")); print($t.1.1); print($t[0])', '$t#0.+2:string[2]', '$t#0.+0:int8'],
  [
    'print((1, "x", (2, true))); print((1,)); print(())',
    '{0: 1:int8, 1: "x":string[2], 3: {0: 2:int8, 1: true}:(int8,bool)}:(int8,string[2],(int8,bool))',
    '{0: 1:int8}:(int8)',
    '{}:()',
  ],
  ['$r = (pid=1, name="n"); print($r.name)', '$r#0.+1:string[2]'],
  [
    '$s = "abc"; print($s[1]); print($s[cpu]); print($s[3])',
    '$s#0.+1:int8',
    '$s#0[int64(cpu) of 4]:int8',
    '$s#0.+3:int8',
  ],
  // Pointers and structs.
  [
    '$p = (int32*)8; print($p + 2); print(2 + $p); print($p[3]); print(*$p)',
    '($p#0 + 8:int64)',
    '($p#0 + 8:int64)',
    'kernel[($p#0 + 12:int64) + 0]:int32',
    'kernel[$p#0 + 0]:int32',
  ],
  [
    'print(curtask->tgid); print(curtask.real_parent->real_parent.pid); print(curtask->comm)',
    'kernel[curtask + 4]:int32',
    'kernel[kernel[kernel[curtask + 24]:struct task_struct * + 24]:struct task_struct * + 0]:int32',
    'kernel[curtask + 8]:string[16]',
  ],
  [
    'print(str(curtask->arg)); print(curtask->jobs[2]); print(curtask->jobs[cpu])',
    'str(user uint64(kernel[curtask + 32]:int8 *)):string[1024]',
    'kernel[curtask + 48]:uint32',
    'kernel[curtask + 40]:uint32[4][int64(cpu) of 4]:uint32',
  ],
  [
    '$o = (struct odd *)8; print($o->mode); print($o->level); print($o->low); print($o->tint); print($o->raw[1]); print($o->tail[cpu])',
    'kernel[$o#0 + 0]{0..3}:uint32',
    'kernel[$o#0 + 0]{3..8}:int32',
    'kernel[$o#0 + 8]:uint32',
    'kernel[$o#0 + 4]:enum color',
    'kernel[$o#0 + 17]:uint8',
    'kernel[((uint64($o#0) + 32:uint64) + (cpu * 4:uint64)) + 0]:uint32',
  ],
  [
    'print(*kaddr("jiffies")); print(offsetof(struct sock, __sk_common.skc_family)); print(sizeof(struct file))',
    'kernel[18446744071578845184:uint64 + 0]:uint64',
    '8:uint64',
    '32:uint64',
  ],
  [
    'print(sizeof(comm)); print(sizeof(int32)); print(sizeof(unsigned long long)); print(sizeof(size_t))',
    '16:uint64',
    '4:uint64',
    '8:uint64',
    '8:uint64',
  ],
  // Aggregations read as numbers.
  [
    '@c = count(); print(@c > 1); print((1, @c)); print(@c)',
    '(total(@c) >s 1:int64)',
    '{0: 1:int8, 8: total(@c)}:(int8,int64)',
    '@c',
  ],
  ['@s = sum(5); @s = sum(nsecs); print(@s + 1)', '(total(@s) + 1:uint64)'],
  ['@["a"] = avg(3); print(@["a"])', 'total(@["a":string[2]])'],
  // Builtins.
  [
    'print(kstack); print(kstack(3)); print(ustack(perf, 5)); print(ustack(build_id))',
    'kstack(bpftrace, 127)',
    'kstack(bpftrace, 3)',
    'ustack(perf, 5)',
    'ustack(build_id, 127)',
  ],
  [
    'print(nsecs(monotonic)); print(nsecs(tai)); print(nsecs()); print(strftime("%Y", nsecs)); print(ksym(1)); print(usym(1))',
    'nsecsMonotonic',
    'nsecsTai',
    'nsecs',
    'timestamp(nsecs)',
    'ksym_t(1:uint64)',
    'usym(1:uint64):usym_t',
  ],
  [
    'print(str(nsecs)); print(str(nsecs, 5)); print(str(8)); print(str(kptr(nsecs), cpu))',
    'str(any nsecs):string[1024]',
    'str(any nsecs, 5:uint64):string[5]',
    '"8":string[2]',
    'str(kernel uint64(void *(nsecs)), cpu):string[1024]',
  ],
  [
    'print(buf("abc", 2)); print(buf(nsecs, 4)); print(strncmp("hello", comm, 3))',
    'bufOf("abc":string[4], 2:uint64):buffer[2]',
    'buf(any nsecs, 4:uint64):buffer[4]',
    'strncmp("hello":string[6], comm, 3):uint64',
  ],
  ['print(probe); print(probetype); print(username)', '"begin":string[6]', '"special":string[8]', 'uid'],
  ['@[1] = 1; print(delete(@, 1)); print(has_key(@, 1))', 'delete(@[1:int8])', 'has_key(@[1:int8])'],
];

describe('the checked tree of expressions', () => {
  for (const [body, ...printed] of PRINTED) it(body, () => assert.deepEqual(printedBy(body), printed));

  it('takes positional parameters as literals', () => {
    const options = { positional: ['0x10', 'abc', '-5'] };
    assert.deepEqual(
      printedBy('print($1 + 1); print(str($1)); print(str($2 + 1)); print($2 == "abc"); print($3); print($#)', options),
      ['17:int8', '"0x10":string[5]', '"bc":string[3]', 'true', '-5:int8', '3:int8'],
    );
  });

  it('knows the child of -c at compile time', () => {
    assert.deepEqual(printedBy('print(cpid)', { childPid: 77 }), ['77:uint64']);
  });
});

describe('the checked tree of statements', () => {
  const cases: readonly (readonly [text: string, ...lines: string[]])[] = [
    ['begin { $a = 1; $a = nsecs; $a = pid; }', '$a#0 = 1:uint64', '$a#0 = nsecs', '$a#0 = uint64(pid)'],
    ['begin { let $b : uint16; $b = 7; $b = cpu; }', '$b#0 = 0:uint16', '$b#0 = 7:uint16', '$b#0 = uint16(cpu)'],
    ['begin { $s = "hi"; $s = "longer"; }', '$s#0 = "hi":string[7]', '$s#0 = "longer":string[7]'],
    [
      'begin { $r = (a=1, b=2); $r = (b=3000, a=4); }',
      '$r#0 = {0: 1:int8, 2: 2:int16}:record { .a = int8, .b = int16 }',
      '$r#0 = {2: 3000:int16, 0: 4:int8}:record { .a = int8, .b = int16 }',
    ],
    [
      'begin { if (cpu) { $y = 1 } else { $y = "s" } }',
      'if bool(cpu) {',
      '$y#0 = 1:int8',
      '} else {',
      '$y#1 = "s":string[2]',
      '}',
    ],
    ['begin { $n = 1; unroll(4) { $n *= 2; } }', '$n#0 = 1:int64', 'unroll 4 {', '$n#0 = ($n#0 * 2:int64)', '}'],
    [
      'begin { cpu ? print(1) : print(2); }',
      'if bool(cpu) {',
      'emit print(1:int8)',
      '} else {',
      'emit print(2:int8)',
      '}',
    ],
    ['begin { if comptime (sizeof(int64) == 4) { nosuch(); } print("ok"); }', 'emit print("ok":string[3])'],
    ['begin { @x++; @y[1] += 2; @n = @n + 1; }', '@x++', '@y[1:int8] = (@y[1:int8] + 2:int64)', '@n = (@n + 1:int64)'],
    [
      'begin { @h = hist(cpu, 2); @l = lhist(-3, 0, 10, 1); @c = count(); @m = min(4); }',
      '@h <- int64(cpu)',
      '@l <- -3:int64',
      '@c <- 1',
      '@m <- 4:int64',
    ],
    [
      'begin { @[1] = 1; delete(@[1]); @s = 1; delete(@s); @a[1] = 1; @b[2] = 2; delete(@a[1], @b[2]); }',
      '@[1:int8] = 1:int8',
      'delete(@[1:int8])',
      '@s = 1:int8',
      'delete(@s)',
      '@a[1:int8] = 1:int8',
      '@b[2:int8] = 2:int8',
      'delete(@a[1:int8])',
      'delete(@b[2:int8])',
    ],
    [
      'begin { @[1] = 1; print(@, 2, 10); clear(@); zero(@); time("%H"); exit(3); }',
      '@[1:int8] = 1:int8',
      'emit print(@, 2, 10)',
      'emit clearMap(@, printed)',
      'emit zeroMap(@)',
      'emit time("%H")',
      'emit exit(3:int64)',
    ],
    [
      'begin { printf("%d %s %llx\\n", pid, (1, comm), -1); errorf("x"); cat("/proc/%d/maps", pid); }',
      'emit printf("%d %s %lx\\n", pid, {0: 1:int8, 1: comm}:(int8,string[16]), -1:int8)',
      'emit errorf("x")',
      'emit cat("/proc/%d/maps", pid)',
    ],
    ['begin { return; print(1); }', 'return'],
    [
      'kprobe:vfs_read { @[func, arg1] = count(); join(arg2); if (reg("ip") == 0) { return 1; } }',
      '@[{0: functionAddress:ksym_t, 8: ctx[104, u64]:uint64}:(ksym_t,uint64)] <- 1',
      'emit join(kernel ctx[96, u64]:uint64, " ")',
      'if (ctx[128, u64]:uint64 == 0:uint64) {',
      'return 1:int64',
      '}',
    ],
    [
      'tracepoint:sched:sched_switch { @[args.prev_comm] = count(); $a = args->prev_pid + 1; }',
      '@[ctx+8:string[16]] <- 1',
      '$a#0 = (int64(ctx[24, s32]:int32) + 1:int64)',
    ],
    [
      'tracepoint:raw_syscalls:sys_enter { @ = args.args[1]; @x = args.args[cpu]; @y = *args; }',
      '@ = ctx+16:uint64[6].+8:uint64',
      '@x = ctx+16:uint64[6][int64(cpu) of 6]:uint64',
      '@y = {0: ctx[8, s64]:int64, 8: ctx+16:uint64[6]}:record { .id = int64, .args = uint64[6] }',
    ],
  ];
  for (const [text, ...lines] of cases) it(text, () => assert.deepEqual(statementsOf(text), lines));

  it('finds the types of maps over the whole script, also when they are read first', () => {
    const { checked } = checkText(
      'begin { $x = @later[pid] + 1; print(@s); } end { @later[1] = 5; @later[2] = (uint16)3; @s = "abc"; @s = "longer"; @k["a", 1] = 1; @k["abc", 70000] = 2; }',
    );
    assert.equal(
      printChecked({ ...checked!, programs: [] }),
      'map @later[uint32]: uint16\nmap @s: string[7]\nmap @k[(string[4],int32)]: int8\n',
    );
  });

  it('checks a body once for each program', () => {
    const { checked } = checkText('kprobe:vfs_read, begin { @[probe] = count(); }');
    assert.deepEqual(
      checked?.programs.map(({ name, title }) => [name, title]),
      [
        ['kprobe_vfs_read_1', 'kprobe:vfs_read, begin'],
        ['begin_2', 'kprobe:vfs_read, begin'],
      ],
    );
    assert.equal(printChecked({ ...checked!, programs: [] }), 'map @[string[16]]: count_t\n');
  });

  it('takes a predicate as a condition', () => {
    const { checked } = checkText('kprobe:vfs_read / @x[tid] / { @x[tid] = nsecs; }');
    assert.match(printChecked(checked!), /\/ bool\(@x\[tid\]\) \/ \{/);
  });

  it('sizes declared maps', () => {
    const { checked } = checkText('let @a = lruhash(7); begin { @a[1] = 1; @b[1] = 1; }', {
      environment: { BPFTRACE_MAX_MAP_KEYS: '99' },
    });
    assert.deepEqual(
      checked?.maps.map(({ name, maxEntries, lru }) => [name, maxEntries, lru]),
      [
        ['@a', 7, true],
        ['@b', 99, false],
      ],
    );
  });
});

describe('the name of the probe', () => {
  const names = new Map([
    [1n, 'kprobe:vfs_read'],
    [2n, 'kprobe:vfs_write'],
  ]);

  it('is one numbering for the whole script where a program has several', () => {
    const variant = (name: object) => ({ context: { probeName: name } }) as unknown as ProbeVariant;
    const first = { kind: 'symbolic', access: { kind: 'cookie' }, names } as const;
    const same = { ...first, names: new Map(names) };
    const other = { ...first, names: new Map([[1n, 'uprobe:a:b']]) };
    const probeNames = new ProbeNames([
      variant(first),
      variant(same),
      variant(other),
      variant({ kind: 'fixed', name: 'begin' }),
      variant({ kind: 'fixed', name: 'kprobe:vfs_write' }),
    ]);
    assert.deepEqual([probeNames.base(first), probeNames.base(same), probeNames.base(other)], [0n, 0n, 3n]);
    assert.deepEqual(
      ['begin', 'kprobe:vfs_write', 'uprobe:a:b', 'nosuch'].map((name) => probeNames.number(name)),
      [5n, 2n, 4n, undefined],
    );
    assert.deepEqual(
      [...probeNames.type!.names],
      [
        [1n, 'kprobe:vfs_read'],
        [2n, 'kprobe:vfs_write'],
        [4n, 'uprobe:a:b'],
        [5n, 'begin'],
      ],
    );
  });

  it('is text where each program has one', () => {
    assert.equal(new ProbeNames([]).type, undefined);
  });
});
