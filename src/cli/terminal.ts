import { fstatSync } from 'node:fs';

/** Device number of /dev/null. */
const NULL_DEVICE = 0x103;

/** Is the descriptor a terminal? Node's own look loads sockets and streams: only what may be one gets it. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev !== NULL_DEVICE && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false; // closed
  }
}

/**
 * Text for a terminal in which names from files stand: what could steer the terminal is shown as `\x1b`. Line ends and tabs stay,
 * and with `keepColours` colours, which messages have of their own.
 */
export function harmless(text: string, { keepColours = false } = {}): string {
  if (!keepColours) return escaped(text);
  // oxlint-disable-next-line no-control-regex
  const parts = text.split(/(\u001b\[\d*m)/);
  return parts.map((part, index) => (index % 2 === 1 ? part : escaped(part))).join('');
}

const escaped = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
