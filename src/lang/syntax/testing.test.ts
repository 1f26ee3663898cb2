/** One-line helpers for the tests of this folder; their names say the property. */
import assert from 'node:assert/strict';
import { renderDiagnostics } from '../diagnostic/index.ts';
import { parse, printAstInline } from './index.ts';

/** The whole script parses without a diagnostic and prints as `printed`. */
export function expectParsed(text: string, printed: string, positional: readonly string[] = []): void {
  const source = { name: 'stdin', text };
  const { script, diagnostics } = parse(source, { positional });
  assert.equal(renderDiagnostics(source, diagnostics, { colour: false }), '', text);
  assert.ok(script !== undefined, text);
  assert.equal(printAstInline(script), printed, text);
}

/** As body of `begin { … }`. */
export function expectStatements(text: string, printed: string): void {
  expectParsed(`begin { ${text} }`, printed === '' ? 'probe begin' : `(probe begin ${printed})`);
}

export function expectExpression(text: string, printed: string): void {
  expectStatements(`_ = ${text};`, `(discard ${printed})`);
}

/** The script is refused, or warned of, with exactly this text. */
export function expectDiagnostics(text: string, rendered: string, positional: readonly string[] = []): void {
  const source = { name: 'stdin', text };
  const { script, diagnostics } = parse(source, { positional });
  assert.equal(renderDiagnostics(source, diagnostics, { colour: false }), rendered, text);
  assert.equal(
    script === undefined,
    diagnostics.some(({ severity }) => severity === 'error'),
    text,
  );
}

/** The first lines of the errors of `begin { … }`, without their place: `9-12 syntax: expected ';'`. */
export function expectErrors(body: string, ...errors: readonly string[]): void {
  const { diagnostics } = parse({ name: 'stdin', text: `begin { ${body} }` }, { positional: [] });
  assert.deepEqual(
    diagnostics.map(({ span, message }) => `${span!.start + 1}-${span!.end + 1} ${message}`),
    errors,
    body,
  );
}
