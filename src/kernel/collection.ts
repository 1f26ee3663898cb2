import type { CollectionSpec } from '../spec/index.ts';
import { KernelMap } from './map/index.ts';
import { KernelProgram, type LoadOptions } from './program/index.ts';

/** The maps and programs of a CollectionSpec, in the kernel. */
export class KernelCollection implements Disposable {
  readonly maps: ReadonlyMap<string, KernelMap>;
  readonly programs: ReadonlyMap<string, KernelProgram>;

  private constructor(maps: ReadonlyMap<string, KernelMap>, programs: ReadonlyMap<string, KernelProgram>) {
    this.maps = maps;
    this.programs = programs;
  }

  /** Creates the maps, then loads the programs. On failure nothing is left. Throws what `KernelMap.create` and `KernelProgram.load` throw. */
  static load(spec: CollectionSpec, options: Omit<LoadOptions, 'maps'> = {}): KernelCollection {
    const maps = new Map<string, KernelMap>();
    const programs = new Map<string, KernelProgram>();
    const collection = new KernelCollection(maps, programs);
    try {
      for (const map of spec.maps) maps.set(map.name, KernelMap.create(map));
      for (const program of spec.programs)
        programs.set(program.name, KernelProgram.load(program, { ...options, maps }));
      return collection;
    } catch (error) {
      collection.close();
      throw error;
    }
  }

  close(): void {
    for (const program of this.programs.values()) program.close();
    for (const map of this.maps.values()) map.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
