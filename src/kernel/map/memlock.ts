import { Errno } from '../../abi/index.ts';
import { Attr, syscalls } from '../sys/index.ts';

const RLIMIT_MEMLOCK = 8;
const UNLIMITED = 0xffffffffffffffffn;
let raised = false;

/**
 * Kernels before 5.11 count BPF memory against RLIMIT_MEMLOCK and answer EPERM when it is used up: then the
 * limit is lifted once (this needs CAP_SYS_RESOURCE) and the request repeated.
 */
export function withMemlockRetry(request: () => number): number {
  const result = request();
  if (result !== -Errno.EPERM || raised) return result;
  raised = true;
  const limit = new Attr(16).u64(0, UNLIMITED).u64(8, UNLIMITED);
  if (syscalls().call('prlimit64', 0, RLIMIT_MEMLOCK, limit.bytes, 0) < 0) return result;
  return request();
}
