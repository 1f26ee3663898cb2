import { readSync } from 'node:fs';
import { AttachType, Command, Errno } from '../../abi/index.ts';
import type { SystemError } from '../../base/index.ts';
import type { IteratorHook } from '../../spec/index.ts';
import { Attr, bpf, bpfAdvice, bpfCallName, checked, closeFd, systemError, tryBpf } from '../sys/index.ts';
import { DescriptorLink, type AttachableProgram } from './link.ts';

/** BPF_CGROUP_ITER_DESCENDANTS_PRE: parents before children. */
const PARENTS_FIRST = 2;

/** A program over kernel objects: it runs as often as `open` is read. */
export class IteratorLink extends DescriptorLink {
  readonly #fd: number;

  constructor(fd: number) {
    super('iterator', { links: [fd] });
    this.#fd = fd;
  }

  /** Starts a walk over all objects. */
  open(): IteratorReader {
    return new IteratorReader(bpf(Command.IterCreate, new Attr(8).u32(0, this.#fd)));
  }
}

/** Iterator over kernel objects: kernel 5.8. With a pin, it stays until someone removes its file. */
export function attachIterator(program: AttachableProgram, hook: IteratorHook): IteratorLink {
  const attr = new Attr(64).u32(0, program.fd).u32(8, AttachType.TraceIter);
  const about = selection(hook);
  if (about !== undefined) attr.pointer(16, about).u32(24, about.length);
  const fd = checked(
    `${bpfCallName(Command.LinkCreate)} of iter:${hook.target}`,
    tryBpf(Command.LinkCreate, attr),
    (errno) => attachAdvice(errno, hook),
  );
  const link = new IteratorLink(fd);
  if (hook.pin === undefined) return link;
  try {
    pin(fd, hook.pin);
    return link;
  } catch (error) {
    link.close();
    throw error;
  }
}

/** `union bpf_iter_link_info`, where the kernel wants to know more. */
function selection({ target, pid }: IteratorHook): Uint8Array | undefined {
  if (target === 'cgroup') return new Attr(16).u32(0, PARENTS_FIRST).bytes;
  return pid === undefined ? undefined : new Attr(16).u32(4, pid).bytes;
}

function attachAdvice(errno: number, { target, pid }: IteratorHook): string | undefined {
  if (errno === Errno.EBADF || (errno === Errno.EINVAL && MAP_ITERATORS.has(target)))
    return `iter:${target} goes through one map of another program, which a script can't name.`;
  if (pid !== undefined && (errno === Errno.E2BIG || errno === Errno.EINVAL))
    return 'This kernel (before 6.1) has no iterators over one process: leave out -p, and compare ctx.task.tgid.';
  if (errno === Errno.ESRCH && pid !== undefined) return `There is no process ${pid}.`;
  return bpfAdvice(errno);
}

const MAP_ITERATORS: ReadonlySet<string> = new Set(['bpf_map_elem', 'bpf_sk_storage_map', 'sockmap']);

function pin(fd: number, path: string): void {
  const result = tryBpf(Command.ObjPin, new Attr(16).string(0, path).u32(8, fd));
  if (result >= 0) return;
  throw systemError(`${bpfCallName(Command.ObjPin)} at ${path}`, -result, { advice: pinAdvice(-result, path) });
}

function pinAdvice(errno: number, path: string): string | undefined {
  switch (errno) {
    case Errno.EEXIST:
      return `Something is pinned there already: remove it with \`rm ${path}\`.`;
    case Errno.ENOENT:
      return 'The folder does not exist.';
    case Errno.EPERM:
    case Errno.EINVAL:
      return 'Is that a BPF file system? It is mounted with `mount -t bpf bpf /sys/fs/bpf`.';
    default:
      return bpfAdvice(errno);
  }
}

/**
 * How much is asked for at a time. The kernel gathers an object's output in 32 KiB and runs the program again for an
 * object whose output doesn't fit any more; it stops adding when it has what was asked for, so that doesn't happen.
 */
const READ_BYTES = 4096;

/** What the program writes with bpf_seq_write and bpf_seq_printf, from first to last. */
export class IteratorReader implements Disposable {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The next bytes, valid until the next call; undefined at the end. Throws SystemError. */
  read(): Uint8Array | undefined {
    while (true) {
      try {
        const length = readSync(this.#fd, this.#buffer, 0, READ_BYTES, null);
        return length === 0 ? undefined : this.#buffer.subarray(0, length);
      } catch (error) {
        const errno = -((error as NodeJS.ErrnoException).errno ?? 0);
        // After very many objects without output the kernel wants to be asked again.
        if (errno === Errno.EAGAIN || errno === Errno.EINTR) continue;
        throw readError(errno, error);
      }
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFd(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function readError(errno: number, cause: unknown): SystemError {
  const advice = errno === Errno.E2BIG ? 'A program can print 32 KiB for one object at the most.' : undefined;
  return systemError('read of an iterator', errno, { cause, advice });
}
