export { enableProgramStatistics, KernelProgram, type ProgramInfo, type TestRunOptions } from './kernel-program.ts';
export { readRefusal, type Refusal } from './verifier-log.ts';
export type { LoadOptions } from './load.ts';
export { loadedPrograms, type TypedProgram } from './loaded.ts';
