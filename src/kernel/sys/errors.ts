import { Errno, errnoName, strerror } from '../../abi/index.ts';
import { SystemError } from '../../base/index.ts';

/**
 * `bpf(MAP_CREATE) of map @start: Operation not permitted (EPERM)`. `what` is the call, then, after a space, what it
 * was about.
 */
export function systemError(
  what: string,
  errno: number,
  options: { advice?: string; cause?: unknown } = {},
): SystemError {
  // The C library has no text for this one, which the kernel should not let out.
  const text = errno === Errno.ENOTSUPP ? 'Not supported by this kernel' : strerror(errno);
  const call = what.split(' ', 1)[0]!;
  return new SystemError(call, errno, `${what}: ${text} (${errnoName(errno) ?? errno})`, options);
}

/** Throws where `result` is a negated errno, else gives it back. */
export function checked(
  what: string,
  result: number,
  advise: (errno: number) => string | undefined = () => undefined,
): number {
  if (result >= 0) return result;
  throw systemError(what, -result, { advice: advise(-result) });
}
