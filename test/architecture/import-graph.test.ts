import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';
import { test } from 'node:test';
import { modules, packages, testPackages } from './layers.ts';
import { allImports, importsOf, isTest, sourceFiles, type Import } from './sources.ts';

const imports = allImports();
const moduleOf = (file: string): string => file.split('/')[0]!;
const show = (list: readonly Import[]): string[] => list.map(({ from, specifier }) => `${from} imports ${specifier}`);

test('every folder of src/ is a module of the table', () => {
  const folders = new Set(sourceFiles().map(moduleOf));
  assert.deepEqual(
    [...folders].filter((folder) => modules[folder] === undefined),
    [],
  );
});

test('the table has no cycle: imports go down only', () => {
  const visiting = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), `${[...path, name].join(' -> ')}`);
    if (visiting.has(name)) return;
    visiting.add(name);
    for (const next of modules[name]!.imports) visit(next, [...path, name]);
  };
  for (const name of Object.keys(modules)) visit(name, []);
});

test('modules import only what the table allows', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (to === undefined) return false;
    const [importer, imported] = [moduleOf(from), moduleOf(to)];
    if (importer === imported) return false;
    const row = modules[importer];
    const more = row?.exceptions?.[from.slice(importer.length + 1)] ?? [];
    return !row?.imports.includes(imported) && !more.includes(imported);
  });
  assert.deepEqual(show(wrong), []);
});

test('a module is entered through its index.ts', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (to === undefined || to.startsWith('..') || moduleOf(from) === moduleOf(to)) return false;
    // Tests may share values made for tests.
    if (isTest(from) && to.startsWith(`${moduleOf(to)}/testdata/`)) return false;
    return to !== `${moduleOf(to)}/index.ts`;
  });
  assert.deepEqual(show(wrong), []);
});

test('sources import nothing outside src/ but package.json', () => {
  const outside = imports.filter(({ from, to }) => to?.startsWith('..') && !isTest(from) && to !== '../package.json');
  assert.deepEqual(show(outside), []);
});

test('what each start reads imports only what Node has loaded already, or nearly', () => {
  const reached = new Set(['cli/main.ts']);
  for (const file of reached) {
    for (const { from, to, isType } of imports) {
      // Its commands are another bundle.
      if (from === file && to !== undefined && !isType && to !== 'cli/commands.ts') reached.add(to);
    }
  }
  const dear = imports.filter(
    ({ from, specifier, isType }) => reached.has(from) && !isType && /^node:(?!fs$|path$|util$)/.test(specifier),
  );
  assert.ok(reached.size > 200);
  assert.deepEqual(show(dear), []);
});

test('modules that run in a browser import no module of Node', () => {
  const builtins = new Set(builtinModules);
  const wrong = imports.filter(
    ({ from, specifier }) =>
      modules[moduleOf(from)]?.browser &&
      !isTest(from) &&
      (specifier.startsWith('node:') || builtins.has(specifier.split('/')[0]!)),
  );
  assert.deepEqual(show(wrong), []);
});

test('what runs in a browser imports only what runs there too', () => {
  for (const [name, row] of Object.entries(modules)) {
    if (!row.browser) continue;
    const others = [...row.imports, ...Object.values(row.exceptions ?? {}).flat()];
    assert.deepEqual(
      others.filter((other) => !modules[other]!.browser),
      [],
      name,
    );
  }
});

test('each third-party package is imported by one folder', () => {
  const wrong = imports.filter(({ from, to, specifier }) => {
    if (to !== undefined || specifier.startsWith('node:')) return false;
    const package_ = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    if (isTest(from) && testPackages.includes(package_)) return false;
    const folder = package_.startsWith('@koromix/') ? packages['koffi'] : packages[package_];
    return folder === undefined || !from.startsWith(`${folder}/`);
  });
  assert.deepEqual(show(wrong), []);
});

test('the reader of imports sees every form of them', () => {
  const text = [
    "import { a } from '../x/index.ts';",
    "import type { B } from './b.ts';",
    'import {\n  c,\n  d,\n} from "koffi";',
    "export * from './e.ts';",
    "import './f.ts';",
    "const g = await import('../cli/g.ts');",
    "// import { no } from './no.ts'",
  ].join('\n');
  assert.deepEqual(
    importsOf('lang/a/b.ts', text).map(({ to, specifier, isType }) => [to ?? specifier, isType]),
    [
      ['lang/x/index.ts', false],
      ['lang/a/b.ts', true],
      ['koffi', false],
      ['lang/a/e.ts', false],
      ['lang/a/f.ts', false],
      ['lang/cli/g.ts', false],
    ],
  );
});
