/**
 * Records what the ABI generator needs from the machine it runs on into `gen/data/*.json`: enums of the
 * running kernel's BTF, numbers from the kernel's user headers, texts of the C library.
 *
 * Run it by hand, on a new kernel or with new headers (`node gen/record.ts`), then `node gen/abi.ts`.
 * The recorded files are committed, so that generation gives the same result everywhere.
 * Needs: /sys/kernel/btf/vmlinux, linux-libc-dev, a C preprocessor (`cc -E`) and python3.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { Btf } from '../src/btf/index.ts';

const dataDir = new URL('data/', import.meta.url);
const ENUMS = ['bpf_func_id', 'bpf_map_type', 'bpf_prog_type', 'bpf_attach_type', 'bpf_link_type', 'bpf_cmd'];

recordEnums();
recordMacros();
recordSyscalls();
recordTexts();

function write(name: string, value: unknown): void {
  // One line per entry of the innermost arrays and objects keeps diffs readable.
  const text = JSON.stringify(value, null, 1).replace(
    /\[\s+([^[\]{}]*?)\s+\]/g,
    (_, body: string) => `[${body.replace(/\s*\n\s*/g, ' ')}]`,
  );
  writeFileSync(new URL(name, dataDir), `${text}\n`);
}

function recordEnums(): void {
  const btf = Btf.decode(readFileSync('/sys/kernel/btf/vmlinux'));
  const enums: Record<string, Record<string, string>> = {};
  const flags: Record<string, string> = {};
  for (const type of btf.types('enum')) {
    if (ENUMS.includes(type.name)) {
      enums[type.name] = Object.fromEntries(type.values.map((v) => [v.name, String(v.value)]));
    } else if (type.name === '') {
      for (const v of type.values) if (v.name.startsWith('BPF_')) flags[v.name] = String(v.value);
    }
  }
  write('kernel-enums.json', { kernel: release().split('-')[0], enums, flags });
}

/** Flags that are macros, not enumerators: BTF does not have them. */
function recordMacros(): void {
  const header = readFileSync('/usr/include/linux/bpf.h', 'utf8');
  const macros = [...header.matchAll(/^#define (BPF_F_\w+)\s+\(1U << (\d+)\)/gm)].map((m) => [
    m[1]!,
    String(1 << Number(m[2])),
  ]);
  write('macros.json', Object.fromEntries(macros));
}

function preprocess(code: string, ...options: string[]): string {
  return execFileSync('cc', ['-E', '-P', ...options, '-x', 'c', '-'], { input: code, encoding: 'utf8' });
}

/** [number, name, kernel function without `sys_` where it differs]. */
type Syscall = [number, string] | [number, string, string];

function recordSyscalls(): void {
  write('syscalls.json', { x86_64: syscallsX86(), arm64: syscallsArm64() });
}

function syscallsX86(): Syscall[] {
  const text = readFileSync('/usr/include/x86_64-linux-gnu/asm/unistd_64.h', 'utf8');
  return [...text.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map((m) => [Number(m[2]), m[1]!]);
}

function syscallsArm64(): Syscall[] {
  // What arm64's own unistd.h asks of the generic table.
  const wants = ['RENAMEAT', 'NEW_STAT', 'SET_GET_RLIMIT', 'SYS_CLONE3', 'MEMFD_SECRET'];
  const code = `${wants.map((w) => `#define __ARCH_WANT_${w}\n`).join('')}#define __SYSCALL(nr, fn) SYSCALL nr fn\n#include <asm-generic/unistd.h>\n`;
  const macros = new Map(
    [...preprocess(code, '-dM').matchAll(/^#define __NR(\w+) (\w+)$/gm)].map((m) => [m[1]!, m[2]!]),
  );
  const names = new Map<number, string>();
  for (const [name, value] of macros) {
    if (!name.startsWith('_') || name === '_syscalls') continue;
    names.set(Number(macros.get(value.replace(/^__NR/, '')) ?? value), name.slice(1));
  }
  return [...preprocess(code).matchAll(/^SYSCALL (\w+) sys_(\w+)$/gm)].flatMap((m): Syscall[] => {
    const number = Number(m[1]);
    const name = names.get(number);
    if (name === undefined) return [];
    return [name === m[2] ? [number, name] : [number, name, m[2]!]];
  });
}

function recordTexts(): void {
  const python = (code: string): Record<string, string> =>
    JSON.parse(execFileSync('python3', ['-c', code], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } }));
  const names = ['errno-base.h', 'errno.h'].flatMap((file) => [
    ...readFileSync(`/usr/include/asm-generic/${file}`, 'utf8').matchAll(/^#define\s+(E\w+)\s+(\d+)/gm),
  ]);
  const texts = python('import os,json;print(json.dumps({n:os.strerror(n) for n in range(0,134)}))');
  write('errno.json', Object.fromEntries(names.map((m) => [m[2]!, [m[1]!, texts[m[2]!]]])));
  write(
    'signals.json',
    python(
      'import ctypes,json,signal;l=ctypes.CDLL(None);l.strsignal.restype=ctypes.c_char_p;' +
        'print(json.dumps({n:[signal.Signals(n).name,l.strsignal(n).decode()] for n in range(1,32)}))',
    ),
  );
}
