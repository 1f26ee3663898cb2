import { Errno } from '../../abi/index.ts';
import { cString } from './attr.ts';
import { checked } from './errors.ts';
import { permissionAdvice } from './capabilities.ts';
import { closeFd } from './process.ts';
import { syscalls } from './syscalls.ts';

const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;

/**
 * Mounts a file system of the kernel (`tracefs`) without attaching it anywhere: it is reached through the
 * returned descriptor only, nobody else sees it, and it goes away with the descriptor. Kernel 5.2.
 */
export function mountDetached(fileSystem: string): number {
  const advise = (errno: number): string | undefined =>
    errno === Errno.EPERM ? permissionAdvice('SYS_ADMIN') : undefined;
  const context = checked(
    `fsopen of ${fileSystem}`,
    syscalls().call('fsopen', cString(fileSystem), FSOPEN_CLOEXEC),
    advise,
  );
  try {
    checked('fsconfig(CMD_CREATE)', syscalls().call('fsconfig', context, FSCONFIG_CMD_CREATE, 0, 0, 0), advise);
    return checked('fsmount', syscalls().call('fsmount', context, FSMOUNT_CLOEXEC, 0), advise);
  } finally {
    closeFd(context);
  }
}
