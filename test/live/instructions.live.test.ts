/**
 * The encoder, the decoder and the kernel agree: decode(encode(p)) is p, and what the kernel runs is what was
 * compiled, apart from what a kernel rewrites: references, helper calls that it inlines, divisions that it guards,
 * code that it found unreachable, loads that it translates.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ProgramType } from '../../src/abi/index.ts';
import { decode, encode, type Instruction, PseudoLoad, resolveLabels } from '../../src/asm/index.ts';
import { KernelCollection } from '../../src/kernel/index.ts';
import { compile, decodeSource, encodeText } from '../../src/lang/index.ts';
import { openTarget } from '../../src/runtime/index.ts';
import type { CollectionSpec } from '../../src/spec/index.ts';
import { parseSuite } from '../runtime/suite.ts';
import { root } from '../sonde.ts';
import { compare } from './instructions.ts';
import { live, workload } from './support.ts';

const driver = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';

const scripts = [
  `${driver} /pid == 7/ { @[tid] = count(); @n = count(); @h = hist(args.policy); @l = lhist(args.policy, 0, 100, 10); }`,
  'tracepoint:syscalls:sys_enter_* { @[probe] = count(); }',
  'tracepoint:syscalls:sys_exit_* { @[probe, args.ret] = count(); }',
  'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }',
  'tracepoint:block:block_rq_issue { @kb = hist(args->bytes / 1024); }',
  'tracepoint:sched:sched_switch { printf("%s %d\\n", args.next_comm, args.next_prio); @[kstack(5)] = count(); }',
  'rawtracepoint:sched_switch { printf("%s %s\\n", args.prev->comm, args.next->comm); @ = sum(args.next->prio); }',
  'profile:hz:99 { @[ustack, comm] = count(); @r[reg("ip")] = count(); } interval:s:1 { print(@); clear(@); }',
  'begin { $i = 0; while ($i < 20) { @x[$i] = $i / (rand % 7); $i++; } unroll(3) { @y += 1; } exit(3); } end { print(@x); }',
  `uprobe:${workload('functions')}:greet { printf("%s %d %r\\n", str(arg0), arg1, buf(arg0, 4)); } uretprobe:${workload('functions')}:add { @s = stats((int32)retval); @u[usym(reg("ip")), func] = count(); }`,
  'tracepoint:syscalls:sys_enter_execve { join(args.argv); @[str(args.filename), comm, pid, cgroup, username] = avg(elapsed); } tracepoint:sched:sched_process_exec { print(str(args.filename)); delete(@x, 1); @x[1] = 2; }',
  'tracepoint:syscalls:sys_enter_openat { @t[tid] = nsecs; } tracepoint:syscalls:sys_exit_openat /@t[tid]/ { @us = hist((nsecs - @t[tid]) / 1000); delete(@t, tid); }',
  'software:faults:1 { @[curtask->real_parent->comm, curtask->real_parent->tgid] = count(); @m = min(nsecs % elapsed); }',
];

const options = { positional: [], unsafe: true, environment: {}, bootTimeNs: 0n };

function compiled(script: string): CollectionSpec | undefined {
  return compile(decodeSource('stdin', encodeText(script)).source, openTarget({}), options).compiled?.collection;
}

/** Scripts of the declarative suites. Those that are to be refused do not compile. */
function suiteScripts(): string[] {
  const folder = join(root, 'test/runtime');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rt'))
    .flatMap((name) => parseSuite(readFileSync(join(folder, name), 'utf8'), name))
    .flatMap(({ directives }) => directives.filter(({ name }) => name === 'PROG').map(({ value }) => value));
}

/** As a loader would leave it, but for the numbers that only a kernel gives. */
function withoutNames(instructions: readonly Instruction[]): Instruction[] {
  const bare = instructions.map(({ reference, ...one }) => {
    if (reference?.kind === 'map') return { ...one, src: PseudoLoad.MAP_FD, imm: 3, imm64: 3n };
    if (reference?.kind === 'mapValue')
      return { ...one, src: PseudoLoad.MAP_VALUE, imm: 3, imm64: (BigInt(reference.offset) << 32n) | 3n };
    return one;
  });
  return resolveLabels(bare);
}

/** What the machine sees of an instruction. */
function machineParts({ opcode, dst, src, offset, imm, imm64 }: Instruction): unknown {
  return imm64 === undefined ? { opcode, dst, src, offset, imm } : { opcode, dst, src, offset, imm64 };
}

describe('instructions', live, () => {
  const collections = [...scripts, ...suiteScripts()].map((script) => ({ script, collection: compiled(script) }));

  test('decode(encode(p)) is p', () => {
    for (const { collection } of collections) {
      for (const { instructions } of collection?.programs ?? []) {
        const program = withoutNames(instructions);
        assert.deepEqual(decode(encode(program)).map(machineParts), program.map(machineParts));
      }
    }
  });

  test('the kernel runs what was compiled', () => {
    const sum = { programs: 0, kept: 0, rewritten: 0 };
    for (const { script, collection } of collections) {
      if (collection === undefined) continue;
      using loaded = KernelCollection.load(collection);
      for (const [name, program] of loaded.programs) {
        const dump = decode(program.dumpXlated(), { kernelDump: true });
        const { difference, kept, rewritten } = compare(
          resolveLabels(program.spec.instructions),
          dump,
          program.spec.type === ProgramType.PerfEvent,
        );
        assert.equal(difference, undefined, `${script}\n${name}: the kernel's code does not follow ${difference}`);
        sum.programs++;
        sum.kept += kept;
        sum.rewritten += rewritten;
      }
    }
    assert.ok(sum.programs > 100, `the scripts of the suites compile: ${sum.programs}`);
    assert.ok(sum.kept > 10 * sum.rewritten, JSON.stringify(sum));
  });

  test('a program with another operation is told apart', () => {
    const spec = compiled('begin { $x = rand; if ($x > 5) { @a = $x + 3; } else { @b = $x * 7; } }')!.programs[0]!;
    const program = resolveLabels(spec.instructions);
    assert.equal(compare(program, program, false).difference, undefined);
    for (const [i, one] of program.entries()) {
      if (one.opcode === 0x85 || one.opcode === 0x18 || one.opcode === 0x05) continue;
      const changed = program.with(i, { ...one, dst: one.dst === 9 ? 8 : 9, imm: one.imm + 1 });
      if (one.opcode !== 0x95)
        assert.notEqual(compare(program, changed, false).difference, undefined, `instruction ${i}`);
    }
  });
});
