/** Names of a child's addresses outlive it only if its mappings were read while it lived. */
import type { ScriptPlan } from '../spec/index.ts';
import type { UserSymbols } from '../symbols/index.ts';

/** A command loads its libraries in its first moments: look often then, seldom later. */
const DELAYS_MS = [2, 3, 5, 10, 20, 50, 100, 250];

/** Reads the process's mappings again and again until it has ended or `close`. */
export function primeSymbols(symbols: UserSymbols, pid: number): Disposable {
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (next > 0 && !symbols.prime(pid)) return;
    timer = setTimeout(look, DELAYS_MS[Math.min(next++, DELAYS_MS.length - 1)]);
    timer.unref();
  };
  look();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Does the script show names of user-space addresses? */
export function showsUserSymbols(plan: ScriptPlan): boolean {
  return mentionsUserAddress(plan.maps) || mentionsUserAddress(plan.events);
}

function mentionsUserAddress(node: unknown): boolean {
  if (typeof node !== 'object' || node === null || node instanceof Map) return false;
  const { kind, space } = node as { kind?: unknown; space?: unknown };
  if (kind === 'usym' || (kind === 'stack' && space === 'user')) return true;
  return Object.values(node).some(mentionsUserAddress);
}
