/** The checked tree as text, for `-d types` and for tests: one line a statement, types where they are decided. */
import { printAggregation, printType } from '../types/index.ts';
import type {
  CheckedFunction,
  CheckedProgram,
  CheckedScript,
  ContextAccess,
  Emit,
  Expression,
  ScriptMap,
  Statement,
  SyncCall,
} from './tree.ts';

export function printChecked(script: CheckedScript): string {
  const maps = script.maps.map((map) => `map ${printMap(map)}\n`);
  return [...maps, ...script.functions.map(printFunction), ...script.programs.map(printProgram)].join('');
}

function printMap(map: ScriptMap): string {
  const key = map.key === undefined ? '' : `[${printType(map.key)}]`;
  const value = map.value.kind === 'value' ? printType(map.value.type) : printAggregation(map.value.aggregation);
  return `${map.name}${key}: ${value}`;
}

function printProgram(program: CheckedProgram): string {
  const predicate = program.predicate === undefined ? '' : ` / ${printExpression(program.predicate)} /`;
  const variables = program.variables.map(
    (variable) => `  var ${variable.name}#${variable.id}: ${printType(variable.type)}\n`,
  );
  return `program ${program.name} (${program.title})${predicate} {\n${variables.join('')}${printBlock(program.body, '  ')}}\n`;
}

function printFunction(fn: CheckedFunction): string {
  const parameters = fn.parameters.map(({ name, id, type }) => `${name}#${id}: ${printType(type)}`).join(', ');
  return `fn ${fn.name}(${parameters}): ${printType(fn.result)} {\n${printBlock(fn.body, '  ')}}\n`;
}

function printBlock(statements: readonly Statement[], indent: string): string {
  return statements.map((statement) => indent + printStatement(statement, indent)).join('');
}

export function printStatement(statement: Statement, indent: string): string {
  const inner = (body: readonly Statement[]) => `{\n${printBlock(body, `${indent}  `)}${indent}}`;
  switch (statement.kind) {
    case 'expression':
      return `${printExpression(statement.expression)}\n`;
    case 'assignVariable':
      return `${statement.variable.name}#${statement.variable.id} = ${printExpression(statement.value)}\n`;
    case 'assignMap':
      return `${element(statement.map, statement.key)} = ${printExpression(statement.value)}\n`;
    case 'aggregate':
      return `${element(statement.map, statement.key)} <- ${statement.value === undefined ? '1' : printExpression(statement.value)}\n`;
    case 'if': {
      const otherwise = statement.else.length === 0 ? '' : ` else ${inner(statement.else)}`;
      return `if ${printExpression(statement.condition)} ${inner(statement.then)}${otherwise}\n`;
    }
    case 'while':
      return `while ${printExpression(statement.condition)} ${inner(statement.body)}\n`;
    case 'unroll':
      return `unroll ${statement.count} ${inner(statement.body)}\n`;
    case 'block':
      return `${inner(statement.statements)}\n`;
    case 'break':
    case 'continue':
      return `${statement.kind}\n`;
    case 'forRange': {
      const range = `${printExpression(statement.from)}..${printExpression(statement.to)}`;
      return `for ${statement.variable.name}#${statement.variable.id} : ${range} ${inner(statement.body)}\n`;
    }
    case 'forMap':
      return `for ${statement.variable.name}#${statement.variable.id} : ${statement.map.name} ${inner(statement.body)}\n`;
    case 'return':
      return statement.value === undefined ? 'return\n' : `return ${printExpression(statement.value)}\n`;
    case 'emit':
      return `${printEmit(statement.event)}\n`;
  }
}

