import { fstatSync } from 'node:fs';

/** Device number of /dev/null. */
const NULL_DEVICE = 0x103;

/** Is the descriptor a terminal? Node's own look loads sockets and streams: only what may be one gets it. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev !== NULL_DEVICE && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false; // closed
  }
}
