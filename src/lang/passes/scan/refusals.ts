/** What can't stand in a function. */
import type { Span } from '../../diagnostic/index.ts';
import type { Context } from '../state/context.ts';

/** What only an event has. */
const OF_THE_PROBE = /^(?:args|s?arg\d+|retval|func|ctx|usermode|probe|reg|kstack|ustack|dw_ustack)$/;

/** True for a builtin of the probe's context that stands in a function; then that is reported. */
export function refuseInFunction(context: Context, name: string, span: Span): boolean {
  if (context.program.function === undefined || !OF_THE_PROBE.test(name)) return false;
  const message = `'${name}' needs the context of a probe: it is not available in a function`;
  context.error('not-in-function', span, message, { hints: ['Pass its value to the function as an argument.'] });
  return true;
}
