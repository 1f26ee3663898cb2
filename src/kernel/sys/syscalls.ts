import { nativeSyscalls } from './native.ts';

/**
 * The one way from Sonde into the kernel (besides reading ordinary files): every request for BPF, perf
 * events, memory mappings, mounts and processes passes `call`. Tests replace it by a fake.
 */
export interface Syscalls {
  /** The result, or the negated errno. Buffers are passed by address and stay alive during the call. */
  call(name: SyscallName, ...args: SyscallArgument[]): number;
  /**
   * The same by one of Node's threads, for calls that wait; any failure gives -1. The threads are joined at the end of the
   * process: what waits must be woken by then. Buffers must be kept by the caller.
   */
  callInThread(name: SyscallName, ...args: SyscallArgument[]): Promise<number>;
  /** Address of the first byte. Valid as long as the caller holds the buffer. */
  addressOf(buffer: Uint8Array | BigUint64Array): bigint;
  /** Memory at `address` as an ArrayBuffer, without a copy. It dangles once the memory is unmapped: see `Mapping`. */
  view(address: number, sizeBytes: number): ArrayBuffer;
}

export type SyscallArgument = number | bigint | Uint8Array;

/** The system calls that Sonde makes this way, its tests' included. */
export type SyscallName =
  | 'bpf'
  | 'perf_event_open'
  | 'ioctl'
  | 'mmap'
  | 'munmap'
  | 'clock_gettime'
  | 'close'
  | 'prctl'
  | 'prlimit64'
  | 'capget'
  | 'kill'
  | 'pidfd_open'
  | 'pipe2'
  | 'setns'
  | 'wait4'
  | 'fsopen'
  | 'fsconfig'
  | 'fsmount'
  | 'gettid'
  | 'socket'
  | 'sendto'
  | 'setsockopt'
  | 'bind'
  | 'eventfd2'
  | 'ppoll'
  | 'read'
  | 'write'
  | 'sched_get_priority_max';

let current: Syscalls | undefined;

/** What requests go through: the kernel, loaded on first use, unless a test put something in its place. */
export function syscalls(): Syscalls {
  current ??= nativeSyscalls();
  return current;
}

/** Puts `replacement` in the kernel's place until the result is disposed of. For tests. */
export function replaceSyscalls(replacement: Syscalls): Disposable {
  const previous = current;
  current = replacement;
  return { [Symbol.dispose]: () => void (current = previous) };
}
