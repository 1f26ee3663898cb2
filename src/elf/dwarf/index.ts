export { DebugInfo, type SourceFrame, type SourceFrames } from './info.ts';
export { filesOf, type LineRow, linesOf, type SourceLine } from './lines.ts';
export type { DebugSections } from './unit.ts';
