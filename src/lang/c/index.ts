export type { CDefinitions, CMacro } from './definitions.ts';
export { type CInput, type CResult, type ImportedHeader, readCSection } from './read-section.ts';
