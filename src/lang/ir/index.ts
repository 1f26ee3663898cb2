export * from './builder.ts';
export * from './clean.ts';
export * from './fold.ts';
export * from './ir.ts';
export * from './print.ts';
export * from './thread-jumps.ts';
