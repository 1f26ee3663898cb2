/** The tree as text: for people (`-d ast`) and for golden files. Spans are left out, so that moved text prints the same. */
import type { AttachPointText, Block, Expression, Item, Range, Script, Statement, TypeSyntax } from './ast.ts';

interface Tree {
  readonly label: string;
  readonly children: readonly Tree[];
}

/** One node per line, children indented by two blanks. Ends with a newline. */
export function printAst(script: Script): string {
  const lines: string[] = [];
  printIndented(scriptTree(script), 0, lines);
  return `${lines.join('\n')}\n`;
}

/** The same on one line per item: `(probe begin (block (call print 1)))`. */
export function printAstInline(script: Script): string {
  return scriptTree(script).children.map(printInline).join('\n');
}

export function printType(type: TypeSyntax): string {
  switch (type.kind) {
    case 'named':
      return type.name;
    case 'tagged':
      return `${type.tag} ${type.name}`;
    case 'pointer':
      return `${printType(type.to)}*`;
    case 'array':
      return `${printType(type.element)}[${type.count}]`;
    case 'tuple':
      return `(${type.elements.map(printType).join(', ')})`;
    case 'typeof':
      return `typeof(${printInline(operandTree(type.operand))})`;
  }
}

function printIndented(tree: Tree, depth: number, lines: string[]): void {
  lines.push('  '.repeat(depth) + tree.label);
  for (const child of tree.children) printIndented(child, depth + 1, lines);
}

function printInline(tree: Tree): string {
  if (tree.children.length === 0) return tree.label;
  return `(${[tree.label, ...tree.children.map(printInline)].join(' ')})`;
}

