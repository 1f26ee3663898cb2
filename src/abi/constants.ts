/** Constants of the kernel's interface that are macros in C, so that BTF knows nothing of them. */
import type { Architecture } from './architecture.ts';
import { constantLines } from './generated/constants.ts';

/** `AF_INET`, `O_CREAT`, `NSEC_PER_SEC`, …; undefined for a name that isn't known to be the same on all kernels. */
export function constantNamed(name: string, architecture: Architecture): bigint | undefined {
  return valueIn(constantLines[architecture], name) ?? valueIn(constantLines.all, name);
}

function valueIn(lines: string, name: string): bigint | undefined {
  const before = `\n${name} `;
  const at = lines.indexOf(before);
  if (at < 0) return undefined;
  const start = at + before.length;
  return BigInt(lines.slice(start, lines.indexOf('\n', start)));
}
