/** Which optimizations a compile goes without. */
import type { optimizations } from './optimization-list.ts';

export type Optimization = (typeof optimizations)[number]['name'];

/** Those that are switched off. */
export type Off = ReadonlySet<Optimization>;

export const NONE_OFF: Off = new Set();
