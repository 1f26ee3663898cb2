export { parseTracepointFormat, type TracepointField, type TracepointFormat } from './format.ts';
export { parseFilterFunctions, Tracefs, tracefs } from './tracefs.ts';
