export * from './btf.ts';
export { BtfBuilder } from './builder.ts';
export type { NewBtfType } from './builder.ts';
export { printC, printDeclaration, printTypeName } from './print.ts';
export type { PrintOptions } from './print.ts';
export {
  alignOf,
  findMember,
  isModifier,
  memberBitSize,
  memberByPath,
  pointerTarget,
  POINTER_BYTES,
  sizeOf,
  skipModifiers,
  skipQualifiers,
} from './resolve.ts';
export type { FoundMember } from './resolve.ts';
export { encodeSubset } from './subset.ts';
export type { SubsetRoot } from './subset.ts';
export type * from './types.ts';
