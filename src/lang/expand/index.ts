export { expandCMacros } from './c-macros.ts';
export { expandScript } from './expand-script.ts';
