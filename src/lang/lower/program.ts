/** One checked program -> IR: filters, predicate, body. */
import type { CheckedProgram, Expression, Statement, SystemCallFilter, Variable } from '../checked/index.ts';
import { type Block, Builder, type IrFunction, type Value } from '../ir/index.ts';
import { isWord, sizeOf } from '../types/index.ts';
import { readBuiltin } from './builtins.ts';
import { probeRead, readContext } from './context.ts';
import { type Address, Helper, type Lowering, perCpuBlock, type ScriptLowering } from './lowering.ts';
import { zero } from './memory.ts';
import { acquireScratch, needsScratchSlot, type ScratchSlot } from './scratch.ts';
import { lowerStatement } from './statements.ts';
import { addressOfValue, storeValue } from './values.ts';
import { lowerCondition, lowerWord } from './words.ts';

/** Larger values, and all beyond this much stack, live in the per-CPU scratch area. */
const STACK_SLOT_BYTES = 64;
const STACK_SLOTS_BYTES = 256;
/** A table decides above this many system calls, comparisons below. */
const COMPARED_NUMBERS = 4;

export function lowerProgram(script: ScriptLowering, program: CheckedProgram): IrFunction {
  return new ProgramLowering(script, program).run();
}

class ProgramLowering implements Lowering {
  readonly builder: Builder;
  /** Where the program ends; scratch memory that it took is given back there. */
  end: Block;
  readonly loops: { readonly continueTo: Block; readonly breakTo: Block }[] = [];
  readonly script: ScriptLowering;
  readonly program: CheckedProgram;
  private readonly places = new Map<Expression, Address>();
  private readonly variables = new Map<number, Address>();
  /** Places that are free for the next statement, and those taken by the one at hand. */
  private readonly free: Address[] = [];
  private readonly sizes = new Map<Address, number>();
  private taken: Address[] = [];
  private stackBytes = 0;
  private slot: ScratchSlot | undefined;

  constructor(script: ScriptLowering, program: CheckedProgram) {
    this.script = script;
    this.program = program;
    this.builder = new Builder(program.name);
    this.end = this.builder.block();
  }

  run(): IrFunction {
    const b = this.builder;
    const { variant, predicate, body } = this.program;
    b.span = this.program.span;
    b.scope(() => {
      const hit = this.script.hitOffset(this.program);
      if (hit !== undefined) b.store(8, b.mapValue('data', hit), 0, b.constant(1));
      if (variant.systemCalls !== undefined) this.filterSystemCalls(variant.systemCalls);
      if (variant.filterByPid && this.script.options.pid !== undefined) this.filterPid(this.script.options.pid);
      const outside = this.end;
      if (needsScratchSlot(this)) this.slot = acquireScratch(this, outside);
      if (this.slot !== undefined) this.end = b.block();
      if (predicate !== undefined) this.filterPredicate(predicate);
      this.initializeVariables();
      this.statements(body);
      b.jump(this.end);
      if (this.slot === undefined) return;
      b.enter(this.end);
      this.slot.release();
      b.jump(outside);
      this.end = outside;
    });
    b.enter(this.end);
    b.exit(b.constant(0));
    this.slot?.finish();
    return b.finish();
  }

  exit(value: Value): void {
    this.slot?.release();
    this.builder.exit(value);
  }

  word(expression: Expression): Value {
    return lowerWord(this, expression);
  }

  address(expression: Expression): Address {
    return this.places.get(expression) ?? addressOfValue(this, expression);
  }

  store(expression: Expression, to: Address, padded: boolean): void {
    storeValue(this, expression, to, padded);
  }

  statements(list: readonly Statement[]): void {
    const outer = this.taken;
    const span = this.builder.span;
    for (const statement of list) {
      if (!this.builder.reachable) break;
      this.taken = [];
      this.builder.span = statement.span;
      lowerStatement(this, statement);
      this.free.push(...this.taken);
    }
    this.taken = outer;
    this.builder.span = span;
  }

  temporary(sizeBytes: number): Address {
    const size = Math.ceil(sizeBytes / 8) * 8;
    const at = this.free.findIndex((place) => this.sizes.get(place) === size);
    const place = at >= 0 ? (this.free.splice(at, 1)[0] as Address) : this.permanent(size);
    this.taken.push(place);
    return place;
  }

