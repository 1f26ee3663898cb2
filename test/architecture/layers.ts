/**
 * Who may import whom: the one place that says it. The linter's rules (oxlint.config.ts) and the test of the
 * import graph are both made from this table. A module is a folder of `src/`, entered through its `index.ts`.
 */
export interface Module {
  /** The modules that this one may import. */
  readonly imports: readonly string[];
  /** True where the module also runs in a browser: it and what it imports take no `node:` module. */
  readonly browser?: boolean;
  /** Files that may import more than their module, by path inside it. */
  readonly exceptions?: Readonly<Record<string, readonly string[]>>;
}

const pure = ['base', 'abi', 'asm', 'btf', 'elf', 'spec', 'recording', 'lang', 'verifier', 'vm', 'output', 'session'];
const belowServices = [...pure, 'kernel', 'symbols', 'simulate', 'runtime'];
const compilerBase = ['base', 'abi', 'asm', 'btf', 'spec'];

export const modules: Readonly<Record<string, Module>> = {
  base: { imports: [], browser: true },
  abi: { imports: ['base'], browser: true },
  asm: { imports: ['base', 'abi'], browser: true },
  btf: { imports: ['base', 'abi', 'asm'], browser: true },
  spec: { imports: ['base', 'abi', 'asm', 'btf'], browser: true },
  elf: { imports: ['base', 'abi', 'spec'], browser: true },
  recording: { imports: ['base', 'spec'], browser: true },
  lang: { imports: compilerBase, browser: true },
  verifier: { imports: compilerBase, browser: true },
  vm: { imports: compilerBase, browser: true },
  kernel: { imports: [...compilerBase, 'elf'] },
  symbols: { imports: ['base', 'abi', 'btf', 'elf', 'spec', 'kernel'] },
  output: { imports: ['base', 'spec'], browser: true },
  session: { imports: ['base', 'spec', 'output', 'recording'], browser: true },
  simulate: {
    imports: ['lang', 'verifier', 'vm', 'session', 'output', 'recording', 'spec', 'btf', 'base'],
    browser: true,
  },
  runtime: { imports: [...pure, 'kernel', 'symbols', 'simulate'] },
  store: { imports: ['base', 'output'] },
  ports: { imports: ['base', 'output'] },
  agent: { imports: ['base', 'runtime', 'symbols', 'store', 'ports'] },
  server: { imports: ['base', 'agent', 'store', 'runtime', 'lang', 'verifier', 'vm'] },
  api: { imports: [...belowServices, 'store', 'ports', 'agent', 'server'] },
  cli: { imports: [...belowServices, 'store', 'ports', 'agent', 'server', 'api'] },
};

/** Third-party packages: each is imported by one folder of `src/`, so that it can be replaced there. */
export const packages: Readonly<Record<string, string>> = {
  koffi: 'kernel/sys',
};

/** What tests may import besides: they run on Node whatever their module is for. */
export const testPackages: readonly string[] = ['fast-check'];
