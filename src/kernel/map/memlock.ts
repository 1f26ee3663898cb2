import { Errno } from '../../abi/index.ts';
import { Attr, syscalls } from '../sys/index.ts';
import { kernelRelease } from '../uname.ts';

const RLIMIT_MEMLOCK = 8;
const UNLIMITED = 0xffffffffffffffffn;
let raised = false;
/** From here on BPF memory is the control group's. */
const FREE_OF_LIMIT = [5, 11] as const;

/**
 * Kernels before 5.11 count BPF memory against RLIMIT_MEMLOCK and answer EPERM when it is used up: then the
 * limit is lifted once (this needs CAP_SYS_RESOURCE) and the request repeated.
 */
export function withMemlockRetry(request: () => number, release: string = kernelRelease()): number {
  const result = request();
  if (result !== -Errno.EPERM || raised || !countsMemory(release)) return result;
  raised = true;
  const limit = new Attr(16).u64(0, UNLIMITED).u64(8, UNLIMITED);
  if (syscalls().call('prlimit64', 0, RLIMIT_MEMLOCK, limit.bytes, 0) < 0) return result;
  return request();
}

function countsMemory(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return major < FREE_OF_LIMIT[0] || (major === FREE_OF_LIMIT[0] && minor < FREE_OF_LIMIT[1]);
}
