import type { Target } from '../../lang/index.ts';
import { openTarget } from './kernel-target.ts';

export interface CheckTarget {
  readonly target: Target;
  /** Whether names of kernel functions and addresses of symbols can't be read here. */
  readonly blind: { readonly functions: boolean; readonly symbols: boolean };
}

/**
 * The machine for checks that run nothing: its types and names where they can be read, and all features, for whether a
 * script is right doesn't depend on the kernel that it is checked on. Needs no privileges.
 */
export function openCheckTarget(): CheckTarget {
  const target = openTarget({ everyFeature: true });
  return {
    target,
    blind: {
      get functions() {
        return target.kernelFunctions().source !== 'tracefs';
      },
      get symbols() {
        return target.kernelSymbol('jiffies') === undefined && target.kernelSymbol('vfs_read') === undefined;
      },
    },
  };
}
