import { Errno } from '../../abi/index.ts';
import { SystemError, UnsupportedFeatureError, VerifierError } from '../../base/index.ts';
import { capabilities } from '../sys/index.ts';

/** What the running kernel says about a feature. */
export type FeatureAnswer =
  | { readonly answer: 'yes' }
  /** `minimumKernel` has it, unless its configuration leaves it out. */
  | { readonly answer: 'no'; readonly minimumKernel: string; readonly reason: string }
  /** Something else went wrong, such as a missing capability: nothing is known. */
  | { readonly answer: 'unclear'; readonly error: Error };

export interface FeatureProbe {
  /** What it is, in a few words. */
  readonly title: string;
  /** Release that brought it. */
  readonly minimumKernel: string;
  /** Tries it. Returns whether it is there; an error that was thrown is judged by `answerTo`. */
  readonly probe: () => boolean;
}

export function answerTo({ probe, minimumKernel }: FeatureProbe): FeatureAnswer {
  try {
    return probe() ? { answer: 'yes' } : { answer: 'no', minimumKernel, reason: 'the kernel does not know it' };
  } catch (error) {
    if (meansAbsent(error)) return { answer: 'no', minimumKernel, reason: (error as Error).message };
    return { answer: 'unclear', error: error as Error };
  }
}

function meansAbsent(error: unknown): boolean {
  if (error instanceof UnsupportedFeatureError) return true;
  if (!(error instanceof SystemError) && !(error instanceof VerifierError)) return false;
  switch (error.errno) {
    case Errno.EINVAL:
    case Errno.EACCES:
    case Errno.E2BIG:
    case Errno.EOPNOTSUPP:
    case Errno.ENOTSUPP:
      return true;
    case Errno.EPERM:
      return hasTracingRights();
    default:
      return false;
  }
}

/** Whether an EPERM can't be for want of capabilities: then the kernel as it is built or locked refuses. */
function hasTracingRights(): boolean {
  const have = capabilities();
  return have.has('SYS_ADMIN') || (have.has('BPF') && have.has('PERFMON'));
}