  permanent(sizeBytes: number): Address {
    const size = Math.ceil(sizeBytes / 8) * 8;
    const place = this.place(size);
    this.sizes.set(place, size);
    return place;
  }

  private place(size: number): Address {
    const b = this.builder;
    if (size <= STACK_SLOT_BYTES && this.stackBytes + size <= STACK_SLOTS_BYTES) {
      this.stackBytes += size;
      return { base: b.frame(b.slot(size)), offset: 0 };
    }
    if (this.slot !== undefined) return this.slot.place(size);
    const offset = this.script.region.perCpu(size);
    // Looked up at each use: where it was computed first need not lead here.
    const block = (): Value => perCpuBlock(this);
    return {
      get base() {
        return block();
      },
      offset,
    };
  }

  placeOf(variable: Variable): Address {
    let place = this.variables.get(variable.id);
    if (place === undefined) this.variables.set(variable.id, (place = this.permanent(sizeOf(variable.type) + 1)));
    return place;
  }

  withPlace(expression: Expression, place: Address, build: () => void): void {
    this.places.set(expression, place);
    build();
    this.places.delete(expression);
  }

  /** A variable that may be read before it is assigned reads as zero: words do by construction. */
  private initializeVariables(): void {
    for (const variable of this.program.variables) {
      if (!isWord(variable.type) && !this.isAssignedFirst(variable))
        zero(this, this.placeOf(variable), sizeOf(variable.type));
    }
  }

  private isAssignedFirst(variable: Variable): boolean {
    for (const statement of this.program.body) {
      if (statement.kind === 'assignVariable' && statement.variable.id === variable.id)
        return !mentions(statement.value, variable);
      if (mentions(statement, variable)) return false;
    }
    return false;
  }

  // ---- filters ------------------------------------------------------------------------------------

  private filterSystemCalls(filter: SystemCallFilter): void {
    const b = this.builder;
    const number = readContext(this, filter.number);
    if (filter.numbers.length <= COMPARED_NUMBERS) this.compareNumbers(number, filter.numbers);
    else this.lookUpNumber(number, filter.numbers);
    const { compat } = filter;
    if (compat === undefined) return;
    const direct = this.script.target.have('current-task-btf');
    const task = b.call(direct ? Helper.get_current_task_btf : Helper.get_current_task, []);
    const status = direct
      ? b.load(compat.size, false, task, compat.offsetInTask)
      : probeRead(this, 'kernel', b.add(task, compat.offsetInTask), compat.size, false);
    const native = b.block();
    b.branch('set', status, b.constant(compat.mask), this.end, native);
    b.enter(native);
  }

  private compareNumbers(number: Value, numbers: readonly number[]): void {
    const b = this.builder;
    const matched = b.block();
    for (const candidate of numbers) {
      const next = b.block();
      b.branch('eq', number, b.constant(candidate), matched, next);
      b.enter(next);
    }
    b.jump(this.end);
    b.enter(matched);
  }

  /** One byte for each number: 1 where it matches. */
  private lookUpNumber(number: Value, numbers: readonly number[]): void {
    const b = this.builder;
    const table = new Uint8Array(Math.max(...numbers) + 1);
    for (const matching of numbers) table[matching] = 1;
    const offset = this.script.region.sharedBytes(table);
    const known = b.block();
    b.branch('ult', number, b.constant(table.length), known, this.end);
    b.enter(known);
    const entry = b.load(1, false, b.binary('add', number, b.mapValue('data', offset)));
    const matched = b.block();
    b.branch('ne', entry, b.constant(0), matched, this.end);
    b.enter(matched);
  }

  private filterPid(pid: number): void {
    const b = this.builder;
    const same = b.block();
    b.branch('eq', readBuiltin(this, 'pid'), b.constant(pid), same, this.end);
    b.enter(same);
  }

  private filterPredicate(predicate: Expression): void {
    const b = this.builder;
    const pass = b.block();
    lowerCondition(this, predicate, pass, this.end);
    b.enter(pass);
  }
}

/** Does the tree mention the variable anywhere? */
function mentions(node: unknown, variable: Variable): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some((item) => mentions(item, variable));
  return Object.entries(node).some(([key, child]) => {
    if (key === 'type' || key === 'map' || key === 'span') return false;
    if (key === 'variable') return (child as Variable).id === variable.id;
    return mentions(child, variable);
  });
}
