export * from './errors.ts';
export * from './source-text.ts';
