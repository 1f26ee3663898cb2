import { FormatError, SystemError } from '../base/index.ts';
import type { TargetError } from '../spec/index.ts';
import { resolveArchive, resolveTargets, type TargetOptions } from './target.ts';
import { UserBinary } from './user-binary.ts';

/**
 * The files that a script's path means (see resolveTargets), opened; none of them need be disposed of. Of several files
 * those that can't be read are left out.
 */
export function openTargets(name: string, options: TargetOptions = {}): readonly UserBinary[] | TargetError {
  const member = /^(.+)!\/(.+)$/.exec(name);
  if (member !== null) return openMember(member[1]!, member[2]!, options);
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

/** `/path/app.apk!/lib/x.so`: what is packed there the kernel can't run from, so it is stored as it is. */
function openMember(archive: string, member: string, options: TargetOptions): readonly UserBinary[] | TargetError {
  const found = resolveArchive(archive, options);
  if ('error' in found) return found;
  const target = `${options.provider ?? 'uprobe'} target '${archive}!/${member}'`;
  try {
    return [UserBinary.openMember(found.path, member)];
  } catch (error) {
    if (error instanceof FormatError || error instanceof SystemError)
      return { error: `${target} can't be read: ${error.message}` };
    throw error;
  }
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
