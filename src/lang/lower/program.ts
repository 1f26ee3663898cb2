/** One checked program -> IR: filters, predicate, body. */
import type {
  CheckedFunction,
  CheckedProgram,
  Expression,
  Statement,
  SystemCallFilter,
  Variable,
} from '../checked/index.ts';
import type { Block, Builder, FrameSlot, IrFunction, Value } from '../ir/index.ts';
import { isWord, sizeOf } from '../types/index.ts';
import { readBuiltin } from './builtins.ts';
import { probeRead, readContext } from './context.ts';
import { FunctionFrame } from './function-frame.ts';
import { KnownReads } from './known-reads.ts';
import { type Address, Helper, type Lowering, perCpuBlock, type ScriptLowering } from './lowering.ts';
import { copy, zero } from './memory.ts';
import { isAssignedFirst, outline, type Outline } from './outline.ts';
import { loadPacket } from './packet.ts';
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

function needsPreparation({ depth, variables }: Outline): boolean {
  return depth > 1 || variables > 0;
}

/** Functions that the kernel lets be active at once. */
const MAX_FUNCTIONS = 8;
/** Words that are passed in registers, behind the pointer to what the first function shares. */
const REGISTER_WORDS = 4;

/** The program itself, or a function of the script as this program calls it: each has variables of its own. */
interface Unit {
  readonly outline: Outline;
  readonly root: FunctionFrame;
  readonly declared: readonly Variable[];
  /** Where those variables live that several functions use. */
  readonly variables: Map<number, Address>;
  /** Parameters that live where they were passed. */
  readonly fixed: Set<number>;
  /** By parameter: where it is passed; undefined: in a register. */
  readonly places: (Address | undefined)[];
  /** Where a value is returned that is no word. */
  result: Address | undefined;
  /** Where a loop's body leaves word that all is to end: a mark, and the value to return. */
  leaving: Address | undefined;
}

interface FunctionUnit {
  readonly label: string;
  readonly unit: Unit;
}

class ProgramLowering implements Lowering {
  readonly script: ScriptLowering;
  readonly program: CheckedProgram;
  readonly reads = new KnownReads();
  private readonly main: Unit;
  /** The program or function of the script in hand, and which of its functions. */
  private unit: Unit;
  private frame: FunctionFrame;
  private readonly functions = new Map<string, FunctionUnit>();
  private readonly others: IrFunction[] = [];
  private readonly places = new Map<Expression, Address>();
  private readonly sharedSlot: FrameSlot;
  private slot: ScratchSlot | undefined;

  constructor(script: ScriptLowering, program: CheckedProgram) {
    this.script = script;
    this.program = program;
    const found = this.outlineOf([program.predicate, program.body]);
    if (found.depth > MAX_FUNCTIONS) {
      script.diagnostics.push({
        severity: 'error',
        code: 'call-depth',
        message: `This probe nests ${found.depth} loops and functions; an eBPF program can have ${MAX_FUNCTIONS} active at once`,
        span: program.span,
      });
    }
    this.main = this.newUnit(program.name, found, found.depth, program.variables);
    this.unit = this.main;
    this.frame = this.main.root;
    this.sharedSlot = this.builder.slot(SHARED_BYTES);
  }

