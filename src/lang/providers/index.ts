export { globMatcher, hasWildcard } from './glob.ts';
export { checkIterators } from './iter/rules.ts';
export { liveRelatives, nearestTracepoint, type Relatives } from './kprobe/relatives.ts';
export * from './provider.ts';
export { findProvider, providers } from './registry.ts';
export { checkLimits } from './limits.ts';
export { resolvePoint, resolvePoints } from './resolve-point.ts';
