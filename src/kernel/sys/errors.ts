import { Errno, errnoName, strerror } from '../../abi/index.ts';
import { SystemError } from '../../base/index.ts';

/** `bpf(MAP_CREATE): Operation not permitted (EPERM)`. */
export function systemError(
  call: string,
  errno: number,
  options: { advice?: string; cause?: unknown } = {},
): SystemError {
  // The C library has no text for this one, which the kernel should not let out.
  const text = errno === Errno.ENOTSUPP ? 'Not supported by this kernel' : strerror(errno);
  return new SystemError(call, errno, `${call}: ${text} (${errnoName(errno) ?? errno})`, options);
}

/** Throws where `result` is a negated errno, else gives it back. */
export function checked(
  call: string,
  result: number,
  advise: (errno: number) => string | undefined = () => undefined,
): number {
  if (result >= 0) return result;
  throw systemError(call, -result, { advice: advise(-result) });
}
