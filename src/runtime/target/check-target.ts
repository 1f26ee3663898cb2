/** The machine for checks that run nothing: its types and names where they can be read, and all features. */
import type { Architecture, Target, TracepointFormat, UserBinary } from '../../lang/index.ts';
import { openTarget } from './kernel-target.ts';

export interface CheckTarget {
  readonly target: Target;
  /** Whether names of kernel functions and addresses of symbols can't be read here. */
  readonly blind: { readonly functions: boolean; readonly symbols: boolean };
}

/** Needs no privileges: what can't be read is not there. */
export function openCheckTarget(): CheckTarget {
  const real = openTarget();
  return {
    target: new Everything(real),
    blind: {
      get functions() {
        return real.kernelFunctions().source !== 'tracefs';
      },
      get symbols() {
        return real.kernelSymbol('jiffies') === undefined && real.kernelSymbol('vfs_read') === undefined;
      },
    },
  };
}

/** Has every feature: whether a script is right doesn't depend on the kernel that it is checked on. */
class Everything implements Target {
  readonly #real: Target;

  constructor(real: Target) {
    this.#real = real;
  }

  get architecture(): Architecture {
    return this.#real.architecture;
  }
  get kernelRelease(): string {
    return this.#real.kernelRelease;
  }
  get possibleCpus(): number {
    return this.#real.possibleCpus;
  }
  get btf(): Target['btf'] {
    return this.#real.btf;
  }
  have(): boolean {
    return true;
  }
  tracepoints(category?: string): ReturnType<Target['tracepoints']> {
    return this.#real.tracepoints(category);
  }
  tracepointFormat(category: string, event: string): TracepointFormat | undefined {
    return this.#real.tracepointFormat(category, event);
  }
  kernelFunctions(): ReturnType<Target['kernelFunctions']> {
    return this.#real.kernelFunctions();
  }
  modules(): readonly string[] {
    return this.#real.modules();
  }
  kernelSymbol(name: string): bigint | undefined {
    return this.#real.kernelSymbol(name);
  }
  kernelFunctionSize(name: string): bigint | undefined {
    return this.#real.kernelFunctionSize?.(name);
  }
  userBinaries(path: string, pid: number | undefined): readonly UserBinary[] | { readonly error: string } {
    return this.#real.userBinaries(path, pid);
  }
  readImport(path: string): ReturnType<NonNullable<Target['readImport']>> {
    return this.#real.readImport?.(path) ?? { error: 'No such file or directory' };
  }

  readHeader(path: string): string | undefined {
    return this.#real.readHeader(path);
  }
  headerFolders(): readonly string[] {
    return this.#real.headerFolders();
  }
  get pidNamespace(): Target['pidNamespace'] {
    return this.#real.pidNamespace;
  }
}
