import { readFileSync } from 'node:fs';

/** Names of the loaded kernel modules, sorted; none where the kernel has no modules. */
export function loadedModules(): string[] {
  try {
    return parseModules(readFileSync('/proc/modules', 'latin1'));
  } catch {
    return [];
  }
}

/** Text of the form of /proc/modules: a line begins with the module's name. */
export function parseModules(text: string): string[] {
  const names = text.split('\n').map((line) => line.split(' ', 1)[0]!);
  return names.filter((name) => name !== '').sort();
}
