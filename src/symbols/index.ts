export { CgroupPaths, cgroupIdOf, cgroupLevelOf } from './cgroup-paths.ts';
export { demangle } from './demangle/index.ts';
export type { FrameOptions } from './address-space.ts';
export { KernelSymbols, type KernelSymbolTable } from './kernel-symbols.ts';
export { useDebugDirectories } from './module.ts';
export { openTargets } from './open-targets.ts';
export {
  mappedFiles,
  resolveTarget,
  resolveTargets,
  type TargetError,
  type TargetFile,
  type TargetOptions,
} from './target.ts';
export { type FunctionPlace, type UsdtPlace, UserBinary, type UserBinaryOptions } from './user-binary.ts';
export { UserNames } from './user-names.ts';
export { type UnwindFile, UnwindFiles, type UnwindMapping } from './unwind-files.ts';
export { UserSymbols, type UserSymbolsOptions } from './user-symbols.ts';
