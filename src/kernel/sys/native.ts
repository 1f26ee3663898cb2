import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { architectureOf, syscallNumber } from '../../abi/index.ts';
import { BugError, UnsupportedFeatureError } from '../../base/index.ts';
import type { SyscallArgument, SyscallName, Syscalls } from './syscalls.ts';

/** The part of koffi that is used here. */
interface Koffi {
  readonly version: string;
  load(path: null): { func(declaration: string): NativeFunction };
  address(buffer: Uint8Array | BigUint64Array): bigint;
  view(address: number, sizeBytes: number): ArrayBuffer;
  errno(): number;
}

interface NativeFunction {
  (...args: (number | bigint)[]): number | bigint;
  async(...args: [...(number | bigint)[], (error: Error | null, result: number | bigint) => void]): void;
}

/** The direct path below is koffi's own affair: it is taken only for the release that it was checked with. */
const KOFFI_VERSION = '3.3.4';
const DECLARATION = 'int64_t syscall(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)';

/** The real kernel, through libc's `syscall()`. Takes about a millisecond, once. */
export function nativeSyscalls(): Syscalls {
  const arch = architectureOf(process.arch);
  if (process.platform !== 'linux' || arch === undefined) {
    throw new UnsupportedFeatureError(
      'platform',
      `Sonde traces Linux on x64 and arm64, not ${process.platform} on ${process.arch}`,
    );
  }
  const koffi = loadKoffi();
  const syscall = koffi.load(null).func(DECLARATION);
  const numbers = new Map<SyscallName, number>();
  const numberOf = (name: SyscallName): number => {
    const number = numbers.get(name) ?? syscallNumber(arch, name);
    if (number === undefined) throw new BugError(`no number of system call ${name} on ${arch}`);
    numbers.set(name, number);
    return number;
  };
  const addressOf = (buffer: Uint8Array | BigUint64Array): bigint =>
    buffer.byteLength === 0 ? 0n : koffi.address(buffer);
  const rawArguments = (name: SyscallName, args: readonly SyscallArgument[]): (number | bigint)[] => {
    const raw: (number | bigint)[] = [numberOf(name), 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < args.length; i++) {
      const argument = args[i]!;
      raw[i + 1] = typeof argument === 'object' ? addressOf(argument) : argument;
    }
    return raw;
  };
  return {
    call(name, ...args) {
      const raw = rawArguments(name, args);
      // User space addresses have fewer than 53 bits: a Number holds every result.
      const result = Number(syscall(...raw));
      const outcome = result === -1 ? -koffi.errno() : result;
      holdUntilHere(args);
      return outcome;
    },
    callInThread: (name, ...args) =>
      new Promise((resolve) => syscall.async(...rawArguments(name, args), (_, result) => resolve(Number(result)))),
    addressOf,
    view: (address, sizeBytes) => koffi.view(address, sizeBytes),
  };
}

/** A function of libc that is no system call, by its C declaration; pointers are declared as int64_t. */
export function libcFunction(declaration: string): (...args: (number | bigint)[]) => number | bigint {
  return loadKoffi().load(null).func(declaration);
}

let lastHeld: unknown;

/** Keeps the garbage collector from freeing buffers of which only the address is in use. */
export function holdUntilHere(buffers: unknown): void {
  lastHeld = buffers;
  lastHeld = undefined;
  void lastHeld;
}

let loadedKoffi: Koffi | undefined;

function loadKoffi(): Koffi {
  loadedKoffi ??= findKoffi();
  return loadedKoffi;
}

function findKoffi(): Koffi {
  const here = import.meta.filename;
  for (let folder = dirname(here); folder !== '/'; folder = dirname(folder)) {
    const koffi = openKoffi(join(folder, `node_modules/@koromix/koffi-linux-${process.arch}`));
    if (koffi !== undefined) return koffi;
  }
  return process.getBuiltinModule('node:module').createRequire(here)('koffi') as Koffi;
}

/** Opens the shared object itself: Node's search for packages costs more than all the rest. */
function openKoffi(folder: string): Koffi | undefined {
  for (const libc of ['linux', 'musl']) {
    const file = join(folder, `${libc}_${process.arch}`, 'koffi.node');
    if (!existsSync(file)) continue;
    const module: { exports: Partial<Koffi> } = { exports: {} };
    try {
      process.dlopen(module, file);
      if (module.exports.version === KOFFI_VERSION) return module.exports as Koffi;
    } catch {
      // Other libc, or other layout: the package's own entry knows how to find or explain it.
    }
  }
  return undefined;
}
