/** One entry of the tables of builtins: how its use is checked and what it becomes. */
import type { Aggregation } from '../../spec/index.ts';
import type { Expression, Statement } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Context } from '../passes/state/context.ts';
import type * as ast from '../syntax/index.ts';

export type CallNode = ast.Expression & { readonly kind: 'call' };

/** A value by name: `pid`. `name` is the name used (`arg3`). */
export interface ValueBuiltin {
  readonly name: string;
  readonly value: (context: Context, span: Span, name: string) => Expression | undefined;
}

/** What goes into an aggregation. `bending`: a plain literal, that follows the sign of the others. */
export interface AggregationUse {
  readonly aggregation: Aggregation;
  readonly value: Expression | undefined;
  readonly bending: boolean;
}

/** A function. Exactly one of `value`, `action` and `aggregation` is usual; delete() has two. */
export interface FunctionBuiltin {
  readonly name: string;
  /** Fewest and most arguments. */
  readonly arguments: readonly [least: number, most: number];
  /** Needs --unsafe. */
  readonly unsafe?: boolean;
  readonly value?: (context: Context, call: CallNode) => Expression | undefined;
  readonly action?: (context: Context, call: CallNode) => readonly Statement[];
  readonly aggregation?: (context: Context, call: CallNode) => AggregationUse | undefined;
}
