import type { TargetOptions } from '../runtime/index.ts';
import type { Arguments } from './arguments.ts';

/** What the command line says about the machine to compile for. */
export function targetOptions(args: Arguments): TargetOptions {
  return {
    without: args.withoutFeatures,
    ...(args.traceableFunctions === undefined ? {} : { traceableFunctions: args.traceableFunctions }),
  };
}
