import { SondeError, VerifierError } from '../base/index.ts';
import { AttachError } from '../session/index.ts';
import { UsageError } from './arguments.ts';
import type { Messages } from './messages.ts';
import type { Personality } from './personality.ts';
import { usage } from './help/usage.ts';

/** Loading or attaching failed. */
const STATUS_REFUSED = 255;

export interface ExplainOptions {
  readonly verbose: boolean;
  readonly personality: Personality;
}

/** Tells the user what was thrown, and returns the exit status. What is our own mistake is thrown on. */
export function explain(error: unknown, messages: Messages, { verbose, personality }: ExplainOptions): number {
  if (error instanceof UsageError) {
    messages.error(`USAGE: ${error.message}`);
    if (error.showUsage) messages.write(usage(personality));
    return 1;
  }
  if (!(error instanceof SondeError)) throw error;
  messages.exception(error, { verbose });
  return statusOf(error);
}

function statusOf(error: SondeError): number {
  if (error instanceof VerifierError || error instanceof AttachError) return STATUS_REFUSED;
  const { call } = error as { call?: string };
  const isLoading =
    call !== undefined && (call.startsWith('bpf(') || call.startsWith('perf_event_open') || call.startsWith('ioctl'));
  return isLoading ? STATUS_REFUSED : 1;
}
