export { type DebugFunction, DebugInfo, type DebugParameter } from './info.ts';
export { filesOf, type LineRow, linesOf } from './lines.ts';
export type { DebugLocation } from './locations.ts';
export type { DebugMember, DebugRecord, DebugType } from './types.ts';
export type { DebugSections } from './unit.ts';
