/** For each optimization a script that it shortens or attaches otherwise, and what the compile makes of it with and without. */
import { disassemble } from '../../asm/index.ts';
import { compile } from '../compile.ts';
import { optimizations } from '../optimization-list.ts';
import type { Optimization } from '../optimizations.ts';
import { fakeTarget, sampleBtf } from '../providers/testing.ts';
import type { Target, TargetFeature } from '../target.ts';

const systemCalls = ['read', 'write', 'close', 'lseek', 'mmap'];

const BUT_FENTRY: readonly TargetFeature[] = [
  'kprobe',
  'kprobe-multi',
  'kprobe-session',
  'btf-tracepoint',
  'attach-cookie',
  'attach-cookie-raw-tracepoint',
  'current-task-btf',
  'ktime-boot',
  'loop',
  'signed-division',
];

/** Kernel 6.12 in small, with the function by which sessions know their side. */
function target(features: readonly TargetFeature[]): Target {
  const btf = sampleBtf();
  const find = btf.find.bind(btf);
  const orAny = (name: string, kind: 'func'): unknown =>
    find(name === 'bpf_session_is_return' ? 'vfs_read' : name, kind);
  Object.defineProperty(btf, 'find', { value: orAny });
  return fakeTarget({
    btf,
    features,
    possibleCpus: 2,
    events: Object.fromEntries(
      systemCalls.flatMap((name) => [
        [`syscalls:sys_enter_${name}`, ['8 4 1 int __syscall_nr', '16 8 0 int fd']],
        [`syscalls:sys_exit_${name}`, ['8 4 1 int __syscall_nr', '16 8 1 long ret']],
      ]),
    ),
    kernelFunctions: () => ({ source: 'tracefs', functions: [{ name: 'vfs_read' }, { name: 'vfs_write' }] }),
  });
}

const scripts: Readonly<Record<Optimization, string>> = {
  hooks: 'kprobe:vfs_read { @ = sum(arg2); }',
  dispatch: 'tracepoint:syscalls:sys_enter_* { @ = count(); }',
  'multi-links': 'kprobe:vfs_* { @ = count(); }',
  sessions: 'kprobe:vfs_* { @in = count(); } kretprobe:vfs_* { @out = sum(retval); }',
  'predicate-first': 'begin /pid == 7/ { for $i : 0..300 { @ = sum($i); } }',
  'direct-reads': 'rawtracepoint:sched_switch { @ = sum(args.next->thread_info.flags); }',
  share: 'begin { @a = pid; @b = pid; @c = tid; }',
  'reuse-reads': 'begin /@[pid]/ { @x = @[pid] + 1; @[1] = 2; }',
  'in-place': 'begin { @[1] = 2; }',
  'wide-stores': 'begin { @["text"] = count(); }',
  'word-compare': 'begin /comm == "node"/ { @ = 1; }',
  'no-zeroing': 'begin { @[(int64)pid, comm] = 2; }',
  log2: 'begin { @ = hist(pid); }',
  fold: 'begin { @ = (2 + 3) * 4 - 20 + pid; }',
  strength: 'begin { @ = pid * 8 + pid / 4 + pid % 16; }',
  copies: 'begin { $x = 5; if (pid > 1) { @a = 1; } @ = $x; }',
  'dead-code': 'begin { $x = pid * 3; $y = $x + 1; @ = 1; }',
  'jump-threading': 'begin { @ = !(pid > 1 && tid > 2); }',
  'merge-blocks': 'begin { if (pid == 1) { if (tid == 2) { @ = 1; } } }',
  layout: 'begin { $i = 0; while ($i < 10) { @ = $i / pid; $i++; } }',
  coalesce: 'begin { $i = 0; $x = pid; while ($i < 10) { $x = $x * 3; $i++; } @ = $x; }',
};

export function optimizationExamples(): string {
  return optimizations
    .map(({ name }) => {
      const features: readonly TargetFeature[] = name === 'hooks' ? [...BUT_FENTRY, 'fentry'] : BUT_FENTRY;
      const machine = target(features);
      const [without, plain] = [show(scripts[name], machine, [name]), show(scripts[name], machine, [])];
      return `## ${name}\n\n${scripts[name]}\n\n--- without\n${without}\n--- with\n${plain}`;
    })
    .join('\n');
}

function show(text: string, machine: Target, off: readonly Optimization[]): string {
  const options = { positional: [], unsafe: false, environment: {}, bootTimeNs: 0n, off: new Set(off) };
  const { compiled, diagnostics } = compile({ name: 'example', text }, machine, options);
  if (compiled === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  const { plan, collection } = compiled;
  return collection.programs
    .map(({ name, type, expectedAttachType, instructions }) => {
      const points = plan.probes.find((probe) => probe.program === name)?.points ?? [];
      const hooks = points.map(({ hook }) => JSON.stringify(hook)).join(', ');
      const attach = expectedAttachType === undefined ? '' : `, attach type ${expectedAttachType}`;
      return `${name}: program type ${type}${attach}${hooks === '' ? '' : ` at ${hooks}`}\n${disassemble(instructions)}\n`;
    })
    .join('\n');
}
