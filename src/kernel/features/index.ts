export type { FeatureAnswer } from './answer.ts';
export { isTakenAway, takeAwayFeatures } from './taken-away.ts';
export { type Inventory, type InventoryEntry, takeInventory } from './inventory.ts';
export {
  describeFeature,
  featureNames,
  haveFeature,
  haveHelper,
  mayCallKfunc,
  probeFeature,
  type FeatureName,
} from './features.ts';
