export { openTarget, type TargetOptions } from './kernel-target.ts';
export { type CheckTarget, openCheckTarget } from './check-target.ts';
