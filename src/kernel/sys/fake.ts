import { replaceSyscalls, type SyscallArgument, type SyscallName, type Syscalls } from './syscalls.ts';

/** Answers one request: the result, or a negated errno. */
export type FakeAnswer = (...args: SyscallArgument[]) => number;

/**
 * A kernel for unit tests: each system call is answered by a function. A call without an answer is a failure
 * of the test. Buffers get made-up addresses, by which `buffer` finds them again.
 */
export class FakeSyscalls implements Syscalls {
  readonly calls: { name: SyscallName; args: SyscallArgument[] }[] = [];
  readonly #answers: Partial<Record<SyscallName, FakeAnswer>>;
  readonly #buffers = new Map<bigint, Uint8Array | BigUint64Array>();

  constructor(answers: Partial<Record<SyscallName, FakeAnswer>>) {
    this.#answers = answers;
  }
  call(name: SyscallName, ...args: SyscallArgument[]): number {
    this.calls.push({ name, args });
    const answer = this.#answers[name];
    if (answer === undefined) throw new Error(`the fake kernel has no answer to ${name}`);
    return answer(...args);
  }
  callInThread(name: SyscallName, ...args: SyscallArgument[]): Promise<number> {
    return Promise.resolve(this.call(name, ...args));
  }
  addressOf(buffer: Uint8Array | BigUint64Array): bigint {
    const address = BigInt(0x1000 * (this.#buffers.size + 1));
    this.#buffers.set(address, buffer);
    return address;
  }
  view(_address: number, sizeBytes: number): ArrayBuffer {
    return new ArrayBuffer(sizeBytes);
  }
  buffer(address: bigint): Uint8Array | BigUint64Array {
    return this.#buffers.get(address)!;
  }
  install(): Disposable {
    return replaceSyscalls(this);
  }
}
