export { DebugInfo } from './info.ts';
export { filesOf, type LineRow, linesOf } from './lines.ts';
export type { DebugSections } from './unit.ts';
