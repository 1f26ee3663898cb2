export { type BuiltinDoc, builtinDoc } from './builtin-docs.ts';
export { type Completion, type CompletionKind, type Completions, complete } from './complete.ts';
export { type Hover, hover } from './hover.ts';
export type { ServiceOptions } from './types.ts';
export { analyze, type AnalyzeOptions, NOT_CHECKED } from './analyze.ts';
