export { analyze, type AnalyzeOptions, NOT_CHECKED } from './analyze.ts';
export { compile, type CompileOptions, type CompileResult, type Stage, STAGES } from './compile.ts';
export * from './diagnostic/index.ts';
export { type FormatResult, formatScript } from './format/index.ts';
export { namesIn } from './names.ts';
export { listProbes } from './listing.ts';
export { liveRelatives } from './providers/index.ts';
export * from './source/index.ts';
export type * from './target.ts';
