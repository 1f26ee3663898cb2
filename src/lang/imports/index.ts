export { type ImportedObject, resolveImports } from './resolve-imports.ts';
