/** What debug information adds to a user probe: arguments by name, and the type of what is returned. */
import type { ArgumentField, TypedAccess } from '../../checked/index.ts';
import type { DebugFunction } from '../../../spec/index.ts';
import type { Target } from '../../target.ts';
import type { ProbeUses } from '../provider.ts';
import { argumentsOf, returnValueOf } from './arguments.ts';
import { shownPath, type FoundPoint } from './point.ts';

export interface Described {
  readonly args: readonly ArgumentField[] | { readonly error: string };
  readonly returnValue?: TypedAccess;
  /** The same for points that one program can serve. */
  readonly signature: string;
}

/** Debug information is read only for scripts that ask for it. */
export function describePoint(point: FoundPoint, isReturn: boolean, uses: ProbeUses, target: Target): Described {
  const wantsArguments = uses.names.has('args') && !isReturn;
  const wantsReturn = isReturn && uses.names.has('retval');
  if (isReturn && !wantsReturn) return { args: { error: AT_RETURN }, signature: '' };
  if (!wantsArguments && !wantsReturn) return { args: [], signature: '' };
  const found = lookUp(point);
  if ('error' in found) return { args: found, signature: wantsArguments ? found.error : '' };
  if (wantsReturn) return describeReturn(found, target);
  const args = argumentsOf(found, target);
  return { args, signature: signatureOf(point, found, args) };
}

const AT_RETURN = 'When a function returns its arguments are gone: keep them in a map at its entry (uprobe)';

/** Copies that the compiler made for certain calls take other arguments than the source says. */
const REMADE = /\.(?:isra|constprop|part|cold)\b/;

function lookUp(point: FoundPoint): DebugFunction | { readonly error: string } {
  const { binary, fileOffset, functionName } = point;
  const name = functionName ?? 'this place';
  if (!point.isEntry)
    return { error: `Arguments have names only at a function's entry, and ${point.shown} is not one: use reg("…")` };
  if (REMADE.test(name)) return { error: `The compiler changed what '${name}' takes: use arg0, arg1, …` };
  const found = binary.debugFunction?.(fileOffset);
  return (
    found ?? {
      error: `There is no debug information about '${name}' of ${shownPath(binary)}: use arg0, arg1, …, or install it (--debuginfo)`,
    }
  );
}

function describeReturn(fn: DebugFunction, target: Target): Described {
  const returnValue = returnValueOf(fn, target);
  const signature = returnValue === undefined ? '' : fn.result.typeText;
  return { args: { error: AT_RETURN }, signature, ...(returnValue === undefined ? {} : { returnValue }) };
}

/** Types of one name in one file are taken to be one. */
function signatureOf(
  { binary }: FoundPoint,
  fn: DebugFunction,
  args: readonly ArgumentField[] | { readonly error: string },
): string {
  if ('error' in args) return `${args.error}`;
  const types = fn.parameters.map(({ name, typeText }) => `${typeText} ${name}`).join(', ');
  return `${binary.path}: ${fn.result.typeText} (${types})`;
}
