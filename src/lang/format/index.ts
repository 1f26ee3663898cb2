export { type FormatResult, formatScript } from './format.ts';
