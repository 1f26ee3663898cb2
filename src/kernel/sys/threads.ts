/** Node's threads: how many there are is read once, when the first is needed. */
const MOST = 256;

/** Starts as many threads as `start` is going to need, where none have been started yet. */
export function withThreads<T>(count: number, start: () => T): T {
  process.env['UV_THREADPOOL_SIZE'] = String(Math.min(count, MOST));
  try {
    return start();
  } finally {
    delete process.env['UV_THREADPOOL_SIZE'];
  }
}
