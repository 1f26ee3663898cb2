/** Functions that imported C programs and objects bring, by the types that these give them (spec G-09, M-46). */
import { Btf } from '../../btf/index.ts';
import { FormatError } from '../../base/index.ts';
import { findFunction, findValue } from '../builtins/index.ts';
import type { Diagnostic } from '../diagnostic/index.ts';
import type { ImportedObject } from '../imports/index.ts';
import type { KernelFunction } from './expressions/kernel-calls.ts';
import { prototypeOf } from './expressions/kernel-calls.ts';
import type { LinkedFunctions } from './state/script-state.ts';

/** By name; with what forbids that some can be called. */
export function declareLinked(
  objects: readonly ImportedObject[],
  ownNames: ReadonlySet<string>,
): { readonly functions: LinkedFunctions; readonly diagnostics: readonly Diagnostic[] } {
  const functions = new Map<string, { object: ImportedObject['object']; prototype: KernelFunction }>();
  const origins = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const { path, object, span } of objects) {
    const fail = (reason: string): void => {
      diagnostics.push({ severity: 'error', code: 'import', span, message: `Failed to import '${path}': ${reason}` });
    };
    const btf = decodeTypes(object.btf);
    if (btf === undefined) {
      fail('its types (.BTF) are damaged');
      continue;
    }
    for (const { name, isGlobal } of object.functions.values()) {
      if (!isGlobal) continue;
      const taken = ownNames.has(name)
        ? 'the script itself defines'
        : findFunction(name) !== undefined || findValue(name) !== undefined
          ? 'is the name of a builtin'
          : origins.has(name)
            ? `${origins.get(name)} defines too`
            : undefined;
      const prototype = prototypeOf(btf, name);
      if (taken !== undefined) fail(`it defines ${name}(), which ${taken}`);
      else if (prototype === undefined) fail(`it has no type of ${name}(): compile it with clang -g`);
      else {
        functions.set(name, { object, prototype });
        origins.set(name, path);
      }
    }
  }
  return { functions, diagnostics };
}

function decodeTypes(bytes: Uint8Array): Btf | undefined {
  try {
    return Btf.decode(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
