import { HelperId } from './generated/bpf.ts';

/** Name of a helper function, without `bpf_`. */
export type HelperName = keyof typeof HelperId;

const namesById = new Map<number, HelperName>(Object.entries(HelperId).map(([name, id]) => [id, name as HelperName]));

/** `map_lookup_elem` for 1; undefined for an id that the recorded kernel does not have. */
export function helperName(id: number): HelperName | undefined {
  return namesById.get(id);
}

/** Id of a helper, with or without `bpf_` in front. */
export function helperId(name: string): number | undefined {
  const short = name.startsWith('bpf_') ? name.slice(4) : name;
  return Object.hasOwn(HelperId, short) ? HelperId[short as HelperName] : undefined;
}

/** Number of helper ids that the recorded kernel has; ids run from 1 to this. */
export const helperCount = namesById.size;
