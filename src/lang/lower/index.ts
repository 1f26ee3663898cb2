export type { LowerOptions } from './lowering.ts';
export * from './script.ts';
