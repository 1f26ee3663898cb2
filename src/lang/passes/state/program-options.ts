/** Named options of a script: declared by getopt(), given after `--` on the command line (spec T-73, F-60). */
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import { readOutsideInteger } from '../../syntax/index.ts';
import type { Expression, Script } from '../../syntax/index.ts';
import { allNodes, type AnyNode } from '../scan/walk.ts';

export interface ProgramOption {
  readonly name: string;
  /** The value where the option isn't given; its type is the option's. */
  readonly standard: bigint | string | boolean;
  /** Empty: none. */
  readonly help: string;
  readonly span: Span;
}

/** What was given, by name without dashes; undefined: without a value. */
export type NamedOptions = ReadonlyMap<string, string | undefined>;

export function readOption(
  { name, standard }: ProgramOption,
  given: NamedOptions,
): { readonly value: ProgramOption['standard'] } | { readonly error: string } {
  if (!given.has(name)) return { value: standard };
  const text = given.get(name);
  if (typeof standard === 'boolean') return text === undefined ? { value: true } : readBoolean(name, text);
  if (text === undefined) return { error: `program command line option --${name} requires a value: --${name}=…` };
  if (typeof standard === 'string') return { value: text };
  const value = readOutsideInteger(text);
  return value === undefined ? invalid(name, 'integer', text) : { value };
}

function readBoolean(name: string, text: string): { readonly value: boolean } | { readonly error: string } {
  return text === 'true' || text === 'false' ? { value: text === 'true' } : invalid(name, 'boolean', text);
}

function invalid(name: string, type: string, text: string): { readonly error: string } {
  return { error: `program command line option --${name} invalid ${type} (value: ${text})` };
}

/**
 * Options that calls in dead branches declare: the command line may give them, and `--help` lists them, in the order of
 * the script. Only those whose arguments are plain literals are seen.
 */
export function findOptions(script: Script): Map<string, ProgramOption> {
  const found = new Map<string, ProgramOption>();
  for (const item of script.items) {
    for (const node of allNodes(item)) {
      const option = isCall(node) && node.name === 'getopt' ? writtenOption(node) : undefined;
      if (option !== undefined && !found.has(option.name)) found.set(option.name, option);
    }
  }
  return found;
}

type Call = Expression & { readonly kind: 'call' };

function isCall(node: AnyNode): node is Call {
  return node.kind === 'call';
}

function writtenOption({ arguments: [name, standard, help], span }: Call): ProgramOption | undefined {
  const value = standard === undefined ? false : writtenLiteral(standard);
  if (name?.kind !== 'string' || value === undefined) return undefined;
  return { name: name.value, standard: value, help: help?.kind === 'string' ? help.value : '', span };
}

function writtenLiteral(node: Expression): ProgramOption['standard'] | undefined {
  if (node.kind === 'integer' || node.kind === 'string' || node.kind === 'boolean') return node.value;
  return node.kind === 'unary' && node.operator === '-' && node.operand.kind === 'integer'
    ? -node.operand.value
    : undefined;
}

/** Options that were given but that no getopt() asks for. `--help` asks for the list itself. */
export function unknownOptions(
  declared: ReadonlyMap<string, ProgramOption>,
  given: NamedOptions,
): readonly Diagnostic[] {
  const unknown = [...given.keys()].filter((name) => !declared.has(name) && name !== 'help').map((name) => `--${name}`);
  if (unknown.length === 0) return [];
  const listing = describeOptions(declared).join('\n');
  return [
    {
      severity: 'error',
      code: 'program-option',
      span: undefined,
      message: `unexpected program command line options: ${unknown.join(', ')}`,
      hints: [declared.size === 0 ? 'this program has no options.' : `expected program options:\n${listing}`],
    },
  ];
}

/** One line for each option, in the order of the script. */
export function describeOptions(declared: ReadonlyMap<string, ProgramOption>): readonly string[] {
  return [...declared.values()].map(({ name, help }) => (help === '' ? `--${name}` : `--${name}: ${help}`));
}
