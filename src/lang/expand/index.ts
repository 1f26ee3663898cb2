export { expandScript } from './expand-script.ts';