function printEmit(event: Emit): string {
  switch (event.kind) {
    case 'printf':
    case 'cat':
    case 'system':
    case 'errorf':
    case 'warnf': {
      const format = event.format.map((piece) =>
        piece.kind === 'text'
          ? JSON.stringify(piece.text).slice(1, -1)
          : `%${piece.bits === 64 ? 'l' : ''}${piece.conversion}`,
      );
      return `emit ${event.kind}(${[`"${format.join('')}"`, ...event.args.map(printExpression)].join(', ')})`;
    }
    case 'printValue':
      return `emit print(${printExpression(event.arg)})`;
    case 'printMap':
      return `emit ${event.rate ? 'printRate' : 'print'}(${[event.map.name, event.top, event.div].filter((part) => part !== undefined).join(', ')})`;
    case 'clearMap':
    case 'zeroMap':
      return `emit ${event.kind}(${event.map.name}${event.printed === true ? ', printed' : ''})`;
    case 'time':
      return `emit time(${JSON.stringify(event.format)})`;
    case 'join':
      return `emit join(${event.space} ${printExpression(event.array)}, ${JSON.stringify(event.separator)})`;
    case 'packet':
      return `emit skboutput(${JSON.stringify(event.path)}, ${event.args.map(printExpression).join(', ')})`;
    case 'unwatch':
      return `emit unwatch(${printExpression(event.address)})`;
    case 'exit':
      return `emit exit(${printExpression(event.code)})`;
  }
}

function element(map: ScriptMap, key: Expression | undefined): string {
  return key === undefined ? map.name : `${map.name}[${printExpression(key)}]`;
}

const INFIX: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  udiv: '/u',
  sdiv: '/s',
  umod: '%u',
  smod: '%s',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
  shr: '>>',
  eq: '==',
  ne: '!=',
  ult: '<u',
  ule: '<=u',
  ugt: '>u',
  uge: '>=u',
  slt: '<s',
  sle: '<=s',
  sgt: '>s',
  sge: '>=s',
};

export function printExpression(node: Expression): string {
  switch (node.kind) {
    case 'constant':
      return node.type.kind === 'bool' ? String(node.value !== 0n) : `${node.value}:${printType(node.type)}`;
    case 'string':
      return `${JSON.stringify(node.value)}:${printType(node.type)}`;
    case 'variable':
      return `${node.variable.name}#${node.variable.id}`;
    case 'mapRead':
      return element(node.map, node.key);
    case 'aggregationRead':
      return `total(${element(node.map, node.key)})`;
    case 'unary':
      return `${{ neg: '-', not: '~', logicalNot: '!' }[node.operator]}${printExpression(node.operand)}`;
    case 'arithmetic':
    case 'compare':
    case 'compareStrings':
    case 'compareMemory': {
      const bytes = node.kind === 'compareStrings' ? 'str' : node.kind === 'compareMemory' ? 'mem' : '';
      return `(${printExpression(node.left)} ${INFIX[node.operator]}${bytes} ${printExpression(node.right)})`;
    }
    case 'logical':
      return `(${printExpression(node.left)} ${node.operator === 'and' ? '&&' : '||'} ${printExpression(node.right)})`;
    case 'conditional':
      return `(${printExpression(node.condition)} ? ${printExpression(node.then)} : ${printExpression(node.else)})`;
    case 'convert':
      return `${printType(node.type)}(${printExpression(node.operand)})`;
    case 'read':
      return `${node.space}[${printExpression(node.address)} + ${node.offset}]${printBits(node.bits)}:${printType(node.type)}`;
    case 'context':
      return `${printAccess(node.access)}:${printType(node.type)}`;
    case 'contextPointer':
      return 'ctx';
    case 'member':
      return `${printExpression(node.operand)}.+${node.offset}${printBits(node.bits)}:${printType(node.type)}`;
    case 'element':
      return `${printExpression(node.operand)}[${printExpression(node.index)} of ${node.count}]:${printType(node.type)}`;
    case 'aggregate':
      return `{${node.members.map((member) => `${member.offset}: ${printExpression(member.value)}`).join(', ')}}:${printType(node.type)}`;
    case 'builtin':
      return node.type.kind === 'stack'
        ? `${node.type.unwound ? 'dw_' : ''}${node.type.space === 'kernel' ? 'kstack' : 'ustack'}(${node.type.mode}, ${node.type.limit})`
        : node.name;
    case 'call':
      return `${printCall(node.call)}:${printType(node.type)}`;
    case 'increment': {
      const target =
        node.target.kind === 'map'
          ? element(node.target.map, node.target.key)
          : `${node.target.variable.name}#${node.target.variable.id}`;
      const operator = node.by === 1n ? '++' : '--';
      return node.prefix ? `${operator}${target}` : `${target}${operator}`;
    }
    case 'mapDelete':
      return `delete(${element(node.map, node.key)})`;
    case 'mapHasKey':
      return `has_key(${element(node.map, node.key)})`;
    case 'mapFind':
      return `find(${element(node.map, node.key)} => ${printStatement(node.assign, '').trimEnd()})`;
    case 'mapLength':
      return `len(${node.map.name})`;
    case 'addressOf':
      return `&${node.target.kind === 'variable' ? `${node.target.variable.name}#${node.target.variable.id}` : element(node.target.map, node.target.kind === 'map' ? node.target.key : undefined)}`;
    case 'kernelCall':
    case 'linkedCall':
    case 'ownCall':
      return `${node.name}(${node.arguments.map(printExpression).join(', ')}):${printType(node.type)}`;
    case 'sequence':
      return `({ ${node.statements.map((statement) => printStatement(statement, '').trimEnd()).join('; ')}; ${printExpression(node.value)} })`;
  }
}

