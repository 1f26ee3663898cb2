export * from './architecture.ts';
export * from './errno.ts';
export { AttachType, BpfFlag, Command, HelperId, LinkType, MapType, ProgramType } from './generated/bpf.ts';
export * from './helpers.ts';
export * from './perf-events.ts';
export * from './registers.ts';
export * from './signals.ts';
export * from './syscalls.ts';
export * from './type-names.ts';
