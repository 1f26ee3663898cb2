/** Checking and generating code, in fresh processes: what no other tool tells by itself. */
import { join } from 'node:path';
import type { Measure } from '../bench.ts';
import { BundledCompiler } from '../bundled-compiler.ts';
import { median } from '../statistics.ts';
import type { Row } from '../table.ts';

export const compile: Measure = {
  names: ['compile'],
  async run({ workbench, runs }) {
    const compiler = await BundledCompiler.make(join(workbench.folder, 'compiler'));
    const medianMs = (script: string): number =>
      median(Array.from({ length: runs }, () => compiler.compileMs(join(import.meta.dirname, '..', script))));
    const row = (what: string, bound: string, script: string): Row => ({
      what: `compile: ${what}`,
      unit: 'ms',
      bound,
      subject: medianMs(script),
      peer: undefined,
    });
    const rows = [row('one-liner', '<= 5', 'one-liner.bt'), row('300 lines, 30 probes', '<= 30', 'large.bt')];
    return [{ title: 'Compile', rows }];
  },
};
