export * from './btf.ts';
export type * from './types.ts';
