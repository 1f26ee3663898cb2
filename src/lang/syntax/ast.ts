/**
 * The syntax tree: what was written, nothing resolved. Every node has a span. The grammar is the whole
 * language; what the checker can't do yet, it refuses with a diagnostic.
 */
import type { Span } from '../diagnostic/index.ts';

export interface Script {
  readonly span: Span;
  /** C declarations and preprocessor lines, verbatim, in order. */
  readonly declarations: readonly CText[];
  readonly config: Config | undefined;
  readonly imports: readonly Import[];
  readonly items: readonly Item[];
}
export interface CText {
  readonly kind: 'directive' | 'definition';
  readonly text: string;
  readonly span: Span;
}
export interface Config {
  readonly span: Span;
  readonly settings: readonly ConfigSetting[];
}
export interface ConfigSetting {
  readonly span: Span;
  readonly key: string;
  /** Integer and string literals by value, identifiers and booleans by text. */
  readonly value:
    | { readonly kind: 'string' | 'identifier'; readonly text: string }
    | { readonly kind: 'integer'; readonly value: bigint };
}
export interface Import {
  readonly span: Span;
  readonly path: string;
}

export type Item = Probe | Macro | FunctionDefinition | MapDeclaration;

export interface Probe {
  readonly kind: 'probe';
  readonly span: Span;
  readonly points: readonly AttachPointText[];
  readonly predicate: Expression | undefined;
  readonly body: Block;
}
/** One attach point as written. Quotes are already resolved; positional parameters were replaced. */
export interface AttachPointText {
  readonly span: Span;
  /** `mine` of `mine=kprobe:vfs_read`. */
  readonly name: string | undefined;
  /** Without the name; quotes as written, positional parameters replaced: for messages. */
  readonly text: string;
  /** Split at `:` outside quotes. The first is the provider. */
  readonly components: readonly AttachComponent[];
}
export interface AttachComponent {
  readonly text: string;
  /** No wildcard is looked for in a part that stood wholly in quotes. */
  readonly quoted: boolean;
}
export interface Macro {
  readonly kind: 'macro';
  readonly span: Span;
  readonly name: string;
  readonly nameSpan: Span;
  readonly parameters: readonly {
    readonly kind: 'variable' | 'map' | 'expression';
    readonly name: string;
    readonly span: Span;
  }[];
  readonly body: Block;
}
export interface FunctionDefinition {
  readonly kind: 'function';
  readonly span: Span;
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: TypeSyntax; readonly span: Span }[];
  readonly returnType: TypeSyntax;
  readonly body: Block;
}
export interface MapDeclaration {
  readonly kind: 'mapDeclaration';
  readonly span: Span;
  readonly map: string;
  readonly type: string;
  readonly maxEntries: bigint;
}

/** A type as written. Multi-word C names are one name: `unsigned long`. */
export type TypeSyntax =
  | { readonly kind: 'named'; readonly name: string; readonly span: Span }
  | { readonly kind: 'tagged'; readonly tag: 'struct' | 'union' | 'enum'; readonly name: string; readonly span: Span }
  | { readonly kind: 'pointer'; readonly to: TypeSyntax; readonly span: Span }
  | { readonly kind: 'array'; readonly element: TypeSyntax; readonly count: bigint; readonly span: Span }
  | { readonly kind: 'tuple'; readonly elements: readonly TypeSyntax[]; readonly span: Span }
  | { readonly kind: 'typeof'; readonly operand: TypeSyntax | Expression; readonly span: Span };

export interface Block {
  readonly kind: 'block';
  readonly span: Span;
  readonly statements: readonly Statement[];
  /** Last expression without semicolon: the block's value where one is wanted. */
  readonly value: Expression | undefined;
}

export type AssignOperator = '=' | '+=' | '-=' | '*=' | '/=' | '%=' | '&=' | '|=' | '^=' | '<<=' | '>>=';

export type Statement =
  | {
      readonly kind: 'expressionStatement';
      readonly span: Span;
      readonly expression: Expression;
      /** It was the call of a macro: that its value is not used means nothing. */
      readonly isExpansion?: true;
    }
  | {
      readonly kind: 'assign';
      readonly span: Span;
      readonly target: Expression;
      readonly operator: AssignOperator;
      readonly value: Expression;
    }
  /** `_ = expr;` */
  | { readonly kind: 'discard'; readonly span: Span; readonly value: Expression }
  | {
      readonly kind: 'let';
      readonly span: Span;
      readonly name: string;
      readonly nameSpan: Span;
      readonly type: TypeSyntax | undefined;
      readonly value: Expression | undefined;
    }
  | {
      readonly kind: 'if';
      readonly span: Span;
      readonly comptime: boolean;
      readonly condition: Expression;
      readonly then: Block;
      readonly else: Block | undefined;
    }
  | { readonly kind: 'while'; readonly span: Span; readonly condition: Expression; readonly body: Block }
  | {
      readonly kind: 'for';
      readonly span: Span;
      readonly variable: string;
      readonly variableSpan: Span;
      readonly over: Expression | Range;
      readonly body: Block;
    }
  | { readonly kind: 'unroll'; readonly span: Span; readonly count: Expression; readonly body: Block }
  | Block
  | { readonly kind: 'break' | 'continue'; readonly span: Span }
  | { readonly kind: 'return'; readonly span: Span; readonly value: Expression | undefined }
  | { readonly kind: 'importStatement'; readonly span: Span; readonly path: string };