function tree(label: string, ...children: readonly Tree[]): Tree {
  return { label, children };
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function scriptTree(script: Script): Tree {
  const { declarations, config, imports, items } = script;
  return tree(
    'script',
    ...declarations.map(({ kind, text }) => tree(`${kind} ${quote(text)}`)),
    ...(config === undefined
      ? []
      : [tree('config', ...config.settings.map(({ key, value }) => tree(`${key} = ${settingText(value)}`)))]),
    ...imports.map(({ path }) => tree(`import ${quote(path)}`)),
    ...items.map(itemTree),
  );
}

function settingText(value: NonNullable<Script['config']>['settings'][number]['value']): string {
  if (value.kind === 'integer') return String(value.value);
  return value.kind === 'string' ? quote(value.text) : value.text;
}

function itemTree(item: Item): Tree {
  switch (item.kind) {
    case 'probe': {
      const predicate = item.predicate === undefined ? [] : [tree('predicate', expressionTree(item.predicate))];
      return tree(`probe ${item.points.map(pointText).join(', ')}`, ...predicate, ...blockTrees(item.body));
    }
    case 'macro':
      return tree(
        `macro ${item.name}(${item.parameters.map(({ name }) => name).join(', ')})`,
        ...blockTrees(item.body),
      );
    case 'function': {
      const parameters = item.parameters.map(({ name, type }) => `${name} : ${printType(type)}`).join(', ');
      return tree(`fn ${item.name}(${parameters}) : ${printType(item.returnType)}`, ...blockTrees(item.body));
    }
    case 'mapDeclaration':
      return tree(`let ${item.map} = ${item.type}(${item.maxEntries})`);
  }
}

function pointText(point: AttachPointText): string {
  return point.name === undefined ? point.text : `${point.name}=${point.text}`;
}

function blockTrees(block: Block): Tree[] {
  const statements = block.statements.map(statementTree);
  return block.value === undefined ? statements : [...statements, tree('value', expressionTree(block.value))];
}

function blockTree(label: string, block: Block): Tree {
  return tree(label, ...blockTrees(block));
}

function statementTree(statement: Statement): Tree {
  switch (statement.kind) {
    case 'expressionStatement':
      return expressionTree(statement.expression);
    case 'assign':
      return tree(statement.operator, expressionTree(statement.target), expressionTree(statement.value));
    case 'discard':
      return tree('discard', expressionTree(statement.value));
    case 'let': {
      const type = statement.type === undefined ? '' : ` : ${printType(statement.type)}`;
      return tree(`let ${statement.name}${type}`, ...optional(statement.value));
    }
    case 'if':
      return ifTree(statement);
    case 'while':
      return tree('while', expressionTree(statement.condition), blockTree('do', statement.body));
    case 'for':
      return tree(`for ${statement.variable}`, iterableTree(statement.over), blockTree('do', statement.body));
    case 'unroll':
      return tree('unroll', expressionTree(statement.count), blockTree('do', statement.body));
    case 'block':
      return blockTree('block', statement);
    case 'break':
    case 'continue':
      return tree(statement.kind);
    case 'return':
      return tree('return', ...optional(statement.value));
    case 'importStatement':
      return tree(`import ${quote(statement.path)}`);
  }
}

function optional(expression: Expression | undefined): Tree[] {
  return expression === undefined ? [] : [expressionTree(expression)];
}

function ifTree(node: { comptime: boolean; condition: Expression; then: Block; else: Block | undefined }): Tree {
  const otherwise = node.else === undefined ? [] : [blockTree('else', node.else)];
  return tree(
    node.comptime ? 'if comptime' : 'if',
    expressionTree(node.condition),
    blockTree('then', node.then),
    ...otherwise,
  );
}

function iterableTree(over: Expression | Range): Tree {
  return over.kind === 'range' ? tree('..', expressionTree(over.from), expressionTree(over.to)) : expressionTree(over);
}

/** Operand of sizeof and its like. A tuple is an expression there: see the tree's definition. */
function operandTree(operand: TypeSyntax | Expression): Tree {
  switch (operand.kind) {
    case 'named':
    case 'tagged':
    case 'pointer':
    case 'array':
    case 'typeof':
      return tree(`type ${printType(operand)}`);
    default:
      return expressionTree(operand as Expression);
  }
}

function expressionTree(node: Expression): Tree {
  switch (node.kind) {
    case 'integer':
      return tree(String(node.value));
    case 'string':
      return tree(quote(node.value));
    case 'boolean':
      return tree(String(node.value));
    case 'positional':
      return tree(`$${node.index}`);
    case 'parameterCount':
      return tree('$#');
    case 'variable':
    case 'identifier':
      return tree(node.name);
    case 'map':
      return node.key === undefined ? tree(node.name) : tree(`${node.name}[]`, ...node.key.map(expressionTree));
    case 'call':
      return tree(`call ${node.name}`, ...node.arguments.map(expressionTree));
    case 'unary':
      return tree(node.operator, expressionTree(node.operand));
    case 'increment':
      return tree(node.prefix ? `${node.operator}x` : `x${node.operator}`, expressionTree(node.operand));
    case 'binary':
      return tree(node.operator, expressionTree(node.left), expressionTree(node.right));
    case 'conditional':
      return tree('?:', expressionTree(node.condition), ...optional(node.then), expressionTree(node.else));
    case 'cast':
      return tree(`cast ${printType(node.type)}`, expressionTree(node.operand));
    case 'field':
      return tree(`${node.arrow ? '->' : '.'}${node.name}`, expressionTree(node.operand));
    case 'index':
      return tree('[]', expressionTree(node.operand), expressionTree(node.index));
    case 'tuple':
      return tree('tuple', ...node.elements.map(expressionTree));
    case 'record':
      return tree('record', ...node.members.map(({ name, value }) => tree(`.${name} =`, expressionTree(value))));
    case 'ifExpression':
      return ifTree(node);
    case 'blockExpression':
      return blockTree('block', node.block);
    case 'comptime':
      return tree('comptime', expressionTree(node.operand));
    case 'typeExpression':
      return tree(`type ${printType(node.type)}`);
    case 'sizeof':
    case 'typeinfo':
      return tree(node.kind, operandTree(node.operand));
    case 'offsetof':
      return tree(`offsetof .${node.path.join('.')}`, operandTree(node.operand));
  }
}
