/** The same deterministic scripts through Debian's bpftrace and through Sonde: what both know prints the same. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { isRoot, run, sonde } from '../sonde.ts';

const havePeer = spawnSync('bpftrace', ['--version']).status === 0;
const skip = !isRoot ? 'needs root' : !havePeer && process.env['CI'] !== 'true' && 'needs bpftrace, to compare with';

/** Bodies of BEGIN. */
const bodies: Readonly<Record<string, string>> = {
  'integers and bases':
    'printf("%d %u %x %X %o\\n", 42, 42, 255, 255, 8); printf("%lld %llx\\n", 1 << 40, 0xdeadbeefcafe);',
  widths: 'printf("%5d|%-5d|%05d|%8s|%-8s|%x|\\n", 42, 42, 42, "ab", "cd", 255);',
  'negative numbers': '$a = -5; printf("%d %d %lld\\n", $a, $a * 3, $a - 10);',
  operators:
    'printf("%d %d %d %d %d\\n", 7 / 2, 7 % 3, 7 & 3, 7 | 8, 7 ^ 1); printf("%d %d %d\\n", 1 << 4, 256 >> 2, !5);',
  'comparison and logic': 'printf("%d%d%d%d%d%d\\n", 1 < 2, 2 <= 1, 3 == 3, 3 != 3, 1 && 0, 1 || 0);',
  precedence: 'printf("%d %d %d\\n", 1 + 2 * 3, (1 + 2) * 3, 1 << 2 + 1);',
  ternary: '$x = 3; printf("%s %d\\n", $x > 2 ? "big" : "small", $x == 3 ? 1 : 2);',
  'if, else if':
    '$x = 7; if ($x < 5) { printf("a\\n"); } else if ($x < 10) { printf("b\\n"); } else { printf("c\\n"); }',
  'while, break, continue':
    '$i = 0; while ($i < 10) { $i++; if ($i == 3) { continue; } if ($i > 6) { break; } printf("%d ", $i); } printf("\\n");',
  unroll: '$n = 1; unroll(5) { $n = $n * 2; printf("%d ", $n); } printf("\\n");',
  increments:
    '$i = 5; printf("%d ", $i++); printf("%d ", ++$i); printf("%d ", $i--); printf("%d\\n", $i); @x++; @x++; printf("%d\\n", @x); clear(@x);',
  'compound assignment':
    '$x = 10; $x += 5; $x -= 3; $x *= 2; $x /= 4; printf("%d\\n", $x); $x <<= 3; $x |= 1; $x &= 0xfe; $x ^= 2; printf("%d\\n", $x);',
  strings:
    '$s = "hello"; printf("%s|%10s|%-10s|\\n", $s, $s, $s); printf("%d %d\\n", $s == "hello", $s != "hello"); printf("%d\\n", strncmp("hello", "help", 3));',
  escapes: 'printf("a\\tb\\\\c\\"d\\x41\\n");',
  tuples: '$t = (1, 2, "x"); printf("%d %d %s\\n", $t.0, $t.1, $t.2); print((1, "a"));',
  'print of values': 'print(5); print("text"); print(-3); print((1, 2, (3, 4)));',
  casts:
    '$a = (uint8)300; $b = (int8)200; $c = (uint16)70000; printf("%d %d %d\\n", $a, $b, $c); printf("%d %d\\n", sizeof(uint64), sizeof(int32));',
  'a scalar of each kind':
    '@a = 5; @b = "text"; @c = count(); @d = sum(5); @d = sum(-2); @e = avg(10); @e = avg(21); @f = min(7); @f = min(3); @g = max(7); @g = max(11);',
  'keys of integers, sorted by value': '@[3] = 30; @[1] = 10; @[2] = 20;',
  'keys of strings, sorted by value': '@["b"] = 1; @["a"] = 2; @["c"] = 3;',
  'keys of several parts': '@x[1, "one"] = 1; @x[2, "two"] = 2; @x[-1, "minus"] = 3;',
  'counts by key':
    '@["a"] = count(); @["b"] = count(); @["b"] = count(); @["c"] = count(); @["c"] = count(); @["c"] = count();',
  'sums by key': '@["a"] = sum(10); @["b"] = sum(5); @["a"] = sum(1); @["c"] = sum(100);',
  'averages by key': '@["a"] = avg(10); @["b"] = avg(5); @["a"] = avg(20); @["c"] = avg(100);',
  'delete, clear, zero': '@a[1] = 1; @a[2] = 2; delete(@a[1]); @b[1] = 1; clear(@b); @c["k"] = count(); zero(@c);',
  hist: '@ = hist(0); @ = hist(1); @ = hist(2); @ = hist(3); @ = hist(100); @ = hist(1000); @ = hist(1 << 20);',
  'hist of negatives': '@ = hist(-5); @ = hist(7);',
  'hist by key': '@["x"] = hist(4); @["x"] = hist(5); @["y"] = hist(100);',
  lhist:
    '@ = lhist(5, 0, 100, 10); @ = lhist(55, 0, 100, 10); @ = lhist(-1, 0, 100, 10); @ = lhist(100, 0, 100, 10); @ = lhist(1000, 0, 100, 10);',
  'lhist by key': '@["a"] = lhist(3, 0, 10, 2); @["b"] = lhist(7, 0, 10, 2); @["b"] = lhist(8, 0, 10, 2);',
  stats: '@ = stats(10); @ = stats(21); @k["a"] = stats(4); @k["b"] = stats(8); @k["b"] = stats(9);',
  'print with a limit': '@["a"] = 1; @["b"] = 2; @["c"] = 3; print(@, 2); clear(@);',
  'print with a limit and a divisor': '@["a"] = 10; @["b"] = 25; @["c"] = 33; print(@, 2, 10); clear(@);',
  'several maps': '@z = 1; @a[1] = 2; @m["k"] = "v"; @ = 9;',
  'own identity': 'printf("%d %d\\n", pid == tid, cpu < 1024); printf("%d\\n", uid);',
  buffers: 'printf("%r\\n", buf("a\\x01b", 3));',
  'missing keys': 'printf("%d\\n", @none[5]); @none[1] = 1;',
};

/** What later versions of the language changed: where the attach message goes, blank lines and blanks at line ends, the text of stats. */
function comparable(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !/^Attaching \d+ probes?\.\.\.$/.test(line))
    .map((line) =>
      line
        .trimEnd()
        .replace(/count (\d+), average (-?\d+), total (-?\d+)/, '{ .count = $1, .average = $2, .total = $3 }'),
    );
}

describe('prints what bpftrace prints', { skip }, () => {
  for (const [name, body] of Object.entries(bodies)) {
    test(name, async () => {
      const script = `BEGIN { ${body} exit(); }`;
      const theirs = await run('bpftrace', ['-e', script]);
      assert.equal(theirs.status, 0, theirs.stdout + theirs.stderr);
      const ours = await sonde(['-e', script]);
      assert.equal(ours.status, 0, ours.stderr);
      assert.deepEqual(comparable(ours.stdout), comparable(theirs.stdout));
    });
  }
});
