import { errnoName, strerror } from '../../abi/index.ts';
import { SystemError } from '../../base/index.ts';

/** `bpf(MAP_CREATE): Operation not permitted (EPERM)`. */
export function systemError(call: string, errno: number, options: { advice?: string; cause?: unknown } = {}): SystemError {
  return new SystemError(call, errno, `${call}: ${strerror(errno)} (${errnoName(errno) ?? errno})`, options);
}

/** Throws where `result` is a negated errno, else gives it back. */
export function checked(call: string, result: number, advise: (errno: number) => string | undefined = () => undefined): number {
  if (result >= 0) return result;
  throw systemError(call, -result, { advice: advise(-result) });
}
