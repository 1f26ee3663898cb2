/** Text of a function, for `-d codegen` and golden tests. */
import { type Block, hasResult, type Instruction, type IrFunction, type Terminator, type Value } from './ir.ts';

export function printIr(fn: IrFunction): string {
  const names = new Names();
  const lines = [`function ${fn.name} {`];
  for (const block of fn.blocks) {
    lines.push(`${names.block(block)}:${block.cold ? ' cold' : ''}`);
    for (const phi of block.phis) {
      const incoming = [...phi.incoming].map(([from, value]) => `${names.block(from)}: ${names.value(value)}`);
      lines.push(`  ${names.value(phi)} = phi ${incoming.join(', ')}`);
    }
    for (const instruction of block.instructions) lines.push(`  ${printInstruction(instruction, names)}`);
    if (block.terminator !== undefined) lines.push(`  ${printTerminator(block.terminator, names)}`);
  }
  return `${lines.join('\n')}\n}\n`;
}

class Names {
  private readonly values = new Map<Value, string>();
  private readonly blocks = new Map<Block, string>();

  block(block: Block): string {
    let name = this.blocks.get(block);
    if (name === undefined) this.blocks.set(block, (name = `b${this.blocks.size}`));
    return name;
  }

  value(value: Value): string {
    switch (value.op) {
      case 'const':
        return String(value.value);
      case 'frame':
        return `&frame${value.slot.id}${value.offset === 0 ? '' : `+${value.offset}`}`;
      case 'map':
        return `map(${value.map})`;
      case 'mapValue':
        return `&${value.map}+${value.offset}`;
      case 'function':
        return `&${value.name}`;
      default: {
        let name = this.values.get(value);
        if (name === undefined) this.values.set(value, (name = `v${this.values.size}`));
        return name;
      }
    }
  }
}

function printInstruction(instruction: Instruction, names: Names): string {
  const text = printOperation(instruction, (value) => names.value(value));
  return hasResult(instruction) ? `${names.value(instruction)} = ${text}` : text;
}

function printOperation(i: Instruction, name: (value: Value) => string): string {
  const type = (size: number, signed: boolean): string => `${signed ? 's' : 'u'}${size * 8}`;
  switch (i.op) {
    case 'context':
      return 'context';
    case 'argument':
      return `argument ${i.index}`;
    case 'binary':
      return `${i.operator} ${name(i.left)}, ${name(i.right)}`;
    case 'negate':
    case 'plain':
    case 'log2':
      return `${i.op} ${name(i.operand)}`;
    case 'byteSwap':
      return `byteSwap${i.size * 8} ${name(i.operand)}`;
    case 'extend':
      return `extend ${type(i.size, i.signed)} ${name(i.operand)}`;
    case 'load':
      return `load ${type(i.size, i.signed)} [${name(i.base)} + ${i.offset}]`;
    case 'store':
      return `store u${i.size * 8} [${name(i.base)} + ${i.offset}], ${name(i.value)}`;
    case 'atomicAdd':
      return `atomicAdd u${i.size * 8} [${name(i.base)} + ${i.offset}], ${name(i.value)}`;
    case 'compareExchange':
      return `compareExchange u${i.size * 8} [${name(i.base)} + ${i.offset}], ${name(i.expected)}, ${name(i.value)}`;
    case 'call':
      return `call ${i.callee.kind === 'helper' ? i.callee.id : i.callee.name}(${i.args.map(name).join(', ')})`;
  }
}

function printTerminator(terminator: Terminator, names: Names): string {
  switch (terminator.op) {
    case 'jump':
      return `jump ${names.block(terminator.target)}`;
    case 'branch': {
      const operands = `${names.value(terminator.left)}, ${names.value(terminator.right)}`;
      return `branch ${terminator.compare} ${operands} ? ${names.block(terminator.then)} : ${names.block(terminator.else)}`;
    }
    case 'exit':
      return `exit ${names.value(terminator.value)}`;
  }
}
