// system: what is written to a terminal
//
// DEVICE is a terminal such as /dev/pts/3, pts/3 or 3. What programs write there is shown as it comes; on a terminal, control bytes are
// shown as \xHH. It needs kprobes.

import { statSync } from 'node:fs';

export const words = 'DEVICE';

export const options = `
  getopt("datasize", 256, "s: so many bytes of each write at most");
`;

export function script(
  [device = '', ...more]: readonly string[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  if (more.length > 0) throw new RangeError(`one DEVICE, not also '${more[0]}'`);
  const path = /^\d+$/.test(device) ? `/dev/pts/${device}` : device.startsWith('/') ? device : `/dev/${device}`;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isCharacterDevice() !== true) throw new RangeError(`'${path}' is no terminal`);
  // As the kernel has it: 12 bits, then 20; as stat has it, the minor number is in two parts.
  const major = Math.floor(stat.rdev / 256) % 4096;
  const minor = (stat.rdev % 256) + Math.floor(stat.rdev / 2 ** 20) * 256;
  const size = Math.max(Number(given.get('datasize') ?? 256), 1);
  return `
config = { max_strlen = ${Math.min(size, 4096) + 1} }

// Of an older kernel, which passes no iterator, there is nothing to see.
kprobe:tty_write
/((struct kiocb *)arg0)->ki_filp->f_inode->i_rdev == ${major * 2 ** 20 + minor}/
{
  $from = (struct iov_iter *)arg1;
  $count = $from->count;
  let $at : uint64 = 0;
  // The kinds of iterators: a buffer, or a list of such; other kinds are the kernel's own memory.
  if ($from->iter_type == 0) {
    $at = (uint64)$from->ubuf + $from->iov_offset;
  } else if ($from->iter_type == 1) {
    $at = (uint64)$from->__iov->iov_base + $from->iov_offset;
    if ($count > $from->__iov->iov_len) { $count = $from->__iov->iov_len; }
  }
  if ($at != 0) {
    printf("%s", str(uptr($at), ($count < ${size} ? $count : ${size}) + 1));
  }
  _ = getopt("datasize", 256);
}
`;
}
