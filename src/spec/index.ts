export * from './collection.ts';
export type * from './debug-types.ts';
export * from './frame.ts';
export * from './hook.ts';
export type * from './linked-object.ts';
export * from './plan.ts';
export * from './unwind.ts';
export type * from './user-binary.ts';
export * from './value-type.ts';
