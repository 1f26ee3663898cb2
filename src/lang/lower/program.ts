/** One checked program -> IR: filters, predicate, body. */
import type { CheckedProgram, Expression, Statement, SystemCallFilter, Variable } from '../checked/index.ts';
import type { Block, Builder, FrameSlot, IrFunction, Value } from '../ir/index.ts';
import { isWord, sizeOf } from '../types/index.ts';
import { readBuiltin } from './builtins.ts';
import { probeRead, readContext } from './context.ts';
import { FunctionFrame } from './function-frame.ts';
import { type Address, Helper, type Lowering, perCpuBlock, type ScriptLowering } from './lowering.ts';
import { zero } from './memory.ts';
import { isAssignedFirst, outline, type Outline } from './outline.ts';
import { acquireScratch, needsScratchSlot, type ScratchSlot } from './scratch.ts';
import { lowerStatement } from './statements.ts';
import { addressOfValue, storeValue } from './values.ts';
import { lowerCondition, lowerWord } from './words.ts';

/** A table decides above this many system calls, comparisons below. */
const COMPARED_NUMBERS = 4;

/** The program's function, and those of its loops. */
export function lowerProgram(script: ScriptLowering, program: CheckedProgram): readonly IrFunction[] {
  return new ProgramLowering(script, program).run();
}

/** What the first function leaves for the others, by a pointer: its context, and where the scratch slot is. */
const SHARED_BYTES = 16;
const SHARED_SCRATCH = 8;

class ProgramLowering implements Lowering {
  readonly script: ScriptLowering;
  readonly program: CheckedProgram;
  readonly outline: Outline;
  private readonly main: FunctionFrame;
  private frame: FunctionFrame;
  private readonly others: IrFunction[] = [];
  private readonly places = new Map<Expression, Address>();
  private readonly sharedVariables = new Map<number, Address>();
  private readonly sharedSlot: FrameSlot;
  /** Where a loop's body leaves word that the program is to end: a mark, and the value to return. */
  private leaving: Address | undefined;
  private slot: ScratchSlot | undefined;

  constructor(script: ScriptLowering, program: CheckedProgram) {
    this.script = script;
    this.program = program;
    this.outline = outline([program.predicate, program.body], script.target);
    this.main = new FunctionFrame(program.name, this.outline.depth, script.config.onStackLimit);
    this.frame = this.main;
    this.sharedSlot = this.main.builder.slot(SHARED_BYTES);
  }

  get builder(): Builder {
    return this.frame.builder;
  }

  /** Where the function ends; scratch memory that it took is given back there. */
  get end(): Block {
    return this.frame.end;
  }

  get loops(): FunctionFrame['loops'] {
    return this.frame.loops;
  }

