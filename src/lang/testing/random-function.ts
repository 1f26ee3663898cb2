/** Random functions as plain data, which fast-check can shrink, and how each is built. For tests. */
import fc from 'fast-check';
import { HelperId } from '../../abi/index.ts';
import {
  type AccessSize,
  type BinaryOp,
  type Block,
  Builder,
  type CompareOp,
  type FrameSlot,
  type IrFunction,
  type Value,
} from '../ir/index.ts';

/** Bytes of the map's value: the result, then words that the program changes in place. */
export const MAP_BYTES = 64;
export const ARGUMENTS = 6;
const SLOT_BYTES = 16;
const SLOTS = 2;

export type Plan = {
  readonly variables: readonly Expr[];
  readonly body: readonly Stmt[];
  /** Where the variables that are alive to the end are hashed. */
  readonly weights: number;
};

type Expr =
  | { readonly kind: 'const'; readonly value: bigint }
  | { readonly kind: 'variable' | 'argument'; readonly index: number }
  | { readonly kind: 'binary'; readonly operator: BinaryOp; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'negate' | 'log2'; readonly operand: Expr }
  | { readonly kind: 'byteSwap'; readonly size: 2 | 4 | 8; readonly operand: Expr }
  | { readonly kind: 'extend'; readonly size: 1 | 2 | 4; readonly signed: boolean; readonly operand: Expr }
  | { readonly kind: 'load'; readonly place: Place; readonly signed: boolean }
  | { readonly kind: 'call'; readonly helper: number }
  | { readonly kind: 'choice'; readonly condition: Condition; readonly then: Expr; readonly else: Expr };

type Place = { readonly size: AccessSize; readonly slot: number; readonly word: number };
type Condition = {
  readonly compare: CompareOp;
  readonly left: Expr;
  readonly right: Expr;
  /** First made a 0 or 1, by which is branched then. */
  readonly asValue: boolean;
};

type Stmt =
  | { readonly kind: 'assign'; readonly index: number; readonly value: Expr }
  | { readonly kind: 'rotate'; readonly indexes: readonly number[] }
  | { readonly kind: 'store'; readonly place: Place; readonly value: Expr }
  | { readonly kind: 'atomicAdd'; readonly size: 4 | 8; readonly word: number; readonly value: Expr }
  | {
      readonly kind: 'compareExchange';
      readonly size: 4 | 8;
      readonly word: number;
      readonly expected: Expr;
      readonly value: Expr;
      readonly index: number;
    }
  | {
      readonly kind: 'if';
      readonly condition: Condition;
      readonly then: readonly Stmt[];
      readonly else: readonly Stmt[];
      readonly cold: boolean;
    }
  | { readonly kind: 'loop'; readonly count: number; readonly body: readonly Stmt[] }
  | { readonly kind: 'leave'; readonly how: 'break' | 'continue' | 'exit'; readonly condition: Condition };

const OPERATORS: readonly BinaryOp[] = [
  'add',
  'sub',
  'mul',
  'udiv',
  'sdiv',
  'umod',
  'smod',
  'and',
  'or',
  'xor',
  'shl',
  'lshr',
  'ashr',
];
const COMPARES: readonly CompareOp[] = ['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge', 'set'];

export const word: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: -4n, max: 70n }),
  fc.constantFrom(
    -(2n ** 63n),
    2n ** 63n - 1n,
    2n ** 31n,
    2n ** 31n - 1n,
    -(2n ** 31n),
    -(2n ** 31n) - 1n,
    2n ** 32n,
    2n ** 32n - 1n,
    0xffffn,
    0xffn,
    0x80n,
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

const index = fc.nat(63);
const operator = fc.constantFrom(...OPERATORS);
const place: fc.Arbitrary<Place> = fc.record({
  size: fc.constantFrom<AccessSize>(1, 2, 4, 8),
  slot: fc.nat(SLOTS - 1),
  word: fc.nat(15),
});
const helper = fc.constantFrom(HelperId.get_prandom_u32, HelperId.ktime_get_ns, HelperId.get_smp_processor_id);

const { expression } = fc.letrec<{ expression: Expr }>((tie) => {
  const operand = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('variable'), index }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('const'), value: word }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('argument'), index }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('load'), place, signed: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('call'), helper }) },
      { weight: 10, arbitrary: fc.record({ kind: fc.constant('binary'), operator, left: operand, right: operand }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('negate', 'log2'), operand }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('byteSwap'), size: fc.constantFrom(2, 4, 8), operand }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('extend'),
          size: fc.constantFrom(1, 2, 4),
          signed: fc.boolean(),
          operand,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('choice'),
          condition: conditionOf(operand),
          then: operand,
          else: operand,
        }),
      },
    ) as fc.Arbitrary<Expr>,
  };
});

