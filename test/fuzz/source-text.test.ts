/**
 * Whatever a text is: the parser, the checker, the formatter and what editors ask end, throw nothing, and take no more
 * than a moment; and a formatted script is the same script, and stays as it is.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { formatScript } from '../../src/lang/format/index.ts';
import { complete } from '../../src/lang/services/complete.ts';
import { hover } from '../../src/lang/services/hover.ts';
import { parse, printAst } from '../../src/lang/syntax/index.ts';
import { checkText } from '../../src/lang/testing/check-script.ts';
import { random } from '../../src/lang/testing/random.ts';
import { sampleTarget } from '../../src/lang/testing/target.ts';
import { parseSuite } from '../runtime/suite.ts';
import { root } from '../sonde.ts';

const SEEDS = Number(process.env['SONDE_FUZZ_SEEDS'] ?? 1000);
const PIECES = (
  '( ) { } [ ] ; , : ? . -> + - * / % & | ^ ~ ! < > = == != <= >= << >> && || ++ -- += .. $x $1 $# @ @m @m[1] 1 0x1f 1e6 ' +
  '5ms "a" "a\\n" \'a\' pid args args.x comm print printf( count() if else while for unroll let return break fn macro ' +
  'begin end kprobe:vfs_read tracepoint:a:b /x/ // /* */ # #define struct x enum union sizeof( typeof( (uint8) (a=1) true \\ " ` é'
).split(' ');

