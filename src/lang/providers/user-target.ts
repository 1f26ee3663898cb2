/** The files that an attach point of a user probe means. */
import type { AttachComponent } from '../syntax/index.ts';
import type { UserBinary } from '../../spec/index.ts';
import type { Target } from '../target.ts';
import type { ResolveOptions } from './provider.ts';

export interface UserFiles {
  /** As written, or what stands for it. */
  readonly wanted: string;
  readonly binaries: readonly UserBinary[] | { readonly error: string };
}

/** The process that a user probe is attached to; undefined: every one. */
export function probedProcess({ pid, childPid }: ResolveOptions): number | undefined {
  return pid ?? childPid;
}

/** Without a path it is the process's own program. Undefined: there is neither. */
export function findUserFiles(
  provider: 'uprobe' | 'usdt',
  path: AttachComponent | undefined,
  target: Target,
  options: ResolveOptions,
): UserFiles | undefined {
  const { pid, childPid, childProgram } = options;
  const isChild = pid === undefined && childPid !== undefined;
  if (path?.text === '*' && isChild)
    return {
      wanted: '*',
      binaries: {
        error: 'The command of -c has not been started yet, so it is not known which files it uses: name one',
      },
    };
  const own = isChild ? (childProgram ?? `/proc/${childPid}/exe`) : pid === undefined ? undefined : `/proc/${pid}/exe`;
  const wanted = path === undefined || path.text === '' ? own : path.text;
  if (wanted === undefined) return undefined;
  return { wanted, binaries: target.userBinaries(wanted, probedProcess(options), provider) };
}