export interface Range {
  readonly kind: 'range';
  readonly span: Span;
  readonly from: Expression;
  readonly to: Expression;
}

export type BinaryOperator =
  | '||'
  | '&&'
  | '|'
  | '^'
  | '&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export type Expression =
  /** Literals have no sign: `-` is a unary node. `value` has duration suffixes applied; `suffix` as written. */
  | {
      readonly kind: 'integer';
      readonly span: Span;
      readonly value: bigint;
      readonly text: string;
      readonly suffix: string;
    }
  | { readonly kind: 'string'; readonly span: Span; readonly value: string }
  | { readonly kind: 'boolean'; readonly span: Span; readonly value: boolean }
  /** `$1` has index 1. */
  | { readonly kind: 'positional'; readonly span: Span; readonly index: number }
  | { readonly kind: 'parameterCount'; readonly span: Span }
  /** Name with `$`, here and wherever else a variable or a parameter is named. */
  | { readonly kind: 'variable'; readonly span: Span; readonly name: string }
  /** Name with `@`. `key` undefined: no brackets. One element: that expression is the key; more: a tuple. */
  | {
      readonly kind: 'map';
      readonly span: Span;
      readonly name: string;
      readonly key: readonly Expression[] | undefined;
    }
  | { readonly kind: 'identifier'; readonly span: Span; readonly name: string }
  | {
      readonly kind: 'call';
      readonly span: Span;
      readonly name: string;
      readonly nameSpan: Span;
      readonly arguments: readonly Expression[];
    }
  | {
      readonly kind: 'unary';
      readonly span: Span;
      readonly operator: '-' | '!' | '~' | '*' | '&';
      readonly operand: Expression;
    }
  | {
      readonly kind: 'increment';
      readonly span: Span;
      readonly operator: '++' | '--';
      readonly prefix: boolean;
      readonly operand: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly span: Span;
      readonly operator: BinaryOperator;
      readonly operatorSpan: Span;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** `then` undefined: the elvis operator `a ?: b`. */
  | {
      readonly kind: 'conditional';
      readonly span: Span;
      readonly condition: Expression;
      readonly then: Expression | undefined;
      readonly else: Expression;
    }
  | { readonly kind: 'cast'; readonly span: Span; readonly type: TypeSyntax; readonly operand: Expression }
  /** `.f` and `->f`; a tuple member has its number as name. */
  | {
      readonly kind: 'field';
      readonly span: Span;
      readonly arrow: boolean;
      readonly operand: Expression;
      readonly name: string;
      readonly nameSpan: Span;
    }
  | { readonly kind: 'index'; readonly span: Span; readonly operand: Expression; readonly index: Expression }
  | { readonly kind: 'tuple'; readonly span: Span; readonly elements: readonly Expression[] }
  | {
      readonly kind: 'record';
      readonly span: Span;
      readonly members: readonly { readonly name: string; readonly value: Expression; readonly span: Span }[];
    }
  | {
      readonly kind: 'ifExpression';
      readonly span: Span;
      readonly comptime: boolean;
      readonly condition: Expression;
      readonly then: Block;
      readonly else: Block | undefined;
    }
  /** `macro`: the name of the macro whose body this is. */
  | { readonly kind: 'blockExpression'; readonly span: Span; readonly block: Block; readonly macro?: string }
  | { readonly kind: 'comptime'; readonly span: Span; readonly operand: Expression }
  /** A type where an expression stands: `struct page` as an argument of a macro, `typeof($x)`. Never a plain name. */
  | { readonly kind: 'typeExpression'; readonly span: Span; readonly type: TypeSyntax }
  /**
   * sizeof, typeinfo: of a type or of an expression's type. A plain name is a `named` type here (it may turn out to
   * be a macro's parameter, a builtin or a constant), except a core builtin, which is an `identifier`. A `tuple` is always an expression.
   */
  | { readonly kind: 'sizeof' | 'typeinfo'; readonly span: Span; readonly operand: TypeSyntax | Expression }
  | {
      readonly kind: 'offsetof';
      readonly span: Span;
      readonly operand: TypeSyntax | Expression;
      readonly path: readonly string[];
    };
