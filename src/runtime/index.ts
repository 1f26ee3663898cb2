export * from './child.ts';
export * from './kernel-backend.ts';
export { bootTimeNs, bootTimeOffsetNs } from '../kernel/index.ts';
export * from './notify-socket.ts';
export * from './output-sink.ts';
export * from './prime-symbols.ts';
export * from './require-capabilities.ts';
export * from './target/index.ts';
export * from './watch-process.ts';
