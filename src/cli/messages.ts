/** What goes to standard error. */
import { writeSync } from 'node:fs';
import { SondeError, VerifierError } from '../base/index.ts';
import { isTerminal } from './terminal.ts';

const RETRY_MS = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

export class Messages {
  readonly isTerminal = isTerminal(2);
  readonly colour: boolean;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    const setting = environment['BPFTRACE_COLOR'];
    this.colour = setting === 'always' || (setting !== 'never' && this.isTerminal);
  }

  /** All of it, however slowly it is read: a pipe takes only so much of a verifier's log at a time. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(2, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // No one is there to read it, and nowhere else to say so.
        Atomics.wait(pause, 0, 0, RETRY_MS);
      }
    }
  }

  error(text: string): void {
    this.write(this.paint(`ERROR: ${text}`));
  }

  warning(text: string): void {
    this.write(this.paint(`WARNING: ${text}`, 33));
  }

  private paint(line: string, colour = 31): string {
    return this.colour ? `\u001b[${colour}m${line}\u001b[0m\n` : `${line}\n`;
  }

  /** What the world refused: the reasons from the innermost out, each on a line, then the advice. */
  exception(error: SondeError, options: { readonly verbose: boolean }): void {
    const cause = error.cause instanceof SondeError ? error.cause : undefined;
    if (cause !== undefined && cause.message !== error.message && !error.message.includes(cause.message))
      this.error(cause.message);
    this.error(error.message);
    const advice = error.advice ?? cause?.advice;
    if (advice !== undefined) this.write(`HINT: ${advice}\n`);
    const refusal = error instanceof VerifierError ? error : cause instanceof VerifierError ? cause : undefined;
    if (refusal !== undefined && options.verbose) this.write(`\n${refusal.log.trimEnd()}\n`);
  }
}
