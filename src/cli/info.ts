/** --info: what this machine and this build can do, from trying. */
import { type Inventory, type InventoryEntry, kernelRelease, kernelVersion, takeInventory } from '../kernel/index.ts';
import type { Personality } from './personality.ts';
import { version } from './version.ts';

const COLUMN = 33;

/** Of this build: there is no other. */
const BUILD: readonly InventoryEntry[] = [
  { name: 'bfd', value: false },
  { name: 'libdw (DWARF support)', value: false },
  { name: 'libsystemd (systemd notify support)', value: true },
  { name: 'blazesym (advanced symbolization)', value: false },
  { name: 'dwunwind (DWARF stack unwinding)', value: false },
  { name: 'bcc library path resolution', value: true },
];

export function info(personality: Personality): string {
  const inventory = takeInventory();
  const groups = [group('System', system()), group('Build', build()), ...kernelGroups(inventory, personality)];
  return `${groups.join('\n')}`;
}

function system(): string[] {
  return [`OS: Linux ${kernelRelease()} ${kernelVersion()}`, `Arch: ${ARCHITECTURES[process.arch] ?? process.arch}`];
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

function build(): string[] {
  return [`version: v${version()}`, 'LLVM: none, compiles without it', ...BUILD.map(line)];
}

/** As bpftrace one a line: programs that wrap it look for `name: yes`. */
function kernelGroups(inventory: Inventory, personality: Personality): string[] {
  const shape = personality === 'bpftrace' ? group : twoColumns;
  return [
    shape('Kernel helpers', inventory.helpers.map(line)),
    shape('Kernel features', inventory.features.map(line)),
    shape('Map types', inventory.maps.map(line)),
    shape('Probe types', inventory.probes.map(line)),
    ...(personality === 'bpftrace' ? [] : [shape('By name, for --no-feature', inventory.named.map(line))]),
  ];
}

function line({ name, value }: InventoryEntry): string {
  return `${name}: ${value === true ? 'yes' : value === false ? 'no' : value}`;
}

function group(head: string, lines: readonly string[]): string {
  return `${head}\n${lines.map((each) => `  ${each}\n`).join('')}`;
}

function twoColumns(head: string, entries: readonly string[]): string {
  const rows = entries.flatMap((entry, index) => {
    const next = entries[index + 1];
    if (index % 2 === 1) return [];
    return [next === undefined ? entry : `${entry.padEnd(COLUMN - 1)} ${next}`];
  });
  return group(head, rows);
}
