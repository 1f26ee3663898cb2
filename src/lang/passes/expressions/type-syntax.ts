/** Types as written -> types: the language's own names, C's, and the kernel's from BTF. */
import type { Btf } from '../../../btf/index.ts';
import { inKernel, inModules } from '../../target.ts';
import type * as ast from '../../syntax/index.ts';
import { findNamedType, findTaggedType, withoutLiterals } from '../../types/index.ts';
import type { IntegerType, Type } from '../../types/index.ts';
import { allNodes } from '../scan/walk.ts';
import type { Context } from '../state/context.ts';
import { type MapExpression, wholeMap } from './maps.ts';

const C_INTEGERS: Readonly<Record<string, readonly [IntegerType['size'], boolean]>> = {
  char: [1, true],
  short: [2, true],
  int: [4, true],
  long: [8, true],
  'long long': [8, true],
};

/** A hint. */
export const NO_BTF = 'This kernel gives no BTF, so its types are not known.';

/** Frames of a stack that says nothing else. */
const STACK_LIMIT = 127;
const AGGREGATION = /^(?:count|u?sum|u?min|u?max|u?avg|u?stats|hist|lhist|tseries)_t$/;

/** A hint. */
const NOT_DEFINED = "Neither the script nor the kernel's BTF defines it: include its header, or define it.";

/** A plain name that every script knows; undefined: none. */
export function namedType(context: Context, name: string): Type | undefined {
  const sized = /^(u?)int(8|16|32|64)$/.exec(name);
  if (sized !== null)
    return { kind: 'integer', size: (Number(sized[2]) / 8) as IntegerType['size'], signed: sized[1] === '' };
  switch (name) {
    case 'bool':
    case 'void':
      return { kind: name };
    case 'string':
    case 'buffer':
      return { kind: name, size: context.script.config.maxStrlen };
    case 'inet':
      return { kind: 'inet' };
    case 'macaddr_t':
      return { kind: 'macaddr' };
    case 'kstack_t':
    case 'ustack_t': {
      const space = name === 'kstack_t' ? 'kernel' : 'user';
      return { kind: 'stack', space, mode: context.script.config.stackMode, limit: STACK_LIMIT };
    }
    case 'ksym_t':
      return { kind: 'ksym' };
    case 'usym_t':
      return { kind: 'usym' };
    case 'cgroup_path_t':
      return { kind: 'cgroupPath', filter: '*' };
    case 'username_t':
      return { kind: 'username' };
    default:
      return cInteger(name) ?? context.script.c?.named(name) ?? kernelType(context, name);
  }
}

function cInteger(name: string): Type | undefined {
  const words = name.split(' ');
  const unsigned = words.includes('unsigned');
  const rest = words.filter((word) => word !== 'unsigned' && word !== 'signed');
  const bare = rest.length > 1 ? rest.filter((word) => word !== 'int') : rest;
  const known = Object.hasOwn(C_INTEGERS, bare.join(' ') || 'int') ? C_INTEGERS[bare.join(' ') || 'int'] : undefined;
  return known === undefined ? undefined : { kind: 'integer', size: known[0], signed: known[1] && !unsigned };
}

function kernelType(context: Context, name: string): Type | undefined {
  const { target } = context.script;
  return inKernel(target, (btf) => findNamedType(btf, name)) ?? inModules(target, (btf) => findNamedType(btf, name));
}

function taggedType(context: Context, tag: 'struct' | 'union' | 'enum', name: string): Type | undefined {
  const { c, target } = context.script;
  const find = (btf: Btf) => findTaggedType(btf, tag, name);
  return c?.tagged(tag, name) ?? inKernel(target, find) ?? inModules(target, find);
}

/** Reports what can't be resolved. */
export function resolveType(context: Context, node: ast.TypeSyntax): Type | undefined {
  switch (node.kind) {
    case 'named':
      return namedType(context, node.name) ?? unknownType(context, node, node.name);
    case 'tagged':
      return taggedType(context, node.tag, node.name) ?? unknownType(context, node, `${node.tag} ${node.name}`);
    case 'pointer': {
      const to = resolveType(context, node.to);
      return to === undefined ? undefined : { kind: 'pointer', to, space: 'none' };
    }
    case 'array':
      return resolveArray(context, node);
    case 'tuple': {
      const elements = node.elements.map((element) => resolveType(context, element));
      return elements.every((element) => element !== undefined) ? { kind: 'tuple', elements } : undefined;
    }
    case 'typeof':
      return node.operand.kind === 'map' && node.operand.key === undefined
        ? typeOfMap(context, node.operand)
        : typeOfOperand(context, node.operand);
  }
}

/** A map as a whole stands for its keys; a scalar has none, so for its value. */
function typeOfMap(context: Context, node: MapExpression): Type | undefined {
  const map = wholeMap(context, node);
  if (map?.keyed === false) return typeOfExpression(context, node);
  return map?.key === undefined ? undefined : withoutLiterals(map.key);
}

function resolveArray(context: Context, node: ast.TypeSyntax & { kind: 'array' }): Type | undefined {
  const element = resolveType(context, node.element);
  if (element === undefined) return undefined;
  if (node.count > 1_000_000n)
    return context.error('type', node.span, `An array of ${node.count} elements is too large.`);
  const count = Number(node.count);
  if (node.element.kind === 'named' && (node.element.name === 'string' || node.element.name === 'buffer')) {
    return { kind: node.element.name, size: count };
  }
  return { kind: 'array', element, count };
}

/** The type of what sizeof, typeof and offsetof take: a type, or an expression that isn't evaluated. */
export function typeOfOperand(context: Context, node: ast.TypeSyntax | ast.Expression): Type | undefined {
  switch (node.kind) {
    case 'named': {
      const type = namedType(context, node.name);
      if (type !== undefined) return type;
      // A builtin's name alone reads as a type.
      return typeOfExpression(context, { kind: 'identifier', span: node.span, name: node.name });
    }
    case 'tagged':
    case 'pointer':
    case 'array':
    case 'typeof':
      return resolveType(context, node);
    case 'tuple':
      if (node.elements.some(isTypeSyntax)) return resolveType(context, node as ast.TypeSyntax);
      return typeOfExpression(context, node as ast.Expression);
    default:
      return typeOfExpression(context, node);
  }
}

function isTypeSyntax(node: ast.TypeSyntax | ast.Expression): node is ast.TypeSyntax {
  return ['named', 'tagged', 'pointer', 'array', 'typeof'].includes(node.kind);
}

/** The expression is checked, but no code comes of it: it may change nothing that others see. */
function typeOfExpression(context: Context, node: ast.Expression): Type | undefined {
  for (const inner of allNodes(node)) {
    const known = inner as ast.Expression | ast.Statement;
    const target = known.kind === 'assign' ? known.target : known.kind === 'increment' ? known.operand : undefined;
    if (target?.kind === 'map')
      return context.error(
        'not-evaluated',
        known.span,
        `${target.name} can't be assigned in an expression that is not evaluated`,
      );
  }
  const value = context.expression(node);
  return value === undefined ? undefined : withoutLiterals(value.type);
}

function unknownType(context: Context, node: ast.TypeSyntax, name: string): undefined {
  if (AGGREGATION.test(name)) return context.error('type', node.span, `Only values of maps have the type '${name}'`);
  const hints = [context.script.target.btf === undefined ? NO_BTF : NOT_DEFINED];
  return context.error('unknown-type', node.span, `Cannot resolve unknown type "${name}"`, { hints });
}
