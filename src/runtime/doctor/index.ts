export { type Check, type CheckState, examine } from './examine.ts';
