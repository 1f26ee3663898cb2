import { MapType } from '../../abi/index.ts';

const perCpuTypes: ReadonlySet<number> = new Set([
  MapType.PercpuHash,
  MapType.PercpuArray,
  MapType.LruPercpuHash,
  MapType.PercpuCgroupStorage,
]);
const arrayTypes: ReadonlySet<number> = new Set([MapType.Array, MapType.PercpuArray]);
const keylessTypes: ReadonlySet<number> = new Set([MapType.Queue, MapType.Stack, MapType.BloomFilter, MapType.Ringbuf]);
const localStorageTypes: ReadonlySet<number> = new Set([
  MapType.SkStorage,
  MapType.InodeStorage,
  MapType.TaskStorage,
  MapType.CgrpStorage,
]);

export const isPerCpuMap = (type: number): boolean => perCpuTypes.has(type);
/** Indexed by u32, always full: entries can't be deleted, only overwritten. */
export const isArrayMap = (type: number): boolean => arrayTypes.has(type);
export const isKeylessMap = (type: number): boolean => keylessTypes.has(type);
/** Values hang on a task, socket, inode or control group; the kernel wants BTF for them. */
export const isLocalStorageMap = (type: number): boolean => localStorageTypes.has(type);
