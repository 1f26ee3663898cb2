export * from './check.ts';
export * from './options.ts';
