export * from './codegen.ts';
