import { SondeError } from '../../base/index.ts';
import { featureNames, type FeatureName } from '../../kernel/index.ts';
import { nearest } from '../../lang/index.ts';

/** The features as --no-feature and --info write them: with underscores, as bpftrace's users do. */
export const writtenFeatureNames: readonly string[] = featureNames.map((name) => name.replaceAll('-', '_'));

/** Reads names in either spelling. Throws SondeError for one that is none, with the nearest or all of them. */
export function featuresNamed(texts: readonly string[]): readonly FeatureName[] {
  return texts.map((text) => {
    const written = text.replaceAll('-', '_');
    const found = featureNames[writtenFeatureNames.indexOf(written)];
    if (found !== undefined) return found;
    const near = nearest(written, writtenFeatureNames);
    throw new SondeError(`unknown feature '${text}'`, {
      advice: near === undefined ? `There are ${writtenFeatureNames.join(', ')}.` : `Did you mean ${near}?`,
    });
  });
}
