export { resolveImports } from './resolve-imports.ts';
