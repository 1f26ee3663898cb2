/** Runs commands and says what they cost. The programs that measure and that make system calls are compiled on first use. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakKib: number;
}

export interface Measured extends Cost {
  /** Where standard output went; gone after `close`. */
  readonly outputPath: string;
  readonly stderr: string;
}

/** A folder of throw-away files, with the programs in it. */
export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  readonly workload = this.#compile('workload');
  readonly load = this.#compile('load');
  readonly #measure = this.#compile('measure');

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  #compile(name: string): string {
    const program = join(this.folder, name);
    execFileSync(
      'gcc',
      ['-O2', '-fno-omit-frame-pointer', '-pthread', '-o', program, join(import.meta.dirname, `${name}.c`)],
      {
        stdio: 'inherit',
      },
    );
    return program;
  }

  /** Runs a command to its end, output into a file. Throws where its status is not 0. */
  run(command: readonly string[], options: { sampleMemory?: boolean; environment?: NodeJS.ProcessEnv } = {}): Measured {
    const [costPath, outputPath] = [join(this.folder, 'cost'), join(this.folder, 'output')];
    const output = openSync(outputPath, 'w');
    const { stderr, error } = spawnSync(this.#measure, [costPath, ...command], {
      stdio: ['ignore', output, 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, ...options.environment, ...(options.sampleMemory ? { MEASURE_MEMORY: '1' } : {}) },
    });
    closeSync(output);
    if (error !== undefined) throw error;
    const [wall, cpu, peakKib, status] = readFileSync(costPath, 'utf8').split(' ').map(Number) as [
      number,
      number,
      number,
      number,
    ];
    if (status !== 0) throw new Error(`${command.join(' ')}: wait status ${status}\n${stderr}`);
    return { wallMs: wall / 1000, cpuMs: cpu / 1000, peakKib, outputPath, stderr };
  }
}
