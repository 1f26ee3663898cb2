export { compile, type CompileOptions, type CompileResult, type Stage, STAGES } from './compile.ts';
export { type DeclaredOption, declaredOptions } from './passes/declared-options.ts';
export * from './diagnostic/index.ts';
export { namesIn } from './names.ts';
export { listProbes, listScript } from './listing.ts';
export { liveRelatives } from './providers/index.ts';
export * from './source/index.ts';
export type * from './target.ts';
export type { Completion, CompletionKind, Completions } from './services/index.ts';

/** What only checks, editors and the formatter use: runs of scripts don't load it. */
export const loadFormatter = () => import('./format/index.ts');
export const loadServices = () => import('./services/index.ts');
