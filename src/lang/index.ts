export { compile, type CompileOptions, type CompileResult, type Stage, STAGES } from './compile.ts';
export * from './diagnostic/index.ts';
export { decodeText } from './source/index.ts';
export type * from './target.ts';
