import { FormatError, SystemError } from '../base/index.ts';
import { resolveTargets, type TargetError, type TargetOptions } from './target.ts';
import { UserBinary } from './user-binary.ts';

/**
 * The files that a script's path means (see resolveTargets), opened; none of them need be disposed of. Of several files
 * those that can't be read are left out.
 */
export function openTargets(name: string, options: TargetOptions = {}): readonly UserBinary[] | TargetError {
  const found = resolveTargets(name, options);
  if ('error' in found) return found;
  const binaries: UserBinary[] = [];
  for (const { path } of found) {
    const opened = open(path, name, options);
    if (!('error' in opened)) binaries.push(opened);
    else if (found.length === 1) return opened;
  }
  return binaries;
}

function open(path: string, name: string, { provider = 'uprobe' }: TargetOptions): UserBinary | TargetError {
  try {
    return UserBinary.open(path, { keepOpen: false });
  } catch (error) {
    const target = `${provider} target file '${name}'`;
    if (error instanceof FormatError)
      return { error: `${target} is no executable or library that can be read: ${error.message}` };
    if (error instanceof SystemError) return { error: `${target} can't be read: ${error.message}` };
    throw error;
  }
}
