/** Processor architectures whose ABI is known, by the kernel's names. */
export type Architecture = 'x86_64' | 'arm64';

export const architectures: readonly Architecture[] = ['x86_64', 'arm64'];

/** From Node's `process.arch` (`x64`) or the machine field of uname(2) (`aarch64`); undefined when not supported. */
export function architectureOf(name: string): Architecture | undefined {
  switch (name) {
    case 'x64':
    case 'amd64':
    case 'x86_64':
      return 'x86_64';
    case 'arm64':
    case 'aarch64':
      return 'arm64';
    default:
      return undefined;
  }
}
