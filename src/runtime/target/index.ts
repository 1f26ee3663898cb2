export { openTarget, type TargetOptions } from './kernel-target.ts';
export { featuresNamed, writtenFeatureNames } from './feature-names.ts';
export { type CheckTarget, openCheckTarget } from './check-target.ts';
