/**
 * Features that are to be taken as missing (--no-feature), so that what is done without them can be seen on a kernel that has
 * them. Each place that uses a feature by trying asks here first.
 */
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { FeatureName } from './features.ts';

const names = new Set<FeatureName>();

/** For the rest of this process. */
export function takeAwayFeatures(features: readonly FeatureName[]): void {
  for (const feature of features) names.add(feature);
}

export const isTakenAway = (feature: FeatureName): boolean => names.has(feature);

/** Throws UnsupportedFeatureError where a feature that nothing can stand for was taken away. */
export function requireNotTakenAway(feature: FeatureName, what: string, minimumKernel: string): void {
  if (isTakenAway(feature))
    throw new UnsupportedFeatureError(feature, `${what}: taken away by --no-feature`, {
      minimumKernel,
      advice: 'Nothing stands for it: Sonde needs kernel 5.10 or later.',
    });
}