/** Scripts of the suites and the tools: what people write. */
function corpus(): string[] {
  const suites = globSync('test/runtime/**/*.rt', { cwd: root }).flatMap((path) =>
    parseSuite(readFileSync(join(root, path), 'utf8'), path).flatMap(({ directives }) =>
      directives.filter(({ name }) => name === 'PROG').map(({ value }) => value),
    ),
  );
  return [...suites, ...globSync('tools/*.bt', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'))];
}

function mutate(text: string, next: (below: number) => number): string {
  let changed = text;
  for (let count = next(4); count >= 0; count--) {
    const at = next(changed.length + 1);
    const to = Math.min(changed.length, at + next(8));
    const other = next(changed.length + 1);
    const piece = PIECES[next(PIECES.length)]!;
    switch (next(6)) {
      case 0:
        changed = changed.slice(0, at) + changed.slice(to);
        break;
      case 1:
        changed = changed.slice(0, at) + piece + changed.slice(at);
        break;
      case 2:
        changed = `${changed.slice(0, at)} ${piece} ${changed.slice(to)}`;
        break;
      case 3:
        changed = changed.slice(0, at) + changed.slice(other, other + next(40)) + changed.slice(at);
        break;
      case 4:
        changed = changed.slice(0, at) + ['\n', '// c\n', '/* d */', ' ', '\t', '\r\n'][next(6)]! + changed.slice(at);
        break;
      case 5:
        changed = changed.slice(0, at) + String.fromCharCode(next(128)) + changed.slice(to);
        break;
    }
  }
  return changed;
}

const treeOf = (text: string): string | undefined => {
  const { script } = parse({ name: 'f', text }, { positional: [] });
  return script === undefined ? undefined : printAst(script).replaceAll(/^( *)->/gm, '$1.');
};

function checkFormat(text: string): void {
  const once = formatScript({ name: 'f', text }).text;
  if (once === undefined) return;
  assert.equal(treeOf(once), treeOf(text), `the tree of\n${text}\nis not that of\n${once}`);
  assert.equal(formatScript({ name: 'f', text: once }).text, once, `formatting changes\n${once}`);
  for (const comment of text.matchAll(/\/\/ (c\d+)$/gm))
    assert.ok(once.includes(`// ${comment[1]!}`), `a comment is lost\n${once}`);
}

it('scripts and broken scripts', () => {
  const scripts = corpus();
  const options = { target: sampleTarget(), positional: [], unsafe: true, environment: {} };
  let formatted = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const next = random(seed);
    const script = scripts[next(scripts.length)]!;
    const text = seed < scripts.length ? scripts[seed]! : mutate(script, next);
    try {
      checkFormat(text);
      if (treeOf(text) !== undefined) formatted++;
      checkText(text, { target: options.target, unsafe: true });
      const offset = next(text.length + 1);
      const source = { name: 'f', text };
      complete(source, offset, options);
      hover(source, offset, options);
    } catch (error) {
      throw new Error(`seed ${seed}:\n${text}`, { cause: error });
    }
  }
  assert.ok(formatted > SEEDS / 10 && formatted < SEEDS, `${formatted} of ${SEEDS} are scripts`);
});

it('comments stay, wherever they are', () => {
  const scripts = corpus().filter(
    (text) => treeOf(text) !== undefined && !text.includes('#') && !/[:"][^\s]*\/\//.test(text),
  );
  for (const [index, script] of scripts.entries()) {
    const next = random(index);
    const spaces = [...script.matchAll(/ (?=[^"]*(?:"[^"]*"[^"]*)*$)/g)].map((match) => match.index);
    if (spaces.length === 0) continue;
    const at = spaces[next(spaces.length)]!;
    const text = `${script.slice(0, at)} // c${index}\n${script.slice(at)}`;
    if (treeOf(text) !== undefined) checkFormat(text);
  }
});

it('random signs and pieces', () => {
  for (let seed = 0; seed < SEEDS / 3; seed++) {
    const next = random(seed);
    const text = Array.from({ length: next(30) }, () => PIECES[next(PIECES.length)]).join(next(2) === 0 ? ' ' : '');
    try {
      checkFormat(text);
      checkText(text);
      checkFormat(`begin { ${text} }`);
      checkText(`begin { ${text} }`);
    } catch (error) {
      throw new Error(`seed ${seed}:\n${text}`, { cause: error });
    }
  }
});

const BYTES = 50_000;
/** Of processor time. A shared machine takes longer; what grows with the square takes minutes. */
const LIMIT_MS = 1500;
const REPEATED = (
  '( { [ - ! * ~ & a. 1+ " /* / $ @ @x[ $x= , ; } ) a: \\ \' # x-> (u8) (int8 sizeof( typeof( (typeof( f( 1?1: 1? if(1){ ++ .. ' +
  '"a" "\\x41 /**/ begin{} struct·a{ enum· typedef· macro·a(){} fn· let· import· config={ 0x 1e _ (a= $1 a, (struct·a* b[1] ' +
  'unsigned· const· //\n #\n 1· \n a·'
).split(' ');
const IN_BODY = (
  '$x=1; print(1); @m[1,2]=3; if(1){} if(1){}else· { $x++; a 1+ ( ! $a=1· print("a);\n /*c*/$x=1;//d\n "abc"+ @x=count(); ' +
  'let·$y; $p-> f(1, (1, - (u8) unroll(2){ print(1)print(2); 1?1: 1?: 1&& [1] {1} while(1){ for·$i:0..1{ $x=if(1){1}else{ ' +
  'nosuch; nosuch(1); $q; printf("%d",1); @h=hist(1); ; sizeof( (a= @m[ "'
).split(' ');

function large(): string[] {
  const fill = (piece: string): string => {
    const text = piece.replaceAll('·', ' ');
    return text.repeat(Math.ceil(BYTES / text.length));
  };
  const numbered = (count: number, print: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => print(index)).join('');
  return [
    ...REPEATED.map(fill),
    ...IN_BODY.flatMap((piece) => [`begin{ ${fill(piece)}`, `begin{ ${fill(piece)} }`]),
    `${'kprobe:a,'.repeat(11_000)} begin {}`,
    'begin { print(1); } '.repeat(5000),
    `begin { ${numbered(8000, (index) => `$v${index}=${index};`)} }`,
    `begin { ${numbered(8000, (index) => `@v${index}=${index};`)} }`,
    `macro a0(){1} ${numbered(4000, (index) => `macro a${index + 1}(){a${index}} `)} begin { a4000 }`,
    `macro a0(x){x} ${numbered(40, (index) => `macro a${index + 1}(x){a${index}(x)+a${index}(x)} `)} begin { a40(1) }`,
    `begin { printf("${'\\x41'.repeat(25_000)}"); }`,
  ];
}

it('large texts take no more than a moment', () => {
  const slow: string[] = [];
  for (const text of large()) {
    const start = process.cpuUsage();
    formatScript({ name: 'f', text });
    checkText(text);
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    if (ms > LIMIT_MS) slow.push(`${Math.round(ms)} ms: ${text.slice(0, 60)}`);
  }
  assert.deepEqual(slow, []);
});
