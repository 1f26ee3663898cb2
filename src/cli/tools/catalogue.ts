/** The shipped tools: files in `tools/`, found by their names. What is said of them stands in their own first comment. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';

export interface Tool {
  readonly name: string;
  readonly path: string;
  /** `ts`: a module that makes the script from the command line. */
  readonly kind: 'bt' | 'ts';
}

export interface Header {
  /** What part of the system it looks at: `files`, `processes` … */
  readonly area: string;
  /** What it shows, in one line. */
  readonly line: string;
  /** The rest of the comment. */
  readonly more: string;
}

/** Undefined: there is none of that name. */
export function findTool(name: string): Tool | undefined {
  if (!/^[a-z][\w-]*$/.test(name)) return undefined;
  for (const kind of ['bt', 'ts'] as const) {
    const path = join(folder(), `${name}.${kind}`);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return { name, path, kind };
  }
  return undefined;
}

/** All of them, by name. */
export function listTools(): readonly Tool[] {
  let files: string[];
  try {
    files = readdirSync(folder());
  } catch {
    return [];
  }
  const tools = files.flatMap((file) => {
    const [, name, kind] = /^([a-z][\w-]*)\.(bt|ts)$/.exec(file) ?? [];
    return name === undefined ? [] : [{ name, kind: kind as Tool['kind'], path: join(folder(), file) }];
  });
  return tools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The comment that a tool begins with: `// AREA: LINE`, then lines of more. Throws an Error where there is none, which a
 * test looks for.
 */
export function readHeader(tool: Tool): Header {
  const lines = readFileSync(tool.path, 'utf8').split('\n');
  if (lines[0]?.startsWith('#!') === true) lines.shift();
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const comment = lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ''));
  const [, area, line] = /^([a-z][a-z ]*): (.+)$/.exec(comment[0] ?? '') ?? [];
  if (area === undefined || line === undefined) throw new Error(`${tool.path} begins with no '// AREA: LINE'`);
  return { area, line, more: comment.slice(1).join('\n').trim() };
}

/** Text of the tool: what `tools show` prints. */
export const readTool = (tool: Tool): string => readFileSync(tool.path, 'utf8');

const folder = (): string => join(packageRoot(), 'tools');
