/**
 * Texts beside the shipped tools. `node gen/tools.ts` writes tools/README.md from the tools' own headers and from their
 * tests; `node gen/tools.ts examples` first runs those tests, on this machine and in a guest, and writes what the tools
 * printed to tools/NAME_example.txt. `node gen/tools.ts examples LOG…` takes the output of such runs instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listTools, readHeader } from '../src/cli/tools/catalogue.ts';

const root = join(import.meta.dirname, '..');
process.argv[1] = join(root, 'bin/entry.cjs'); // where the package is found by
const testFiles = globSync('test/tools/*.test.ts', { cwd: root }).sort();

interface Tested {
  readonly file: string;
  readonly where: 'host' | 'guest';
  /** Why it is only loaded. */
  readonly reason: string | undefined;
}

/** The test of each tool that says most: one that exercises it, and of those one on the host. */
function readTests(): Map<string, Tested> {
  const found = new Map<string, Tested>();
  for (const file of testFiles) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, kind, body] of text.matchAll(/(tool|load)Test\(\{([^]*?)\}\);/g)) {
      const tool = /tool: '([\w-]+)'/.exec(body!)![1]!;
      const where = body!.includes("needs: '") ? 'guest' : 'host';
      const reason = kind === 'load' ? /reason: ['"`](.*?)['"`]\s*(?:,|$)/m.exec(body!)?.[1] : undefined;
      const before = found.get(tool);
      const isBetter = before?.reason !== undefined || (where === 'host' && before?.where === 'guest');
      if (before === undefined || (reason === undefined && isBetter)) found.set(tool, { file, where, reason });
    }
  }
  return found;
}

/** The text of tools/README.md. */
export function readme(): string {
  const tests = readTests();
  const tools = listTools().map((tool) => ({ ...tool, ...readHeader(tool) }));
  const areas = Map.groupBy(tools, ({ area }) => area);
  const parts = [...areas.keys()].toSorted().map((area) => {
    const rows = areas.get(area)!.map(({ name, kind, line }) => {
      const example = existsSync(join(root, `tools/${name}_example.txt`)) ? `[example](${name}_example.txt)` : '';
      return `| [${name}](${name}.${kind}) | ${line.replaceAll('|', '\\|')} | ${describe(tests.get(name))} | ${example} |`;
    });
    return `## ${area}\n\n| tool | shows | tested | |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Tools

${tools.length} ready-made tools: \`sonde NAME\` runs one, \`sonde NAME --help\` says which options it takes, \`sonde tools show NAME\`
prints its script, which is a good start for one of your own. \`sonde top NAME\` is a live table; with \`--json\` rows are records with
the names of their columns. The tests start a workload that is made for the tool and look for its
line: on this machine's kernel (host), or for what this machine lacks or must not suffer under Debian's 6.12 (guest). This file is made by \`gen/tools.ts\`.

${parts.join('\n')}`;
}

function describe(tested: Tested | undefined): string {
  if (tested === undefined) return 'not yet';
  return tested.reason === undefined ? tested.where : `loads (${tested.where}), not exercised: ${tested.reason}`;
}

function writeExamples(logs: readonly string[]): void {
  const texts = logs.length > 0 ? logs.map((log) => readFileSync(log, 'utf8')) : [runTests()];
  const examples = new Map<string, Set<string>>();
  for (const [, json] of texts.join('\n').matchAll(/^EXAMPLE (.*)$/gm)) {
    const { tool, text } = JSON.parse(json!) as { tool: string; text: string };
    examples.set(tool, (examples.get(tool) ?? new Set()).add(shorten(text)));
  }
  for (const [tool, parts] of examples)
    writeFileSync(join(root, `tools/${tool}_example.txt`), `Examples of sonde ${tool}\n\n${[...parts].join('\n\n')}`);
}

/** Of a long output the beginning and the end. */
function shorten(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.length <= 60 ? lines.join('\n') : [...lines.slice(0, 40), '[...]', ...lines.slice(-16)].join('\n');
}

function runTests(): string {
  const node = ['--test', '--test-isolation=none', '--test-concurrency=1', '--test-reporter=dot'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  const environment = { ...process.env, SONDE_EXAMPLES: '1' };
  const host = spawnSync('node', [...node, ...testFiles], { ...options, env: environment });
  const guest = spawnSync('node', ['--test', 'test/kernels/tools.test.ts'], { ...options, env: environment });
  return `${host.stdout}\n${guest.stdout}`;
}

if (import.meta.main) {
  const [, , verb, ...logs] = process.argv;
  if (verb === 'examples') writeExamples(logs);
  writeFileSync(join(root, 'tools/README.md'), readme());
}
