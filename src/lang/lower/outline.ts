/**
 * Which loops of a program become functions of their own, called back by the kernel, and what that means for its
 * variables: those that several functions use live in memory that all of them reach.
 */
import type { Expression, Statement } from '../checked/index.ts';
import type { Target } from '../target.ts';

export type ForStatement = Statement & { kind: 'forRange' | 'forMap' };

export type OwnCall = Expression & { kind: 'ownCall' };

export interface Outline {
  readonly loops: ReadonlySet<Statement>;
  /** Ids of the variables that more than one function uses, or that keep their value from round to round. */
  readonly shared: ReadonlySet<number>;
  /** How many variables are mentioned. */
  readonly variables: number;
  /** Functions that can be active at once: this one, and those of loops and of the script that it calls. */
  readonly depth: number;
  /** Something here ends the whole program: exit(), or a function that does. */
  readonly exits: boolean;
}

/** A short loop is cheaper as a plain one, and the verifier knows its variable in each round. */
const PLAIN_ROUNDS = 8n;
/** Without bpf_loop (5.17) longer ones have to do, as far as the verifier follows. */
const PLAIN_ROUNDS_AT_MOST = 512n;

/** `called` outlines a function of the script. */
export function outline(roots: readonly unknown[], target: Target, called: (call: OwnCall) => Outline): Outline {
  const walk = new Walk(target, called);
  for (const root of roots) walk.visit(root);
  return walk.result();
}

/** Whether the bounds are known, and so near that the loop stays a plain one. */
export function isPlain(loop: Statement & { kind: 'forRange' }, target: Target): boolean {
  const { from, to } = loop;
  if (from.kind !== 'constant' || to.kind !== 'constant') return false;
  return to.value - from.value <= (target.have('loop') ? PLAIN_ROUNDS : PLAIN_ROUNDS_AT_MOST);
}

class Walk {
  private readonly target: Target;
  private readonly loops = new Set<Statement>();
  /** For each variable the functions that mention it; undefined: the outermost. */
  private readonly users = new Map<number, Set<ForStatement | undefined>>();
  private readonly addressed = new Set<number>();
  private within: ForStatement | undefined;
  private depth = 1;
  private deepest = 1;
  private exits = false;
  private readonly called: (call: OwnCall) => Outline;

  constructor(target: Target, called: (call: OwnCall) => Outline) {
    this.target = target;
    this.called = called;
  }

  result(): Outline {
    const shared = new Set(this.addressed);
    for (const [id, users] of this.users) {
      const [only] = users;
      if (users.size > 1 || (only !== undefined && only.variable.id !== id && !isAssignedFirst(only.body, id)))
        shared.add(id);
    }
    return { loops: this.loops, shared, variables: this.users.size, depth: this.deepest, exits: this.exits };
  }

  visit(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const item of node) this.visit(item);
      return;
    }
    const statement = node as Statement;
    if (statement.kind === 'forMap' || (statement.kind === 'forRange' && !isPlain(statement, this.target))) {
      if (statement.kind === 'forRange') this.visit([statement.from, statement.to]);
      this.visitOutlined(statement);
      return;
    }
    // A search is a loop of the kernel's too.
    if ('function' in node && node.function === 'strstr') this.deepest = Math.max(this.deepest, this.depth + 1);
    const { kind, type } = node as { kind?: string; type?: { unwound?: true } };
    // One function for each frame, and one in it that the kernel calls with a mapping.
    if (kind === 'builtin' && type?.unwound) this.deepest = Math.max(this.deepest, this.depth + 2);
    if (kind === 'mapLength') this.deepest = Math.max(this.deepest, this.depth + 1);
    if (kind === 'addressOf') this.noteAddress((node as Expression & { kind: 'addressOf' }).target);
    if (kind === 'ownCall') this.noteCall(this.called(node as OwnCall));
    if (kind === 'emit') this.exits ||= (statement as Statement & { kind: 'emit' }).event.kind === 'exit';
    for (const key in node) {
      const child = (node as Readonly<Record<string, unknown>>)[key];
      if (typeof child !== 'object' || child === null) continue;
      if (key === 'variable') this.note((child as { id: number }).id);
      else if (key !== 'type' && key !== 'map' && key !== 'span') this.visit(child);
    }
  }

  private visitOutlined(loop: ForStatement): void {
    const outer = this.within;
    this.loops.add(loop);
    this.within = loop;
    this.deepest = Math.max(this.deepest, ++this.depth);
    this.note(loop.variable.id);
    this.visit(loop.body);
    this.depth--;
    this.within = outer;
  }

  private noteCall({ depth, exits }: Outline): void {
    this.deepest = Math.max(this.deepest, this.depth + depth);
    this.exits ||= exits;
  }

  /** What has an address is in memory. */
  private noteAddress(target: (Expression & { kind: 'addressOf' })['target']): void {
    if (target.kind === 'variable') this.addressed.add(target.variable.id);
  }

  private note(id: number): void {
    let users = this.users.get(id);
    if (users === undefined) this.users.set(id, (users = new Set()));
    users.add(this.within);
  }
}

/** Whether these statements give the variable a value before they read it. */
export function isAssignedFirst(statements: readonly Statement[], id: number): boolean {
  for (const statement of statements) {
    if (statement.kind === 'assignVariable' && statement.variable.id === id) return !mentions(statement.value, id);
    if (mentions(statement, id)) return false;
  }
  return false;
}

/** Does the tree mention the variable anywhere? */
function mentions(node: unknown, id: number): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some((item) => mentions(item, id));
  return Object.entries(node).some(([key, child]) => {
    if (key === 'type' || key === 'map' || key === 'span') return false;
    if (key === 'variable') return (child as { id: number }).id === id;
    return mentions(child, id);
  });
}
