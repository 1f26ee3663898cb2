export { kernelBtf, kernelBtfPaths, moduleBtf, modulesWithBtf, readBtfFile, requireKernelBtf } from './btf-source.ts';
export { KernelCollection } from './collection.ts';
export * from './features/index.ts';
export * from './kallsyms/index.ts';
export * from './link/index.ts';
export { KernelMap, UpdateMode, type MapCreateOptions, type MapEntry, type MapInfo } from './map/index.ts';
export { loadedModules } from './modules.ts';
export * from './program/index.ts';
export * from './ringbuf/index.ts';
export {
  bootTimeNs,
  bootTimeOffsetNs,
  monotonicMs,
  networkInterfaces,
  taiOffsetNs,
  capabilities,
  type CapabilityName,
  onlineCpus,
  openPidfd,
  openPipe,
  permissionAdvice,
  possibleCpus,
  reapChild,
  sendSignal,
  sendUnixDatagram,
  setThreadName,
  spawnProcess,
} from './sys/index.ts';
export * from './tracefs/index.ts';
export { kernelRelease, kernelVersion } from './uname.ts';
