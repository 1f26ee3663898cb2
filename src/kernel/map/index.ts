export type { MapEntry } from './entries.ts';
export { KernelMap, kernelName, UpdateMode, type MapCreateOptions, type MapInfo } from './kernel-map.ts';
export { withMemlockRetry } from './memlock.ts';
export { loadBtf, type MapBtf } from './storage-btf.ts';
