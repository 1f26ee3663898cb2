/** --opt: which optimizations a compile goes without. */
import { type Off, type Optimization, optimizations } from '../lang/index.ts';
import { UsageError } from './arguments.ts';

/** In their order: `none`, `all`, `-NAME` and `+NAME`. Throws UsageError. */
export function parseOptimizations(texts: readonly string[]): Off {
  const off = new Set<Optimization>();
  for (const word of texts.flatMap((text) => text.split(','))) {
    if (word === 'all') off.clear();
    else if (word === 'none') for (const { name } of optimizations) off.add(name);
    else if (word.startsWith('+')) off.delete(named(word));
    else if (word.startsWith('-')) off.add(named(word));
    else throw unknown(word);
  }
  return off;
}

function named(word: string): Optimization {
  const found = optimizations.find(({ name }) => name === word.slice(1));
  if (found === undefined) throw unknown(word);
  return found.name;
}

function unknown(word: string): UsageError {
  const names = optimizations.map(({ name }) => name).join(', ');
  return new UsageError(
    `Invalid optimization '${word}' for --opt: valid are 'all', 'none', and -NAME or +NAME, where NAME is one of ${names}`,
  );
}

const WIDTH = 79;

/** --opt=help. */
export function describeOptimizations(): string {
  return optimizations.map(({ name, text }) => `${name}\n${wrap(text)}\n`).join('');
}

function wrap(text: string): string {
  const lines = ['   '];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + 1 + word.length > WIDTH) lines.push('   ');
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.join('\n');
}
