/** What goes to standard error. */
import { strerror } from '../abi/index.ts';
import { SondeError, VerifierError } from '../base/index.ts';
import { harmless, isTerminal } from './terminal.ts';
import { writeFully } from './write-fully.ts';

export class Messages {
  readonly isTerminal = isTerminal(2);
  readonly colour: boolean;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    const setting = environment['BPFTRACE_COLOR'];
    this.colour = setting === 'always' || (setting !== 'never' && this.isTerminal);
  }

  write(text: string): void {
    writeFully(2, this.isTerminal ? harmless(text, { keepColours: true }) : text);
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
    if (refusal === undefined) return;
    const more = options.verbose ? '' : ' Use -v for full kernel error log.';
    const code = `-${refusal.errno} (${strerror(refusal.errno)})`;
    this.error(`Error loading BPF program for ${refusal.program}. Error code: ${code}.${more}`);
    if (options.verbose) this.write(`\n${refusal.log.trimEnd()}\n`);
  }
}
