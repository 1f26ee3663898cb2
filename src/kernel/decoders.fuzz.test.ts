import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../base/index.ts';
import { Kallsyms } from './kallsyms/index.ts';
import { parseModules } from './modules.ts';
import { readRefusal } from './program/index.ts';
import { parseCpuList } from './sys/index.ts';
import { parseFilterFunctions, parseTracepointFormat } from './tracefs/index.ts';

/** Numbers that are the same in each run: xorshift of 32 bits. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The text with some bytes changed, cut out, or doubled. */
function damage(text: string, random: (below: number) => number): string {
  let damaged = text;
  for (let i = 0; i <= random(4); i++) {
    const at = random(damaged.length + 1);
    const byte = String.fromCharCode(random(256));
    const cut = random(3) === 0 ? random(20) : random(2);
    damaged = damaged.slice(0, at) + (random(4) === 0 ? damaged.slice(at, at + 40) : byte) + damaged.slice(at + cut);
  }
  return damaged;
}

const format = 'name: x\nID: 7\nformat:\n\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n\nprint fmt: "%s"\n';
const symbols = 'ffffffff81000000 T a\nffffffff81000010 t b\t[m]\n0000000000000010 D c\n';
const decoders: Readonly<Record<string, { text: string; decode: (text: string) => unknown }>> = {
  'tracepoint formats': { text: format, decode: parseTracepointFormat },
  'kernel symbols': {
    text: symbols,
    decode: (text) => Kallsyms.parse(Buffer.from(text, 'latin1')).lookup(2n ** 64n - 1n),
  },
  'CPU lists': { text: '0-3,7', decode: parseCpuList },
  'function lists': { text: 'a\nb [m]\n', decode: parseFilterFunctions },
  modules: { text: 'a 1 2 -\n', decode: parseModules },
  'verifier logs': { text: '0: (b7) r0 = 0 ; R0=0\nR1 !read_ok\nprocessed 1 insns\n', decode: readRefusal },
};

for (const [name, { text, decode }] of Object.entries(decoders)) {
  test(`damaged ${name} are FormatErrors or something to use`, () => {
    const random = generator(20);
    for (let i = 0; i < 3000; i++) {
      const damaged = damage(text, random);
      try {
        decode(damaged);
      } catch (error) {
        assert.ok(error instanceof FormatError, `${String(error)} for ${JSON.stringify(damaged)}`);
      }
    }
  });
  test(`endless lines of ${name} end`, () => {
    for (const line of [
      'a'.repeat(200_000),
      ' '.repeat(200_000),
      '['.repeat(200_000),
      `\tfield:${'a '.repeat(100_000)}[;\toffset:1;\tsize:1;`,
      `\tfield:${'a'.repeat(100_000)}[;\toffset:1;\tsize:1;`,
      '0-9999,'.repeat(30_000),
      '1-'.repeat(100_000),
      '1,'.repeat(100_000),
    ]) {
      try {
        decode(line);
      } catch (error) {
        assert.ok(error instanceof FormatError);
      }
    }
  });
}
