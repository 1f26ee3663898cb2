export { enableProgramStatistics, KernelProgram, type LoadOptions, type ProgramInfo, type TestRunOptions } from './kernel-program.ts';
export { readRefusal, type Refusal } from './verifier-log.ts';
