export { assemble } from './assemble.ts';
export * from './build.ts';
export * from './check.ts';
export { disassemble } from './disassemble.ts';
export { decode, encode, wholeImmediate } from './encode.ts';
export type { DecodingOptions, EncodingOptions } from './encode.ts';
export * from './instruction.ts';
export * from './labels.ts';
export * from './slots.ts';
