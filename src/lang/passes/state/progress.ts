/**
 * Which programs must be checked again. A check holds for as long as nothing has changed that it looked at: its
 * variables, and the maps that are mentioned in it.
 */
import type { Probe } from '../../syntax/index.ts';
import type { VariableSymbol } from '../scan/scopes.ts';
import { allNodes } from '../scan/walk.ts';
import type { ProgramState } from './script-state.ts';

/** The last check of a program. */
interface Look {
  readonly mentions: Mentions;
  /** Variables that were read before they had a type. */
  readonly tooEarly: Set<VariableSymbol>;
  /** Something changed under its eyes. */
  outdated: boolean;
  finishedAt: number;
}

export class Progress {
  /** Counts changes. */
  #time = 0;
  /** By a map's name, when its type last changed. */
  readonly #changes = new Map<string, number>();
  readonly #looks = new Map<ProgramState, Look>();
  #running: Look | undefined;

  get time(): number {
    return this.#time;
  }

  begin(program: ProgramState): void {
    this.#running = { mentions: mentionsIn(program.probe), tooEarly: new Set(), outdated: false, finishedAt: 0 };
    this.#looks.set(program, this.#running);
  }

  end(): void {
    if (this.#running !== undefined) this.#running.finishedAt = this.#time;
    this.#running = undefined;
  }

  isOutdated(program: ProgramState): boolean {
    const look = this.#looks.get(program);
    if (look === undefined || look.outdated) return true;
    for (const name of look.mentions.keys()) if ((this.#changes.get(name) ?? 0) > look.finishedAt) return true;
    return false;
  }

  mapChanged(name: string): void {
    this.#changes.set(name, ++this.#time);
    // A program that only assigns it, once, does not look at what was there before.
    if (this.#running !== undefined && this.#running.mentions.get(name) !== 'assigned once')
      this.#running.outdated = true;
  }

  /** `isNew`: it had no type before. */
  variableChanged(program: ProgramState, symbol: VariableSymbol, isNew: boolean): void {
    this.#time++;
    const look = this.#looks.get(program);
    if (look !== undefined && (look !== this.#running || !isNew || look.tooEarly.has(symbol))) look.outdated = true;
  }

  variableReadTooEarly(symbol: VariableSymbol): void {
    this.#running?.tooEarly.add(symbol);
  }
}

type Mentions = ReadonlyMap<string, 'assigned once' | 'otherwise'>;

const mentions = new WeakMap<Probe, Mentions>();

/** The maps in a probe. */
function mentionsIn(probe: Probe): Mentions {
  const known = mentions.get(probe);
  if (known !== undefined) return known;
  const found = new Map<string, 'assigned once' | 'otherwise'>();
  const targets = new Set<object>();
  for (const root of [probe.predicate, probe.body]) {
    // A statement comes before its target.
    for (const node of root === undefined ? [] : allNodes(root)) {
      const { kind, operator, target, name } = node as {
        kind: string;
        operator?: string;
        target?: object;
        name?: string;
      };
      if (kind === 'assign' && operator === '=' && target !== undefined) targets.add(target);
      if (kind === 'map' && name !== undefined)
        found.set(name, found.has(name) || !targets.has(node) ? 'otherwise' : 'assigned once');
    }
  }
  mentions.set(probe, found);
  return found;
}