  get outline(): Outline {
    return this.unit.outline;
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
      if (variant.object !== undefined) readContext(this, variant.object);
      if (variant.systemCalls !== undefined) this.filterSystemCalls(variant.systemCalls);
      if (variant.filterByPid && this.script.options.pid !== undefined) this.filterPid(this.script.options.pid);
      const outside = this.end;
      if (needsScratchSlot(this)) this.slot = acquireScratch(this, outside);
      if (this.slot !== undefined) this.main.root.end = b.block();
      // Where the predicate needs neither functions nor variables, events that it refuses cost no preparation.
      const { packet } = this.program;
      const needsNothing = predicate === undefined || !needsPreparation(this.outlineOf([predicate]));
      const isPlain = packet === undefined && needsNothing && !this.script.off.has('predicate-first');
      if (!isPlain) this.prepare(body);
      if (packet !== undefined) loadPacket(this, packet);
      if (predicate !== undefined) this.filterPredicate(predicate);
      if (isPlain) this.prepare(body);
      this.statements(body);
      b.jump(this.end);
      if (this.slot === undefined) return;
      b.enter(this.end);
      this.slot.release();
      b.jump(outside);
      this.main.root.end = outside;
    });
    b.enter(this.end);
    b.exit(this.verdict(b.constant(0)));
    this.slot?.finish();
    return [b.finish(), ...this.others];
  }

  /** Ends the program, or the function of the script, with a word. */
  private exit(value: Value): void {
    const b = this.builder;
    if (this.frame === this.unit.root) {
      if (this.unit === this.main) this.slot?.release();
      b.exit(this.unit === this.main ? this.verdict(value) : value);
      return;
    }
    const { base, offset } = this.leavingPlace();
    b.store(8, base, offset + 8, value);
    b.jump(this.end);
  }

  /** Probes look on: where the kernel would act on an answer, it gets the one that changes nothing. */
  private verdict(value: Value): Value {
    const { verdict } = this.program.variant;
    return verdict === undefined ? value : this.builder.constant(verdict);
  }

  returnValue(value: Expression): void {
    const { result } = this.unit;
    if (result === undefined) {
      this.exit(this.word(value));
      return;
    }
    this.store(value, result, true);
    this.builder.jump(this.end);
  }

  // ---- functions of loops -------------------------------------------------------------------------

  private prepare(body: readonly Statement[]): void {
    this.share();
    this.initializeVariables(body);
  }

  private share(): void {
    if (this.outline.depth === 1) return;
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
      this.main.outline.depth,
      this.script.config.onStackLimit,
      this.script.off,
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
      if (this.frame === this.unit.root) this.exit(b.load(8, false, base, offset + 8));
      else b.jump(this.end);
    });
    b.enter(after);
  }

  private leavingPlace(): Address {
    return (this.unit.leaving ??= this.sharedPlace(16));
  }

  private newUnit(name: string, found: Outline, depth: number, declared: readonly Variable[]): Unit {
    return {
      outline: found,
      root: new FunctionFrame(name, depth, this.script.config.onStackLimit, this.script.off),
      declared,
      variables: new Map(),
      fixed: new Set(),
      places: [],
      result: undefined,
      leaving: undefined,
    };
  }

  // ---- functions of the script --------------------------------------------------------------------

  private outlineOf(roots: readonly unknown[]): Outline {
    return outline(roots, this.script.target, (call) => {
      const fn = this.script.function(call.name, call.space);
      return this.outlineOf([fn.body]);
    });
  }

  callOwn(call: Expression & { kind: 'ownCall' }): Value | Address {
    const callee = this.functions.get(call.name) ?? this.makeFunction(this.script.function(call.name, call.space));
    const b = this.builder;
    // All arguments are made before any is passed: one of them may call this function itself.
    const given = call.arguments.map((argument) =>
      isWord(argument.type) ? this.word(argument) : this.address(argument),
    );
    const words: Value[] = [];
    for (const [i, value] of given.entries()) {
      const place = callee.unit.places[i];
      if (place === undefined) words.push(value as Value);
      else if ('op' in value) b.store(8, place.base, place.offset, value);
      else copy(this, place, value, sizeOf((call.arguments[i] as Expression).type));
    }
    const result = b.callFunction({ kind: 'function', name: callee.label }, [this.sharedPointer(), ...words]);
    this.reads.forgetAll();
    if (callee.unit.outline.exits) {
      const goOn = b.block();
      b.branch('ne', b.load(8, false, b.mapValue('data', this.script.exitOffset())), b.constant(0), this.end, goOn);
      b.enter(goOn);
    }
    return callee.unit.result ?? result;
  }

  /** Arguments and results that fit no register stand at fixed places: no function is active twice in one run. */
  private makeFunction(fn: CheckedFunction): FunctionUnit {
    const outer = { unit: this.unit, frame: this.frame };
    const label = `${this.program.name}_fn_${fn.name}`;
    const unit = this.newUnit(label, this.outlineOf([fn.body]), this.main.outline.depth, fn.variables);
    const made: FunctionUnit = { label, unit };
    this.functions.set(fn.name, made);
    this.unit = unit;
    this.frame = unit.root;
    const b = this.builder;
    const index = this.others.push(b.function) - 1;
    b.span = fn.span;
    let words = 0;
    const sizes = fn.parameters.map(({ type }) => (isWord(type) ? 8 : Math.ceil((sizeOf(type) + 1) / 8) * 8));
    for (const [i, { type }] of fn.parameters.entries())
      unit.places.push(isWord(type) && words++ < REGISTER_WORDS ? undefined : this.sharedPlace(sizes[i] as number));
    if (fn.result.kind !== 'void' && !isWord(fn.result)) unit.result = this.sharedPlace(sizeOf(fn.result) + 1);
    b.scope(() => {
      this.takeArguments(fn, unit);
      this.initializeVariables(fn.body, fn.parameters);
      this.statements(fn.body);
      b.jump(this.end);
    });
    b.enter(this.end);
    b.exit(b.constant(0));
    this.others[index] = b.finish();
    this.unit = outer.unit;
    this.frame = outer.frame;
    return made;
  }

  private takeArguments(fn: CheckedFunction, unit: Unit): void {
    const b = this.builder;
    const inRegisters = fn.parameters.filter((_, i) => unit.places[i] === undefined);
    unit.root.shared = b.argument(0);
    const words = inRegisters.map((_, i) => b.argument(i + 1));
    for (const [i, parameter] of inRegisters.entries()) this.writeVariable(parameter, words[i] as Value);
    for (const [i, parameter] of fn.parameters.entries()) {
      const place = unit.places[i];
      if (place === undefined) continue;
      unit.fixed.add(parameter.id);
      unit.variables.set(parameter.id, place);
    }
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
    const size = Math.ceil(sizeBytes / 8) * 8;
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
    const isShared = this.isShared(variable);
    const places = isShared ? this.unit.variables : this.frame.variables;
    let place = places.get(variable.id);
    if (place === undefined) {
      const size = Math.ceil((sizeOf(variable.type) + 1) / 8) * 8;
      places.set(variable.id, (place = isShared ? this.sharedPlace(size) : this.permanent(size)));
    }
    return place;
  }

  private isShared(variable: Variable): boolean {
    return this.outline.shared.has(variable.id) || this.unit.fixed.has(variable.id);
  }

  readVariable(variable: Variable): Value {
    if (!this.isShared(variable)) return this.builder.read(variable.id);
    const { base, offset } = this.placeOf(variable);
    return this.builder.load(8, false, base, offset);
  }

  writeVariable(variable: Variable, value: Value): void {
    if (this.isShared(variable)) {
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
  private initializeVariables(body: readonly Statement[], given: readonly Variable[] = []): void {
    for (const variable of this.unit.declared) {
      const isInMemory = !isWord(variable.type) || this.isShared(variable);
      if (!isInMemory || given.includes(variable)) continue;
      if (!this.script.off.has('no-zeroing') && isAssignedFirst(body, variable.id)) continue;
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
    const direct = !this.script.off.has('direct-reads') && this.script.target.have('current-task-btf');
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
