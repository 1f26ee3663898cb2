import { defineConfig, type OxlintOverride } from 'oxlint';
import { modules, packages } from './test/architecture/layers.ts';

/** One row of the table as a rule for some files: what they may not import, said where the mistake is made. */
function layerRule(
  name: string,
  files: string[],
  allowedPackages: string[],
  excludeFiles: string[] = [],
): OxlintOverride {
  const row = modules[name]!;
  const forbidden = Object.keys(modules).filter((other) => other !== name && !row.imports.includes(other));
  const patterns = forbidden.map((other) => ({
    group: [`**/${other}/**`],
    message: `src/${name} may not import src/${other}: see test/architecture/layers.ts`,
  }));
  if (row.browser) {
    patterns.push({ group: ['node:*'], message: `src/${name} runs in a browser too: it takes no node: module` });
  }
  const paths = Object.entries(packages)
    .filter(([package_]) => !allowedPackages.includes(package_))
    .map(([package_, folder]) => ({ name: package_, message: `only src/${folder} imports ${package_}` }));
  return {
    files,
    excludeFiles,
    rules: { 'no-restricted-imports': ['error', { patterns, paths }] },
  };
}

// The import graph's test holds the exceptions and the tests to the table; the linter leaves them out.
const layerRules = Object.entries(modules).map(([name, row]) =>
  layerRule(
    name,
    [`src/${name}/**/*.ts`],
    [],
    [
      `src/${name}/**/*.test.ts`,
      `src/${name}/**/testdata.ts`,
      `src/${name}/**/testing/**`,
      ...Object.keys(row.exceptions ?? {}).map((file) => `src/${name}/${file}`),
    ],
  ),
);
const packageRules = Object.entries(packages).map(([package_, folder]) =>
  layerRule(folder.split('/')[0]!, [`src/${folder}/**/*.ts`], [package_]),
);

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error' },
  ignorePatterns: ['dist', 'src/abi/generated', 'src/lang/stdlib/generated'],
  rules: {
    'import/no-cycle': 'error',
    'max-lines': ['error', { max: 600 }],
    'max-lines-per-function': ['error', { max: 80 }],
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    // Interfaces whose members are functions without `this` are taken apart in parameter lists.
    'typescript/unbound-method': 'off',
    // A branch of the intermediate representation has a `then` and is never awaited.
    'unicorn/no-thenable': 'off',
    // The runner waits for its tests by itself.
    'typescript/no-floating-promises': [
      'error',
      {
        allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] }],
      },
    ],
  },
  overrides: [
    ...layerRules,
    ...packageRules,
    // A suite's `describe` is one long function by nature; a table of cases is as long as its cases.
    { files: ['**/*.test.ts', '**/testdata.ts'], rules: { 'max-lines-per-function': 'off' } },
  ],
});
