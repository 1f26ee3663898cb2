export * from './collection.ts';
export * from './frame.ts';
export * from './hook.ts';
export type * from './linked-object.ts';
export * from './plan.ts';
export * from './unwind.ts';
export * from './value-type.ts';
