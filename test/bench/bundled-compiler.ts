/** The compiler as users start it: bundled, with V8's flags of the launcher and its code caches, in a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';

const root = join(import.meta.dirname, '../..');

export class BundledCompiler {
  readonly #flags: readonly string[];
  readonly #program: string;

  private constructor(flags: readonly string[], program: string) {
    this.#flags = flags;
    this.#program = program;
  }

  /** In a folder of its own. Its code caches come from compiles of what fills the command line's. */
  static async make(folder: string): Promise<BundledCompiler> {
    mkdirSync(folder, { mode: 0o755 });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'sonde.cjs'), await bundle(join(import.meta.dirname, 'compile-once.ts')));
    const program = join(folder, 'run.cjs');
    const [entry, dist] = [join(root, 'bin/entry.cjs'), folder].map((path) => JSON.stringify(path));
    writeFileSync(program, `require(${entry}).loadPart(${dist}, 'sonde').main(process.argv.slice(2))`);
    const [, flags] = /^flags='(.*)'$/m.exec(readFileSync(join(root, 'bin/sonde'), 'utf8')) ?? [];
    if (flags === undefined) throw new Error("the launcher's flags for V8 are not where they were");
    const made = new BundledCompiler(flags.split(' '), program);
    const first = join(folder, 'first.bt');
    writeFileSync(first, 'begin { @[comm, pid] = count(); printf("%d %s\\n", 1, "x"); exit(); }');
    for (const script of [first, join(root, 'scripts/fill.bt')]) made.compileMs(script);
    return made;
  }

  compileMs(script: string): number {
    return Number(execFileSync(process.execPath, [...this.#flags, this.#program, script], { encoding: 'utf8' }));
  }
}
