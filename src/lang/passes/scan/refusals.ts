/** What belongs to the language and is not built yet: each refused by one error that names it. */
import type { Span } from '../../diagnostic/index.ts';
import type { Context } from '../state/context.ts';

/** Builtin names that scripts may use elsewhere, functions and values alike. */
const BUILTINS: ReadonlySet<string> = new Set(['dw_ustack']);

/** What only an event has. */
const OF_THE_PROBE = /^(?:args|s?arg\d+|retval|func|ctx|usermode|probe|reg|kstack|ustack|dw_ustack)$/;

/** True for a builtin of the probe's context that stands in a function; then that is reported. */
export function refuseInFunction(context: Context, name: string, span: Span): boolean {
  if (context.program.function === undefined || !OF_THE_PROBE.test(name)) return false;
  const message = `'${name}' needs the context of a probe: it is not available in a function`;
  context.error('not-in-function', span, message, { hints: ['Pass its value to the function as an argument.'] });
  return true;
}

/** Whether the name is a builtin of the language that is still missing. */
export function isMissing(name: string): boolean {
  return BUILTINS.has(name);
}

/** True when the name is a builtin of the language that is still missing; then that is reported. */
export function refuseBuiltin(context: Context, name: string, span: Span, asFunction = false): boolean {
  if (!BUILTINS.has(name)) return false;
  const message = `${asFunction ? `${name}()` : name} is not supported in this version yet`;
  context.error('not-supported', span, message, { hints: ['ustack walks frame pointers.'] });
  return true;
}