function conditionOf(operand: fc.Arbitrary<Expr>): fc.Arbitrary<Condition> {
  return fc.record({
    compare: fc.constantFrom(...COMPARES),
    left: operand,
    right: operand,
    asValue: fc.boolean(),
  });
}

const condition = conditionOf(expression);
const { statements } = fc.letrec<{ statements: Stmt[] }>((tie) => ({
  statements: fc.array(
    fc.oneof(
      { depthSize: 'small' },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('assign'), index, value: expression }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('rotate'), indexes: fc.array(index, { minLength: 2, maxLength: 5 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('store'), place, value: expression }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('atomicAdd'),
          size: fc.constantFrom(4, 8),
          word: index,
          value: expression,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('compareExchange'),
          size: fc.constantFrom(4, 8),
          word: index,
          expected: expression,
          value: expression,
          index,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('leave'),
          how: fc.constantFrom('break', 'continue', 'exit'),
          condition,
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('if'),
          condition,
          then: tie('statements'),
          else: tie('statements'),
          cold: fc.boolean(),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('loop'), count: fc.nat(3), body: tie('statements') }) },
    ) as fc.Arbitrary<Stmt>,
    { maxLength: 6 },
  ) as fc.Arbitrary<Stmt[]>,
}));

/** Few variables, or many more than there are registers. */
export const plan: fc.Arbitrary<Plan> = fc.record({
  variables: fc.oneof(
    fc.array(expression, { minLength: 1, maxLength: 6, size: 'max' }),
    fc.array(expression, { minLength: 8, maxLength: 40, size: 'max' }),
  ),
  body: statements,
  weights: fc.nat(1),
});

export function buildFunction(plan: Plan): IrFunction {
  return new PlanBuilder(plan, 'main').run();
}

/** Two functions, the first of which calls the second wherever its plan asks for the time. */
export function buildProgram(main: Plan, called: Plan): readonly IrFunction[] {
  return [new PlanBuilder(main, 'caller').run(), new PlanBuilder(called, 'called').run()];
}

/** Words that a function is called with. */
const PASSED = 5;

class PlanBuilder {
  private readonly b: Builder;
  private readonly role: 'main' | 'caller' | 'called';
  private passed: readonly Value[] = [];
  private readonly plan: Plan;
  private readonly slots: FrameSlot[];
  private readonly end: Block;
  private readonly loops: { readonly continueTo: Block; readonly breakTo: Block }[] = [];
  private readonly result: number;

  constructor(plan: Plan, role: 'main' | 'caller' | 'called') {
    this.b = new Builder(role);
    this.role = role;
    this.plan = plan;
    this.slots = Array.from({ length: SLOTS }, () => this.b.slot(SLOT_BYTES));
    this.end = this.b.block();
    this.result = this.b.temporary();
  }

  run(): IrFunction {
    const { b } = this;
    if (this.role === 'called') this.passed = Array.from({ length: PASSED }, (_, i) => b.argument(i));
    for (const slot of this.slots) {
      for (let at = 0; at < SLOT_BYTES; at += 8) b.store(8, b.frame(slot, at), 0, b.constant(0));
    }
    for (const [i, value] of this.plan.variables.entries()) b.write(i, this.expression(value));
    this.statements(this.plan.body);
    let hash = b.constant(this.plan.weights);
    for (const i of this.plan.variables.keys())
      hash = b.binary('add', b.binary('mul', hash, b.constant(31)), b.read(i));
    b.write(this.result, hash);
    b.jump(this.end);
    b.enter(this.end);
    if (this.role === 'called') {
      b.exit(b.read(this.result));
    } else {
      b.store(8, b.mapValue('data', 0), 0, b.read(this.result));
      b.exit(b.constant(0));
    }
    return b.finish();
  }

  private variable(i: number): number {
    return i % this.plan.variables.length;
  }

  private expression(e: Expr): Value {
    const { b } = this;
    switch (e.kind) {
      case 'const':
        return b.constant(e.value);
      case 'variable':
        return b.read(this.variable(e.index));
      case 'argument':
        if (this.role === 'called') return this.passed[e.index % PASSED] as Value;
        return b.load(8, false, b.context(), (e.index % ARGUMENTS) * 8);
      case 'binary':
        return b.binary(e.operator, this.expression(e.left), this.expression(e.right));
      case 'negate':
        return b.negate(this.expression(e.operand));
      case 'log2':
        return b.log2(b.binary('or', b.binary('lshr', this.expression(e.operand), b.constant(1)), b.constant(1)));
      case 'byteSwap':
        return b.byteSwap(e.size, this.expression(e.operand));
      case 'extend':
        return b.extend(e.size, e.signed, this.expression(e.operand));
      case 'load': {
        const { base, offset } = this.address(e.place);
        return b.load(e.place.size, e.signed, base, offset);
      }
      case 'call':
        if (this.role === 'caller' && e.helper === HelperId.ktime_get_ns) {
          const args = Array.from({ length: PASSED }, (_, i) => b.read(this.variable(i)));
          return b.callFunction({ kind: 'function', name: 'called' }, args);
        }
        // Nothing is left of what can't be foretold.
        return b.binary('lshr', b.call(e.helper, []), b.constant(e.helper === HelperId.ktime_get_ns ? 63 : 32));
      case 'choice':
        return this.choice(e);
    }
  }