  run(): readonly IrFunction[] {
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
      if (this.slot !== undefined) this.main.end = b.block();
      if (predicate !== undefined) this.filterPredicate(predicate);
      this.share();
      this.initializeVariables();
      this.statements(body);
      b.jump(this.end);
      if (this.slot === undefined) return;
      b.enter(this.end);
      this.slot.release();
      b.jump(outside);
      this.main.end = outside;
    });
    b.enter(this.end);
    b.exit(b.constant(0));
    this.slot?.finish();
    return [b.finish(), ...this.others];
  }

  exit(value: Value): void {
    const b = this.builder;
    if (this.frame === this.main) {
      this.slot?.release();
      b.exit(value);
      return;
    }
    const { base, offset } = this.leavingPlace();
    b.store(8, base, offset + 8, value);
    b.jump(this.end);
  }

  // ---- functions of loops -------------------------------------------------------------------------

  private share(): void {
    if (this.outline.loops.size === 0) return;
    const b = this.builder;
    b.store(8, this.sharedPointer(), 0, b.context());
    if (this.slot !== undefined) b.store(8, this.sharedPointer(), SHARED_SCRATCH, this.slot.base());
  }

  sharedPointer(): Value {
    return this.frame.shared ?? this.builder.frame(this.sharedSlot);
  }

  scratchBase(): Value {
    const { shared, builder } = this.frame;
    if (shared === undefined) return (this.slot as ScratchSlot).base();
    return builder.once('scratchBase', () => builder.load(8, false, shared, SHARED_SCRATCH));
  }

  callback(
    argumentCount: number,
    build: (args: readonly Value[]) => void,
  ): { readonly name: string; readonly leaves: boolean } {
    const outer = this.frame;
    const frame = new FunctionFrame(
      `${this.program.name}_loop${this.others.length + 1}`,
      this.outline.depth,
      this.script.config.onStackLimit,
    );
    const b = frame.builder;
    const args = Array.from({ length: argumentCount }, (_, i) => b.argument(i));
    const shared = args.at(-1) as Value;
    frame.shared = shared;
    b.contextFrom = () => b.load(8, false, shared, 0);
    b.span = outer.builder.span;
    // Its place in the list is taken before loops inside take theirs.
    const index = this.others.push(b.function) - 1;
    this.frame = frame;
    b.scope(() => build(args));
    this.leaveLoop(frame);
    this.frame = outer;
    this.others[index] = b.finish();
    return { name: b.function.name, leaves: frame.leaves };
  }

  private leaveLoop(frame: FunctionFrame): void {
    const b = frame.builder;
    frame.leaves = frame.end.predecessors.length > 0;
    b.enter(frame.end);
    if (!frame.leaves) return;
    const { base, offset } = this.leavingPlace();
    b.store(8, base, offset, b.constant(1));
    b.exit(b.constant(1));
  }

  aroundLoop(leaves: boolean, run: () => void): void {
    if (!leaves) {
      run();
      return;
    }
    const b = this.builder;
    const { base, offset } = this.leavingPlace();
    for (const word of [0, 8]) b.store(8, base, offset + word, b.constant(0));
    run();
    const gone = b.block();
    const after = b.block();
    b.branch('ne', b.load(8, false, base, offset), b.constant(0), gone, after);
    b.enter(gone);
    b.scope(() => {
      if (this.frame === this.main) this.exit(b.load(8, false, base, offset + 8));
      else b.jump(this.end);
    });
    b.enter(after);
  }

  private leavingPlace(): Address {
    return (this.leaving ??= this.sharedPlace(16));
  }

  // ---- values -------------------------------------------------------------------------------------

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
    const { span } = this.builder;
    for (const statement of list) {
      if (!this.builder.reachable) break;
      this.frame.statement(() => {
        this.builder.span = statement.span;
        lowerStatement(this, statement);
      });
    }
    this.builder.span = span;
  }

  temporary(sizeBytes: number): Address {
    const size = Math.ceil(sizeBytes / 8) * 8;
    return this.frame.temporary(size, () => this.sharedPlace(size));
  }

  permanent(sizeBytes: number): Address {
    const size = Math.ceil(sizeBytes / 8) * 8;
    return this.frame.permanent(size, () => this.sharedPlace(size));
  }

  sharedPlace(sizeBytes: number): Address {
    if (this.slot !== undefined) return this.slot.place(sizeBytes);
    const offset = this.script.region.perCpu(sizeBytes);
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
    const isShared = this.outline.shared.has(variable.id);
    const places = isShared ? this.sharedVariables : this.frame.variables;
    let place = places.get(variable.id);
    if (place === undefined) {
      const size = Math.ceil((sizeOf(variable.type) + 1) / 8) * 8;
      places.set(variable.id, (place = isShared ? this.sharedPlace(size) : this.permanent(size)));
    }
    return place;
  }

  readVariable(variable: Variable): Value {
    if (!this.outline.shared.has(variable.id)) return this.builder.read(variable.id);
    const { base, offset } = this.placeOf(variable);
    return this.builder.load(8, false, base, offset);
  }

  writeVariable(variable: Variable, value: Value): void {
    if (this.outline.shared.has(variable.id)) {
      const { base, offset } = this.placeOf(variable);
      this.builder.store(8, base, offset, value);
    } else {
      this.builder.write(variable.id, value);
    }
  }

  withPlace(expression: Expression, place: Address, build: () => void): void {
    this.places.set(expression, place);
    build();
    this.places.delete(expression);
  }

  /** A variable that may be read before it is assigned reads as zero: words in registers do by construction. */
  private initializeVariables(): void {
    const { shared } = this.outline;
    for (const variable of this.program.variables) {
      const isInMemory = !isWord(variable.type) || shared.has(variable.id);
      if (!isInMemory || isAssignedFirst(this.program.body, variable.id)) continue;
      zero(this, this.placeOf(variable), isWord(variable.type) ? 8 : sizeOf(variable.type));
    }
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
