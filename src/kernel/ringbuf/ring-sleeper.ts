import { checked, closeFd, syscalls, withThreads } from '../sys/index.ts';

const POLLIN = 1;
const EFD_NONBLOCK = 0o4000;
/** struct pollfd: s32 fd, s16 events, s16 revents. */
const POLL_BYTES = 8;

/**
 * Waits for a ring's next record in the kernel, by a thread. Programs must ask for a wake-up meanwhile (BPF_RB_FORCE_WAKEUP);
 * records that are there already end the wait at once.
 */
export class RingSleeper implements Disposable {
  /** An eventfd that has something to read when the wait should end. */
  readonly #bellFd: number;
  readonly #threads: number;
  readonly #fds = new Uint8Array(2 * POLL_BYTES);
  readonly #timeout = new BigInt64Array(2);
  readonly #count = new Uint8Array(BigUint64Array.of(1n).buffer);
  /** The process joins its threads when it ends, whichever way. */
  readonly #atExit = (): void => this.wake();
  #isClosed = false;

  /** `threads`: how many the process is going to need besides. Throws SystemError. */
  constructor(ringFd: number, threads: number) {
    // One is left for whatever Node does meanwhile.
    this.#threads = Math.max(threads, 1) + 1;
    this.#bellFd = checked('eventfd', syscalls().call('eventfd2', 0, EFD_NONBLOCK));
    const view = new DataView(this.#fds.buffer);
    for (const [i, fd] of [ringFd, this.#bellFd].entries()) {
      view.setInt32(i * POLL_BYTES, fd, true);
      view.setInt16(i * POLL_BYTES + 4, POLLIN, true);
    }
    process.on('exit', this.#atExit);
  }

  /** Until there are records, `wake` is called or the time is over. One at a time. */
  async sleep(maxMs: number): Promise<void> {
    this.#timeout.set([BigInt(Math.floor(maxMs / 1000)), BigInt((maxMs % 1000) * 1_000_000)]);
    const timeout = new Uint8Array(this.#timeout.buffer);
    const start = () => syscalls().callInThread('ppoll', this.#fds, 2, timeout, 0, 0);
    await withThreads(this.#threads, start);
    if (!this.#isClosed) syscalls().call('read', this.#bellFd, new Uint8Array(8), 8);
  }

  wake(): void {
    if (!this.#isClosed) syscalls().call('write', this.#bellFd, this.#count, 8);
  }

  close(): void {
    if (this.#isClosed) return;
    this.wake();
    this.#isClosed = true;
    process.off('exit', this.#atExit);
    closeFd(this.#bellFd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
