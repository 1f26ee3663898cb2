import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from '../kernel/index.ts';

interface Hierarchy {
  /** `unified` for cgroup v2, else the controllers or the name of a v1 hierarchy. */
  readonly name: string;
  readonly mountPoint: string;
}

const walkAgainMs = 1000;
const mostFolders = 100_000;

/** Paths of control groups by id. The id is the inode number of the group's folder. */
export class CgroupPaths {
  #paths = new Map<bigint, { hierarchy: string; path: string }[]>();
  #walkedAtMs = -Infinity;

  /** `unified:/system.slice/x`, several hierarchies joined by commas; undefined: no group has this id. */
  pathOf(id: bigint, wanted: (hierarchy: string) => boolean = () => true): string | undefined {
    if (!this.#paths.has(id) && monotonicMs() - this.#walkedAtMs > walkAgainMs) this.#walk();
    const found = this.#paths.get(id)?.filter(({ hierarchy }) => wanted(hierarchy));
    return found && found.length > 0 ? found.map(({ hierarchy, path }) => `${hierarchy}:${path}`).join(',') : undefined;
  }

  /** Ids of groups that are gone stay known: events name them after their end. */
  #walk(): void {
    this.#walkedAtMs = monotonicMs();
    for (const hierarchy of readHierarchies()) {
      let left = mostFolders;
      const pending = ['/'];
      for (let path = pending.pop(); path !== undefined && left-- > 0; path = pending.pop()) {
        const folder = join(hierarchy.mountPoint, path);
        try {
          this.#add(statSync(folder, { bigint: true }).ino, hierarchy.name, path);
          for (const entry of readdirSync(folder, { withFileTypes: true }))
            if (entry.isDirectory()) pending.push(join(path, entry.name));
        } catch {
          // Groups come and go while we walk.
        }
      }
    }
  }

  #add(id: bigint, hierarchy: string, path: string): void {
    const others = (this.#paths.get(id) ?? []).filter((other) => other.hierarchy !== hierarchy);
    this.#paths.set(id, [...others, { hierarchy, path }]);
  }
}

/** The id of the group at a path such as /sys/fs/cgroup/x; undefined where there is none. */
export function cgroupIdOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}

/** Groups between this one and the root of version 2's hierarchy, whose level is 0; undefined: it lies in no such hierarchy. */
export function cgroupLevelOf(path: string): number | undefined {
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return undefined;
  }
  const mounts = readHierarchies().filter(({ name }) => name === 'unified');
  const root = mounts.find(({ mountPoint }) => real === mountPoint || real.startsWith(`${mountPoint}/`));
  if (root === undefined) return undefined;
  return real
    .slice(root.mountPoint.length)
    .split('/')
    .filter((part) => part !== '').length;
}

function readHierarchies(): Hierarchy[] {
  try {
    return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return [];
  }
}

/** Mounts of control groups that show their hierarchy from its root. */
export function parseMountInfo(text: string): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ');
    const [, , , root, mountPoint] = (before ?? '').split(' ');
    const [type, , options] = (after ?? '').split(' ');
    if (root !== '/' || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue;
    const name = type === 'cgroup2' ? 'unified' : hierarchyName(options ?? '');
    if (!found.some((other) => other.name === name)) found.push({ name, mountPoint: unescapeOctal(mountPoint) });
  }
  return found;
}

function hierarchyName(options: string): string {
  const words = options
    .split(',')
    .filter((word) => !/^(rw|ro|xattr|noprefix|clone_children|release_agent=.*|seclabel|none)$/.test(word));
  const named = words.find((word) => word.startsWith('name='));
  return named === undefined ? words.join(',') : named.slice('name='.length);
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
