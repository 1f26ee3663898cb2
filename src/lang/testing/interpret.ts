/** Runs IR as it stands, one operation at a time: what compiled programs are compared with in tests. */
import {
  type Block,
  foldBinary,
  foldCompare,
  foldExtend,
  type Instruction,
  type IrFunction,
  type Value,
} from '../ir/index.ts';

export interface World {
  readonly context: Uint8Array;
  /** Value of each single-element map, by name. Written to. */
  readonly maps: ReadonlyMap<string, Uint8Array>;
  /** What the function is called with. */
  readonly arguments?: readonly bigint[];
  /** Others of the program. */
  readonly functions?: ReadonlyMap<string, IrFunction>;
  call(helper: number, args: readonly bigint[]): bigint;
}

const REGION_BYTES = 0x1_0000n;
const STEP_LIMIT = 1_000_000;

/** What the function exits with. Throws on an access outside of all memory and after a million steps. */
export function interpret(fn: IrFunction, world: World): bigint {
  return new Interpreter(fn, world).run();
}

class Interpreter {
  private readonly world: World;
  private readonly fn: IrFunction;
  private readonly values = new Map<Value, bigint>();
  /** Memory n starts at address (n + 1) * REGION_BYTES. */
  private readonly regions: Uint8Array[] = [];
  private readonly mapRegions = new Map<string, number>();
  private steps = 0;

  constructor(fn: IrFunction, world: World) {
    this.fn = fn;
    this.world = world;
    for (const slot of fn.slots) this.regions.push(new Uint8Array(slot.sizeBytes));
    this.regions.push(world.context);
    for (const [name, bytes] of world.maps) this.mapRegions.set(name, this.regions.push(bytes) - 1);
  }

  run(): bigint {
    let from: Block | undefined;
    let block = this.fn.blocks[0] as Block;
    for (;;) {
      this.enter(block, from);
      for (const instruction of block.instructions) this.values.set(instruction, this.evaluate(instruction));
      const end = block.terminator;
      if (end === undefined) throw new Error(`block ${block.id} has no end`);
      if (end.op === 'exit') return this.read(end.value);
      from = block;
      if (end.op === 'jump') block = end.target;
      else block = foldCompare(end.compare, this.read(end.left), this.read(end.right)) ? end.then : end.else;
    }
  }

  /** All phis of a block take their values at once. */
  private enter(block: Block, from: Block | undefined): void {
    if (this.steps++ > STEP_LIMIT) throw new Error('runs without end');
    const incoming = block.phis.map((phi) => {
      const value = from === undefined ? undefined : phi.incoming.get(from);
      if (value === undefined) throw new Error(`phi ${phi.id} lacks a value from block ${from?.id}`);
      return this.read(value);
    });
    for (const [i, phi] of block.phis.entries()) this.values.set(phi, incoming[i] as bigint);
  }

  private read(value: Value): bigint {
    switch (value.op) {
      case 'const':
        return value.value;
      case 'frame':
        return address(value.slot.id) + BigInt(value.offset);
      case 'map':
      case 'function':
        throw new Error('the address of a map is for helpers only');
      case 'mapValue':
        return address(this.mapRegions.get(value.map) as number) + BigInt(value.offset);
      default: {
        const found = this.values.get(value);
        if (found === undefined) throw new Error(`value ${value.id} (${value.op}) is read before it is made`);
        return found;
      }
    }
  }

  private evaluate(i: Instruction): bigint {
    if (this.steps++ > STEP_LIMIT) throw new Error('runs without end');
    switch (i.op) {
      case 'context':
        return address(this.fn.slots.length);
      case 'argument':
        return this.world.arguments?.[i.index] ?? 0n;
      case 'binary':
        return binary(i.operator, this.read(i.left), this.read(i.right));
      case 'negate':
        return BigInt.asIntN(64, -this.read(i.operand));
      case 'plain':
        return this.read(i.operand);
      case 'byteSwap':
        return byteSwap(this.read(i.operand), i.size);
      case 'extend':
        return foldExtend(this.read(i.operand), i.size, i.signed);
      case 'log2':
        return BigInt(this.read(i.operand).toString(2).length - 1);
      case 'load':
        return BigInt.asIntN(64, foldExtend(this.load(this.read(i.base), i.offset, i.size), i.size, i.signed));
      case 'store':
        this.store(this.read(i.base), i.offset, i.size, this.read(i.value));
        return 0n;
      case 'atomicAdd': {
        const base = this.read(i.base);
        this.store(base, i.offset, i.size, this.load(base, i.offset, i.size) + this.read(i.value));
        return 0n;
      }
      case 'compareExchange': {
        const base = this.read(i.base);
        const old = this.load(base, i.offset, i.size);
        if (old === BigInt.asUintN(i.size * 8, this.read(i.expected))) {
          this.store(base, i.offset, i.size, this.read(i.value));
        }
        return BigInt.asIntN(64, old);
      }
      case 'call':
        return this.callee(i);
    }
  }

  private callee(i: Instruction & { op: 'call' }): bigint {
    const args = i.args.map((arg) => this.read(arg));
    if (i.callee.kind === 'helper') return this.world.call(i.callee.id, args);
    const fn = this.world.functions?.get(i.callee.name);
    if (fn === undefined) throw new Error(`no function ${i.callee.name}`);
    return interpret(fn, { ...this.world, arguments: args });
  }

  private at(base: bigint, offset: number, size: number): DataView {
    const whole = base + BigInt(offset);
    const bytes = this.regions[Number(whole / REGION_BYTES) - 1];
    if (bytes === undefined) throw new Error(`no memory at ${whole}`);
    return new DataView(bytes.buffer, bytes.byteOffset + Number(whole % REGION_BYTES), size);
  }

  private load(base: bigint, offset: number, size: number): bigint {
    const view = this.at(base, offset, size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(i));
    return value;
  }

  private store(base: bigint, offset: number, size: number, value: bigint): void {
    const view = this.at(base, offset, size);
    for (let i = 0; i < size; i++) view.setUint8(i, Number((value >> BigInt(8 * i)) & 0xffn));
  }
}

function address(region: number): bigint {
  return BigInt(region + 1) * REGION_BYTES;
}

/** Division by zero gives 0, the remainder the dividend. */
function binary(operator: Parameters<typeof foldBinary>[0], left: bigint, right: bigint): bigint {
  const folded = foldBinary(operator, left, right);
  if (folded !== undefined) return folded;
  return operator === 'udiv' || operator === 'sdiv' ? 0n : left;
}

function byteSwap(value: bigint, size: number): bigint {
  let swapped = 0n;
  for (let i = 0; i < size; i++) swapped = (swapped << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return BigInt.asIntN(64, swapped);
}
