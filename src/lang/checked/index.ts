export * from './print.ts';
export * from './tree.ts';
