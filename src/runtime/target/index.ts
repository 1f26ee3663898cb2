export { openTarget, type TargetOptions } from './kernel-target.ts';
