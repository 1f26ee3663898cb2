import type { Stability } from '../../config.ts';
import type { Span } from '../../diagnostic/index.ts';
import type { Context } from '../state/context.ts';

/** A feature that may still change, and the setting that says how its use is met. */
export interface UnstableFeature {
  /** As scripts write it: `tseries()`. */
  readonly name: string;
  /** What may change: `what it prints`. */
  readonly what: string;
  readonly key: string;
  readonly setting: Stability;
}

/** Warns once, or refuses, as the setting says. False: refused. */
export function allowsUnstable(context: Context, span: Span, { name, what, key, setting }: UnstableFeature): boolean {
  const code = `unstable-${key}`;
  const hints = [`Set the config '${key}' to 'enable' to use it without this message.`];
  if (setting === 'error') {
    context.error(code, span, `${name} is an unstable feature and is switched off.`, { hints });
    return false;
  }
  if (setting === 'warn' && !context.script.diagnostics.some((told) => told.code === code))
    context.warning(code, span, `${name} is an unstable feature: ${what} may still change.`, { hints });
  return true;
}
