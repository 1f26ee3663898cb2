/** Expressions: which rule checks which. */
import { constantNamed } from '../../../abi/index.ts';
import type { Btf } from '../../../btf/index.ts';
import { inKernel, inModules } from '../../target.ts';
import type * as ast from '../../syntax/index.ts';
import type { Expression } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import { encodeText } from '../../source/index.ts';
import { commonType, findEnumerator, printType, withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import { findFunction, findValue, valueNames } from '../../builtins/index.ts';
import { checkAddressOf } from './addresses.ts';
import { callValue } from './calls.ts';
import { checkCast } from './casts.ts';
import type { Context } from '../state/context.ts';
import { checkDereference, checkField, checkIndex } from './fields.ts';
import { accessMap, joinCounter, readMap } from './maps.ts';
import type { MapExpression } from './maps.ts';
import { checkBinary, checkCondition, checkUnary, conditionOf } from './operators.ts';
import { checkOffsetof, checkSizeof, checkTypeinfo } from './operands.ts';
import { checkPositional } from './parameters.ts';
import { refuseInFunction } from '../scan/refusals.ts';
import { boolean, constant, convert, isConstant, isFolded, literal, record, text, tuple } from './values.ts';

export function checkExpression(context: Context, node: ast.Expression): Expression | undefined {
  switch (node.kind) {
    case 'integer':
      return literal(node.span, node.value);
    case 'string':
      return checkText(context, node);
    case 'boolean':
      return boolean(node.span, node.value);
    case 'positional':
      return checkPositional(context, node);
    case 'parameterCount':
      return literal(node.span, BigInt(context.script.options.positional.length));
    case 'variable':
      return readVariable(context, node);
    case 'map':
      return readMap(context, node);
    case 'identifier':
      return checkIdentifier(context, node);
    case 'call':
      return callValue(context, node);
    case 'unary':
      if (node.operator === '&') return checkAddressOf(context, node);
      return node.operator === '*' ? checkDereference(context, node) : checkUnary(context, node);
    case 'increment':
      return checkIncrement(context, node);
    case 'binary':
      return checkBinary(context, node);
    case 'conditional':
      return checkConditional(context, node);
    case 'cast':
      return checkCast(context, node);
    case 'field':
      return checkField(context, node);
    case 'index':
      return checkIndex(context, node);
    case 'tuple':
      return checkTuple(context, node);
    case 'record':
      return checkRecord(context, node);
    case 'ifExpression':
      return checkIfExpression(context, node);
    case 'blockExpression':
      return checkBlockValue(context, node.block, node.macro);
    case 'comptime':
      return checkComptime(context, node);
    case 'sizeof':
      return checkSizeof(context, node);
    case 'offsetof':
      return checkOffsetof(context, node);
    case 'typeinfo':
      return checkTypeinfo(context, node);
    case 'typeExpression':
      return context.error('type', node.span, 'A type stands here where a value is expected', {
        hints: ['sizeof(), typeof() and macros that use them take types.'],
      });
  }
}

function checkText(context: Context, node: ast.Expression & { readonly kind: 'string' }): Expression | undefined {
  const longest = context.script.config.maxStrlen - 1;
  const length = encodeText(node.value).length;
  if (length <= longest) return text(node.span, node.value);
  return context.error('string-length', node.span, `String is too long (over ${longest} bytes): ${length} bytes`, {
    hints: ['The config variable max_strlen sets the limit.'],
  });
}

// ---- names ----------------------------------------------------------------------------------------------

function readVariable(context: Context, node: ast.Expression & { readonly kind: 'variable' }): Expression | undefined {
  const symbol = context.program.scopes.symbols.get(node);
  if (symbol === undefined) return undefined;
  const type = context.typeOf(symbol);
  if (type === undefined) return undefined;
  return { kind: 'variable', span: node.span, type: withoutLiterals(type), variable: context.variable(symbol) };
}

function checkIdentifier(
  context: Context,
  node: ast.Expression & { readonly kind: 'identifier' },
): Expression | undefined {
  if (refuseInFunction(context, node.name, node.span)) return undefined;
  const builtin = findValue(node.name);
  if (builtin !== undefined) return builtin.value(context, node.span, node.name);
  const { c, target } = context.script;
  const find = (btf: Btf) => findEnumerator(btf, node.name);
  const enumerator = c?.enumerator(node.name) ?? inKernel(target, find);
  if (enumerator !== undefined) return constant(node.span, enumerator.type, enumerator.value);
  const known = constantNamed(node.name, target.architecture);
  if (known !== undefined) return literal(node.span, known);
  const ofModule = inModules(target, find);
  if (ofModule !== undefined) return constant(node.span, ofModule.type, ofModule.value);
  return context.error('unknown-identifier', node.span, `Unknown identifier: '${node.name}'`, {
    hints: hintsAtUnknown(node.name, c?.userNames()),
  });
}

function hintsAtUnknown(name: string, ofC: Iterable<string> = []): readonly string[] {
  if (/^null(?:ptr)?$/i.test(name)) return ['The null pointer is 0.'];
  if (findFunction(name) !== undefined) return [`Call it: ${name}().`];
  const near = nearest(name, [...valueNames(), ...ofC]);
  return near === undefined ? [] : [`Did you mean ${near}?`];
}

// ---- ++ and -- ------------------------------------------------------------------------------------------

function checkIncrement(
  context: Context,
  node: ast.Expression & { readonly kind: 'increment' },
): Expression | undefined {
  const { operand, span, prefix } = node;
  const by = node.operator === '++' ? 1n : -1n;
  if (operand.kind === 'map') return incrementMap(context, operand, { span, prefix, by });
  if (operand.kind !== 'variable')
    return context.error('syntax', span, `The ${node.operator} operator must be applied to a map or variable`);
  const symbol = context.program.scopes.symbols.get(operand);
  const known = symbol === undefined ? undefined : context.typeOf(symbol);
  if (symbol === undefined || known === undefined) return undefined;
  if (known.kind !== 'integer') {
    return context.error(
      'operator',
      span,
      `The ${node.operator} operator can not be used on expressions of type ${printType(known)}`,
    );
  }
  const result: Type = { kind: 'integer', size: 8, signed: by === -1n || known.signed };
  // A declared type doesn't widen.
  if (symbol.type === undefined) context.script.joinVariable(context.program, symbol, result);
  const type = withoutLiterals(context.program.variableTypes.get(symbol) ?? known);
  return {
    kind: 'increment',
    span,
    type,
    target: { kind: 'variable', variable: context.variable(symbol) },
    by,
    prefix,
  };
}

function incrementMap(
  context: Context,
  operand: MapExpression,
  rest: { span: ast.Expression['span']; prefix: boolean; by: 1n | -1n },
): Expression | undefined {
  const access = accessMap(context, operand);
  const type = access === undefined ? undefined : joinCounter(context, access, rest.by === -1n, rest.span);
  if (access === undefined || type === undefined) return undefined;
  return { kind: 'increment', ...rest, type, target: { kind: 'map', map: access.map.node, key: access.key } };
}

// ---- ?:, if, blocks ---------------------------------------------------------------------------------------

function checkConditional(
  context: Context,
  node: ast.Expression & { readonly kind: 'conditional' },
): Expression | undefined {
  if (node.then === undefined) return checkElvis(context, node);
  const condition = checkCondition(context, node.condition, node.span);
  const then = context.expression(node.then);
  const otherwise = context.expression(node.else);
  if (condition === undefined || then === undefined || otherwise === undefined) return undefined;
  return choose(context, node.span, condition, then, otherwise);
}

/** `a ?: b` evaluates `a` once. */
function checkElvis(context: Context, node: ast.Expression & { readonly kind: 'conditional' }): Expression | undefined {
  const first = context.expression(node.condition);
  const otherwise = context.expression(node.else);
  if (first === undefined || otherwise === undefined) return undefined;
  if (isConstant(first)) {
    const condition = conditionOf(context, first, node.span);
    return condition === undefined ? undefined : choose(context, node.span, condition, first, otherwise);
  }
  const variable = context.temporary(withoutLiterals(first.type));
  const value: Expression = { kind: 'variable', span: first.span, type: variable.type, variable };
  const condition = conditionOf(context, value, node.span);
  const chosen = condition === undefined ? undefined : choose(context, node.span, condition, value, otherwise);
  if (chosen === undefined) return undefined;
  const statements = [{ kind: 'assignVariable', span: first.span, variable, value: first }] as const;
  return { kind: 'sequence', span: node.span, type: chosen.type, statements, value: chosen };
}

function choose(
  context: Context,
  span: ast.Expression['span'],
  condition: Expression,
  then: Expression,
  otherwise: Expression,
): Expression | undefined {
  const type = commonType(then.type, otherwise.type);
  if (type === undefined) {
    const types = `have '${printType(then.type)}' and '${printType(otherwise.type)}'`;
    return context.error('branches', span, `Branches must return the same type or compatible types: ${types}`);
  }
  if (isConstant(condition)) {
    const chosen = condition.value === 0n ? otherwise : then;
    return isConstant(chosen) ? { ...chosen, span } : convert(chosen, type);
  }
  const plain = withoutLiterals(type);
  return {
    kind: 'conditional',
    span,
    type: plain,
    condition,
    then: convert(then, plain),
    else: convert(otherwise, plain),
  };
}

function checkIfExpression(
  context: Context,
  node: ast.Expression & { readonly kind: 'ifExpression' },
): Expression | undefined {
  const condition = checkCondition(context, node.condition, node.span);
  if (node.comptime && condition !== undefined) {
    if (!isConstant(condition))
      return context.error('comptime', node.condition.span, 'Unable to evaluate at compile time.');
    const branch = context.liveBranch(node, condition.value !== 0n);
    return branch === undefined ? withoutValue(context, node.span) : checkBlockValue(context, branch);
  }
  if (node.else === undefined) return withoutValue(context, node.span);
  const then = checkBlockValue(context, node.then);
  const otherwise = checkBlockValue(context, node.else);
  if (condition === undefined || then === undefined || otherwise === undefined) return undefined;
  return choose(context, node.span, condition, then, otherwise);
}

function withoutValue(context: Context, span: ast.Expression['span']): undefined {
  return context.error(
    'no-value',
    span,
    'This block has no value: its last expression must stand without a semicolon, and an if needs an else.',
  );
}

/** `macro`: the block is that macro's. */
function checkBlockValue(context: Context, block: ast.Block, macro?: string): Expression | undefined {
  if (block.value === undefined && macro !== undefined) {
    const call = block.span.expandedFrom ?? block.span;
    return context.error('no-value', call, `Macro ${macro} has no value: it can only be used as a statement`);
  }
  if (block.value === undefined) return withoutValue(context, block.span);
  const statements = context.block({ ...block, value: undefined });
  const value = context.expression(block.value);
  if (value === undefined || statements.length === 0) return value;
  return {
    kind: 'sequence',
    span: block.span,
    type: withoutLiterals(value.type),
    statements,
    value: convert(value, value.type),
  };
}

// ---- the rest -----------------------------------------------------------------------------------------------

function checkTuple(context: Context, node: ast.Expression & { readonly kind: 'tuple' }): Expression | undefined {
  const elements = node.elements.map((element) => context.expression(element));
  return elements.every((element) => element !== undefined) ? tuple(node.span, elements) : undefined;
}

function checkRecord(context: Context, node: ast.Expression & { readonly kind: 'record' }): Expression | undefined {
  const members = node.members.map((member) => ({
    name: member.name,
    value: context.expression(member.value),
    span: member.span,
  }));
  const seen = new Set<string>();
  for (const { name, span } of members) {
    if (seen.has(name)) return context.error('syntax', span, `Record has two members named '${name}'`);
    seen.add(name);
  }
  const complete = members.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
  return complete.length === members.length ? record(node.span, complete) : undefined;
}

function checkComptime(context: Context, node: ast.Expression & { readonly kind: 'comptime' }): Expression | undefined {
  const value = context.expression(node.operand);
  if (value === undefined || isFolded(value)) return value;
  return context.error('comptime', node.span, 'Unable to evaluate at compile time.');
}
