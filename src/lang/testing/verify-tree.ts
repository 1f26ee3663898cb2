/** Holds a checked tree against the promises that its types make in comments. Gives what is broken. */
import { printExpression, printStatement } from '../checked/index.ts';
import type { CheckedScript, Expression, ScriptMap, Statement } from '../checked/index.ts';
import { isWord, printType, sameType, sizeOf } from '../types/index.ts';
import type { Type } from '../types/index.ts';

export function brokenPromises(script: CheckedScript): readonly string[] {
  const broken: string[] = [];
  const maps = new Set<ScriptMap>(script.maps);
  const names = script.programs.map((program) => program.name);
  if (new Set(names).size !== names.length || names.some((name) => !/^[A-Za-z0-9_]+$/.test(name)))
    broken.push(`program names: ${names.join(' ')}`);
  for (const fn of script.functions)
    for (const node of fn.body) visit(node, (found) => broken.push(...problems(found, maps)));
  for (const program of script.programs) {
    const roots = program.predicate === undefined ? [] : [program.predicate];
    for (const node of [...roots, ...program.body]) visit(node, (found) => broken.push(...problems(found, maps)));
  }
  return broken;
}

type AnyNode = Expression | Statement;

function visit(node: object, report: (node: AnyNode) => void): void {
  if ('kind' in node && 'span' in node) report(node as AnyNode);
  for (const [key, value] of Object.entries(node)) {
    if (
      key === 'type' ||
      key === 'variable' ||
      key === 'map' ||
      key === 'access' ||
      typeof value !== 'object' ||
      value === null
    )
      continue;
    visit(value, report);
  }
}

function problems(node: AnyNode, maps: ReadonlySet<ScriptMap>): string[] {
  const found: string[] = [];
  const expect = (holds: boolean, promise: string) => {
    if (!holds)
      found.push(`${promise}: ${'type' in node ? printExpression(node) : printStatement(node, '').trimEnd()}`);
  };
  if ('map' in node) expect(maps.has(node.map), 'a map of the script');
  switch (node.kind) {
    case 'constant':
      expect(isWord(node.type), 'a word');
      expect(inRange(node.value, node.type), 'in range of its type');
      break;
    case 'string':
      expect(
        node.type.kind === 'string' && new TextEncoder().encode(node.value).length < node.type.size,
        'room for the text and its NUL',
      );
      break;
    case 'assignVariable':
      expect(sameType(node.value.type, node.variable.type), `type of the variable, ${printType(node.variable.type)}`);
      break;
    case 'assignMap':
      expect(
        node.map.value.kind === 'value' && sameType(node.value.type, node.map.value.type),
        'value type of the map',
      );
      expect(keyFits(node.map, node.key), 'key type of the map');
      break;
    case 'aggregate':
      // A statement (of a map) or an expression (a tuple).
      if ('members' in node) break;
      expect(node.value === undefined || isInt64(node.value.type), '64-bit value');
      expect(keyFits(node.map, node.key), 'key type of the map');
      break;
    case 'mapRead':
    case 'aggregationRead':
    case 'mapDelete':
    case 'mapHasKey':
      expect(keyFits(node.map, node.key), 'key type of the map');
      break;
    case 'arithmetic':
      expect(
        [node.left, node.right].every(({ type }) => isInt64(type) || type.kind === 'pointer'),
        '64-bit operands',
      );
      break;
    case 'compare':
      expect(
        isWord(node.left.type) &&
          isWord(node.right.type) &&
          sizeOf(node.left.type) === 8 &&
          sizeOf(node.right.type) === 8,
        '64-bit words',
      );
      break;
    case 'logical':
      expect(node.left.type.kind === 'bool' && node.right.type.kind === 'bool', 'bool operands');
      break;
    case 'if':
    case 'while':
      expect(node.condition.type.kind === 'bool', 'a bool as condition');
      break;
    case 'conditional':
      expect(node.condition.type.kind === 'bool', 'a bool as condition');
      expect(sameType(node.then.type, node.type) && sameType(node.else.type, node.type), 'branches of its type');
      break;
    case 'sequence':
      expect(sameType(node.value.type, node.type), 'the type of its value');
      break;
    case 'read':
      expect(isWord(node.address.type), 'an address');
      break;
    case 'element':
      expect(isInt64(node.index.type), '64-bit index');
      break;
  }
  return found;
}

function isInt64(type: Type): boolean {
  return type.kind === 'integer' && type.size === 8;
}

function keyFits(map: ScriptMap, key: Expression | undefined): boolean {
  if (map.key === undefined || key === undefined) return map.key === undefined && key === undefined;
  return sameType(map.key, key.type);
}

function inRange(value: bigint, type: Type): boolean {
  switch (type.kind) {
    case 'integer':
    case 'enum':
      return value === (type.signed ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value));
    case 'bool':
      return value === 0n || value === 1n;
    default:
      return value === BigInt.asUintN(64, value);
  }
}
