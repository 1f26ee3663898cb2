import { Command, commandName, Errno } from '../../abi/index.ts';
import type { Attr } from './attr.ts';
import { permissionAdvice } from './capabilities.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

/** One request of bpf(2): the result, or the negated errno. */
export function tryBpf(command: number, attr: Attr): number {
  for (let attempt = 0; ; attempt++) {
    const result = syscalls().call('bpf', command, attr.bytes, attr.bytes.byteLength);
    attr.release();
    // The verifier gives up with EAGAIN when a signal is pending; the signal is handled by the time we ask again.
    if (result === -Errno.EAGAIN && command === Command.ProgLoad && attempt < 10) continue;
    return result;
  }
}

/** One request of bpf(2). Throws SystemError that names the command. */
export function bpf(command: number, attr: Attr, advise: (errno: number) => string | undefined = bpfAdvice): number {
  return checked(bpfCallName(command), tryBpf(command, attr), advise);
}

/** `bpf(MAP_CREATE)`. */
export function bpfCallName(command: number): string {
  return `bpf(${commandName(command) ?? command})`;
}

export function bpfAdvice(errno: number): string | undefined {
  switch (errno) {
    case Errno.EPERM:
      return permissionAdvice('BPF', 'PERFMON');
    case Errno.ENOMEM:
      return 'The kernel has no memory for this: make the map or buffer smaller, or raise the memory limit of the control group.';
    case Errno.E2BIG:
      return 'This is larger than the kernel allows.';
    case Errno.ENOSYS:
      return 'This kernel was built without CONFIG_BPF_SYSCALL.';
    case Errno.EMFILE:
      return 'Too many open files: raise the limit with `ulimit -n`.';
    default:
      return undefined;
  }
}
