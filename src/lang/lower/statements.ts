import type { Statement } from '../checked/index.ts';
import { isWord } from '../types/index.ts';
import { lowerAggregate } from './aggregations.ts';
import { lowerEmit } from './events.ts';
import { lowerForMap, lowerForRange } from './loops.ts';
import type { Lowering } from './lowering.ts';
import { lowerAssignMap } from './maps.ts';
import { lowerCondition } from './words.ts';

export function lowerStatement(l: Lowering, s: Statement): void {
  const b = l.builder;
  switch (s.kind) {
    case 'expression':
      if (isWord(s.expression.type) || s.expression.type.kind === 'void' || s.expression.type.kind === 'none')
        l.word(s.expression);
      else l.address(s.expression);
      return;
    case 'assignVariable':
      if (isWord(s.variable.type)) l.writeVariable(s.variable, l.word(s.value));
      else l.store(s.value, l.placeOf(s.variable), true);
      return;
    case 'assignMap':
      lowerAssignMap(l, s);
      l.reads.forget(s.map.name);
      return;
    case 'aggregate':
      lowerAggregate(l, s);
      return;
    case 'if':
      lowerIf(l, s);
      return;
    case 'while':
      l.reads.forgetAll();
      lowerWhile(l, s);
      return;
    case 'unroll':
      lowerUnroll(l, s);
      return;
    case 'forRange':
      l.reads.forgetAll();
      lowerForRange(l, s);
      return;
    case 'forMap':
      l.reads.forgetAll();
      lowerForMap(l, s);
      return;
    case 'block':
      l.statements(s.statements);
      return;
    case 'break':
    case 'continue': {
      const loop = l.loops.at(-1);
      if (loop !== undefined) b.jump(s.kind === 'break' ? loop.breakTo : loop.continueTo);
      return;
    }
    case 'return':
      if (s.value === undefined) b.jump(l.end);
      else l.returnValue(s.value);
      return;
    case 'emit':
      lowerEmit(l, s);
      return;
  }
}

function lowerIf(l: Lowering, s: Statement & { kind: 'if' }): void {
  const b = l.builder;
  const yes = b.block();
  const done = b.block();
  const no = s.else.length === 0 ? done : b.block();
  lowerCondition(l, s.condition, yes, no);
  b.enter(yes);
  b.scope(() => {
    l.statements(s.then);
    b.jump(done);
  });
  if (no !== done) {
    b.enter(no);
    b.scope(() => {
      l.statements(s.else);
      b.jump(done);
    });
  }
  b.enter(done);
}

/** The verifier follows each round: what it can't see the end of, it refuses. */
function lowerWhile(l: Lowering, s: Statement & { kind: 'while' }): void {
  const b = l.builder;
  const head = b.block();
  const body = b.block();
  const done = b.block();
  b.jump(head);
  b.enter(head, { loop: true });
  b.scope(() => {
    lowerCondition(l, s.condition, body, done);
    b.enter(body);
    b.scope(() => {
      l.loops.push({ continueTo: head, breakTo: done });
      l.statements(s.body);
      l.loops.pop();
      b.jump(head);
    });
  });
  b.seal(head);
  b.enter(done);
}

function lowerUnroll(l: Lowering, s: Statement & { kind: 'unroll' }): void {
  const b = l.builder;
  const done = b.block();
  b.scope(() => {
    for (let i = 0; i < s.count && b.reachable; i++) {
      const next = b.block();
      l.loops.push({ continueTo: next, breakTo: done });
      b.scope(() => l.statements(s.body));
      l.loops.pop();
      b.jump(next);
      b.enter(next);
    }
    b.jump(done);
  });
  b.enter(done);
}