  private address(place: Place): { base: Value; offset: number } {
    const base = this.b.frame(this.slots[place.slot] as FrameSlot);
    return { base, offset: (place.word % (SLOT_BYTES / place.size)) * place.size };
  }

  private choice(e: Expr & { kind: 'choice' }): Value {
    const result = this.b.temporary();
    this.branch(
      e.condition,
      () => this.b.write(result, this.expression(e.then)),
      () => this.b.write(result, this.expression(e.else)),
    );
    return this.b.read(result);
  }

  private branch(condition: Condition, then: () => void, otherwise: () => void, cold = false): void {
    const { b } = this;
    const left = this.expression(condition.left);
    const right = this.expression(condition.right);
    if (!condition.asValue) {
      this.fork(condition.compare, left, right, then, otherwise, cold);
      return;
    }
    const truth = b.temporary();
    const set = (value: number) => () => b.write(truth, b.constant(value));
    this.fork(condition.compare, left, right, set(1), set(0));
    this.fork('ne', b.read(truth), b.constant(0), then, otherwise, cold);
  }

  private fork(
    compare: CompareOp,
    left: Value,
    right: Value,
    then: () => void,
    otherwise: () => void,
    cold = false,
  ): void {
    const { b } = this;
    const yes = b.block({ cold });
    const no = b.block();
    const done = b.block();
    b.branch(compare, left, right, yes, no);
    const sides = [
      [yes, then],
      [no, otherwise],
    ] as const;
    for (const [block, body] of sides) {
      b.enter(block);
      b.scope(body);
      b.jump(done);
    }
    b.enter(done);
  }

  private statements(list: readonly Stmt[]): void {
    for (const s of list) this.statement(s);
  }

  private statement(s: Stmt): void {
    const { b } = this;
    switch (s.kind) {
      case 'assign':
        b.write(this.variable(s.index), this.expression(s.value));
        return;
      case 'rotate': {
        const values = s.indexes.map((i) => b.read(this.variable(i)));
        for (const [n, i] of s.indexes.entries()) b.write(this.variable(i), values[(n + 1) % values.length] as Value);
        return;
      }
      case 'store': {
        const { base, offset } = this.address(s.place);
        b.store(s.place.size, base, offset, this.expression(s.value));
        return;
      }
      case 'atomicAdd':
        b.atomicAdd(s.size, b.mapValue('data', this.mapOffset(s.word)), 0, this.expression(s.value));
        return;
      case 'compareExchange': {
        const at = b.mapValue('data', this.mapOffset(s.word));
        const expected = this.expression(s.expected);
        b.write(this.variable(s.index), b.compareExchange(s.size, at, 0, expected, this.expression(s.value)));
        return;
      }
      case 'if':
        this.branch(
          s.condition,
          () => this.statements(s.then),
          () => this.statements(s.else),
          s.cold,
        );
        return;
      case 'loop':
        this.loop(s);
        return;
      case 'leave':
        this.leave(s);
        return;
    }
  }

  private mapOffset(word: number): number {
    return 8 + (word % (MAP_BYTES / 8 - 1)) * 8;
  }

  private loop(s: Stmt & { kind: 'loop' }): void {
    const { b } = this;
    const round = b.temporary();
    // The verifier walks through each round of each loop: inner ones are kept short.
    const count = this.loops.length === 0 ? s.count : Math.min(s.count, 1);
    b.write(round, b.constant(0));
    const head = b.block();
    const body = b.block();
    const next = b.block();
    const done = b.block();
    b.jump(head);
    b.enter(head, { loop: true });
    b.branch('ult', b.read(round), b.constant(count), body, done);
    b.enter(body);
    this.loops.push({ continueTo: next, breakTo: done });
    b.scope(() => this.statements(s.body));
    this.loops.pop();
    b.jump(next);
    b.enter(next);
    b.write(round, b.add(b.read(round), 1));
    b.jump(head);
    b.seal(head);
    b.enter(done);
  }

  private leave(s: Stmt & { kind: 'leave' }): void {
    const { b } = this;
    const loop = this.loops.at(-1);
    const body = (): void => {
      if (loop !== undefined && s.how !== 'exit') {
        b.jump(s.how === 'break' ? loop.breakTo : loop.continueTo);
        return;
      }
      b.write(this.result, b.constant(7));
      b.jump(this.end);
    };
    this.branch(s.condition, body, () => {});
  }
}
