export * from './common.ts';
export * from './declared.ts';
export * from './layout.ts';
export * from './from-btf.ts';
export * from './print.ts';
export * from './type.ts';