function printBits(bits: { readonly offset: number; readonly size: number } | undefined): string {
  return bits === undefined ? '' : `{${bits.offset}..${bits.offset + bits.size}}`;
}

function printAccess(access: ContextAccess): string {
  switch (access.kind) {
    case 'word':
      return `ctx[${access.offset}, ${access.signed ? 's' : 'u'}${access.size * 8}]${access.typed === true ? '!' : ''}`;
    case 'words':
      return `ctx[${access.offset}, ${access.sizeBytes} bytes]`;
    case 'address':
      return `ctx+${access.offset}`;
    case 'dataLoc':
      return `dataLoc(${access.offset})`;
    case 'pointed':
      return `${printAccess(access.base)}->[${access.offset}, ${access.signed ? 's' : 'u'}${access.size * 8}]${access.direct ? '!' : ''}`;
    case 'sum':
      return `(${printAccess(access.base)} + ${access.by})`;
    case 'maskEquals':
      return `(${printAccess(access.base)} & ${access.mask}) == ${access.equals}`;
    default:
      return access.kind;
  }
}

function printCall(call: SyncCall): string {
  return `${call.function}(${argumentsOf(call)
    .filter((part) => part !== '')
    .join(', ')})`;
}

function argumentsOf(call: SyncCall): readonly string[] {
  switch (call.function) {
    case 'str':
    case 'buf':
      return [`${call.space} ${printExpression(call.address)}`, optional(call.length)];
    case 'strOf':
    case 'bufOf':
      return [printExpression(call.value), optional(call.length)];
    case 'usym':
      return [printExpression(call.address)];
    case 'strncmp':
      return [printExpression(call.left), printExpression(call.right), String(call.count)];
    case 'debugf':
    case 'seqPrintf':
      return [JSON.stringify(call.format), ...call.args.map(printExpression)];
    case 'socketCookie':
      return [printExpression(call.socket)];
    case 'path':
    case 'override':
      return [printExpression(call.value)];
    case 'signal':
      return [printExpression(call.signal)];
    case 'stackLength':
      return [call.space, String(call.limit)];
    case 'strlen':
    case 'bswap':
      return [printExpression(call.value)];
    case 'strstr':
      return [printExpression(call.haystack), printExpression(call.needle)];
    case 'concat':
      return [printExpression(call.left), printExpression(call.right)];
    case 'memcmp':
      return [printExpression(call.left), printExpression(call.right), String(call.count)];
    case 'ancestorCgroup':
      return [String(call.level)];
    case 'nameOf':
      return [printExpression(call.number)];
    case 'inet':
      return [printExpression(call.family), printExpression(call.address)];
    case 'writeUser':
      return [printExpression(call.to), printExpression(call.value), printExpression(call.length)];
  }
}

function optional(node: Expression | undefined): string {
  return node === undefined ? '' : printExpression(node);
}
