export { hasWildcard } from './glob.ts';
export * from './provider.ts';
export { findProvider, providers } from './registry.ts';
export { checkLimits, resolvePoint } from './resolve-point.ts';
