export type { FeatureAnswer } from './answer.ts';
export { describeFeature, featureNames, haveFeature, haveHelper, probeFeature, type FeatureName } from './features.ts';
