/** The traced program, load.c: does operations on request and says how long they took. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Done {
  readonly nsPerOperation: number;
  /** By the monotonic clock. */
  readonly beganNs: bigint;
  readonly endedNs: bigint;
}

export interface LoadOptions {
  readonly workers?: readonly [count: number, kind: 'threads' | 'processes'];
}

export class Load implements Disposable {
  readonly program: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor(program: string) {
    this.program = program;
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
  }

  async run(operation: string, count: number, { workers = [1, 'threads'] }: LoadOptions = {}): Promise<Done> {
    this.#child.stdin.write(`${operation} ${Math.max(Math.round(count), workers[0])} ${workers.join(' ')}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the load ended at "${operation}"`);
    const [nsPerOperation, began, ended] = value.split(' ') as [string, string, string];
    return { nsPerOperation: Number(nsPerOperation), beganNs: BigInt(began), endedNs: BigInt(ended) };
  }
}
