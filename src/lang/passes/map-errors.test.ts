import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../testing/check-script.ts';

/** What `begin { BODY }` is refused with; «» in the body mark the place. */
function refused(marked: string, message: string, ...hints: readonly string[]): void {
  const script = `begin { ${marked} }`;
  const start = script.indexOf('«');
  const text = script.replace('«', '').replace('»', '');
  const end = script.indexOf('»') - 1;
  const expected = [
    `stdin:1:${start + 1}-${end + 1}: ERROR: ${message}`,
    text,
    ' '.repeat(start) + '~'.repeat(end - start),
    ...hints.map((hint) => `HINT: ${hint}`),
    '',
  ].join('\n');
  assert.equal(checkText(text).rendered, expected);
}

function accepted(body: string): void {
  assert.equal(checkText(`begin { ${body} }`).rendered, '');
}

test('E-10 E-104 M-05 values of another class', () => {
  const types = (name: string, holder: string, from: string, to: string): string =>
    `Type mismatch for ${name}: trying to assign value of type '${from}' when ${holder} already has a type '${to}'`;
  refused('$a = 1; «$a = "x"»;', types('$a', 'variable', 'string[2]', 'int8'));
  refused('@a = 1; «@a = "x"»;', types('@a', 'map', 'string[2]', 'int8'));
});

test('E-10 E-104 M-05 A-079 variations: tuples, aggregations, elements', () => {
  refused(
    '$t = (1, 2); «$t = (1, 2, 3)»;',
    "Type mismatch for $t: trying to assign value of type '(int8,int8,int8)' when variable already has a type '(int8,int8)'",
  );
  refused(
    '@x = count(); @x = «sum(5)»;',
    "Type mismatch for @x: trying to assign value of type 'sum_t' when map already has a type 'count_t'",
  );
  refused(
    '@x[1] = "abc"; «@x[2] = 300»;',
    "Type mismatch for @x: trying to assign value of type 'int16' when map already has a type 'string[4]'",
  );
  refused(
    '@x = count(); «@x = "abc"»;',
    "Type mismatch for @x: trying to assign value of type 'string[4]' when map already has a type 'count_t'",
  );
  refused(
    '@x = 5; @x = «hist(5)»;',
    "Type mismatch for @x: trying to assign value of type 'hist_t' when map already has a type 'int8'",
  );
});

test('E-11 E-106 M-04 A-078 keys of another type', () => {
  refused(
    '@x[1] = 1; «@x["a"]» = 2;',
    "Argument mismatch for @x: trying to access with arguments: 'string[2]' when map expects arguments: 'int8'",
  );
  refused(
    '@x["a", 1] = 1; print(«@x[1, "a"]»);',
    "Argument mismatch for @x: trying to access with arguments: '(int8,string[2])' when map expects arguments: '(string[2],int8)'",
  );
});

test('E-11 E-106 M-04 variations: integers widen and strings grow, other classes are refused', () => {
  accepted(
    '@x[1] = 1; @x[70000] = 2; @x[(uint64)5] = 3; @s["a"] = 1; @s["longer"] = 2; @t[1, "a"] = 1; @t[100000, "abc"] = 2;',
  );
  refused(
    '@x[1, 2] = 1; «@x[1]» = 2;',
    "Argument mismatch for @x: trying to access with arguments: 'int8' when map expects arguments: '(int8,int8)'",
  );
  refused(
    '@x[true] = 1; «@x[5]» = 2;',
    "Argument mismatch for @x: trying to access with arguments: 'int8' when map expects arguments: 'bool'",
  );
});

test('E-12 E-105 M-02 A-077 with keys or without', () => {
  refused(
    '@x = 1; «@x[1]» = 2;',
    '@x used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)',
  );
});

test('E-12 E-105 M-02 variations: the other way round, by reading, by an aggregation', () => {
  const scalar =
    '@x used as a map without an explicit key (scalar map), previously used with an explicit key (non-scalar map)';
  refused('@x[1] = 1; «@x» = 2;', scalar);
  refused('@x[1] = count(); $y = «@x»;', scalar);
  refused(
    '@h = hist(5); «@h[comm]» = hist(5);',
    '@h used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)',
  );
  accepted('@x[1] = 1; print(@x); clear(@x); zero(@x); delete(@x, 1); if (has_key(@x, 1)) { }');
});

test('E-103 maps that nothing assigns', () => {
  refused('print(«@nope»);', 'Undefined map: @nope');
  refused('clear(«@nope»);', 'Undefined map: @nope');
});

test('E-103 variations: the nearest name, reading, other functions', () => {
  refused('@bytes[1] = 1; zero(«@byts»);', 'Undefined map: @byts', 'Did you mean @bytes?');
  refused('print(«@nope[1]» + 1);', 'Undefined map: @nope');
});

test('E-107 E-31 M-08 A-080 an aggregation is assigned to a map', () => {
  refused('$c = «count()»;', 'count() must be assigned directly to a map', 'Write `@ = count();` and read the map.');
  refused('«count()»;', 'count() must be assigned directly to a map', 'Write `@ = count();` and read the map.');
});

test('E-107 E-31 M-08 variations: arguments, operands, keys, returns', () => {
  const hint = 'Write `@ = hist(…);` and read the map.';
  refused('print(«hist(5)»);', 'hist() must be assigned directly to a map', hint);
  refused('@x = 1 + «sum(5)»;', 'sum() must be assigned directly to a map', 'Write `@ = sum(…);` and read the map.');
  refused('@x[«avg(5)»] = 1;', 'avg() must be assigned directly to a map', 'Write `@ = avg(…);` and read the map.');
  refused('@x = (1, «max(5)»);', 'max() must be assigned directly to a map', 'Write `@ = max(…);` and read the map.');
});

test('E-108 E-31 M-09 what has no number', () => {
  refused('@h = hist(5); «$x = @h»;', "Value 'hist_t' cannot be assigned to a scratch variable.");
  refused('@h = hist(5); «@b[@h]» = 1;', "Value 'hist_t' cannot be used as a map key.");
});

test('E-108 E-31 M-09 M-03 variations: every such kind, every place', () => {
  refused('@h = stats(5); «@b[1, @h]» = 1;', "Value 'stats_t' cannot be used as a map key.");
  refused('@h = lhist(5, 0, 10, 1); «$x = @h»;', "Value 'lhist_t' cannot be assigned to a scratch variable.");
  refused('@h = quantile(5); «@i = @h»;', "Map value 'quantile_t' cannot be assigned from one map to another.");
  refused(
    '@h = stats(5); print((1, «@h»));',
    "Value 'stats_t' cannot be read in an expression.",
    'print(@h) prints the whole map.',
  );
  refused(
    '@h[1] = lhist(5, 0, 10, 1); printf("%d", «@h[1]»);',
    "Value 'lhist_t' cannot be read in an expression.",
    'print(@h) prints the whole map.',
  );
  refused(
    '@h[1] = hist(5); «print(@h[1])»;',
    'A single key of a hist_t map cannot be printed.',
    'Print the whole map: print(@h)',
  );
});

test('E-109 E-31 M-10 a count does not go from map to map by itself', () => {
  refused(
    '@c = count(); «@i = @c»;',
    "Map value 'count_t' cannot be assigned from one map to another.",
    'Cast the value to an integer, e.g. `@i = (int64)@c`',
  );
});

test('E-109 E-31 M-10 variations: with a cast, into integers, other kinds', () => {
  accepted('@c = count(); @i = (int64)@c; @j[1] = (uint64)@c; @k = 1; @k = @c; @c2 = avg(5); $x = @c2; @l = $x;');
  refused(
    '@s["a"] = sum(5); «@i[1] = @s["a"]»;',
    "Map value 'sum_t' cannot be assigned from one map to another.",
    'Cast the value to an integer, e.g. `@i[…] = (int64)@s[…]`',
  );
});

test('E-31 F-02 A-097 whole maps alone take more arguments', () => {
  refused('«print(5, 1)»;', 'print() of a value takes one argument (2 provided)');
  refused('@x[1] = 1; «print(@x[1], 1, 2)»;', 'print() of a value takes one argument (3 provided)');
  refused('@x = 1; «print(@x, 1, 0)»;', 'print(): div must be positive (provided 0)');
});

test('E-116 T-60 A-053 tuples and records stay as they are', () => {
  const message =
    'syntax: Tuples and records are immutable once created. Assign a new one to the variable or map instead.';
  refused('$t = (1, 2); «$t.0 = 5»;', message);
});

test('E-116 A-053 variations: records, elements, maps, compound assignments', () => {
  const message =
    'syntax: Tuples and records are immutable once created. Assign a new one to the variable or map instead.';
  refused('$r = (a=1, b=2); «$r.b = 5»;', message);
  refused('@t = (1, 2); «@t.1 += 5»;', message);
});

test('T-60 A-052 elements that there are not', () => {
  refused('$t = (1, 2); print(«$t.2»);', 'Invalid tuple index: 2. Found 2 elements in tuple.');
  refused('@t[1] = (1,); print(«@t[1].1»);', 'Invalid tuple index: 1. Found 1 element in tuple.');
});

test('E-124 V-04 A-098 bits of a histogram', () => {
  refused('@h = «hist(1, 6)»;', 'hist: bits 6 must be 0..5');
  refused('@h = «hist(1, -1)»;', 'hist: bits -1 must be 0..5');
  refused('@h = «hist(1, pid)»;', 'hist() expects an integer literal as argument 2 (uint32 provided)');
});

test('E-124 V-06 A-097 bounds of a linear histogram', () => {
  refused(
    '@l = «lhist(1, 0, 10, 11)»;',
    'lhist() step is too large for the given range (provided step 11 for range 10)',
  );
});

test('E-124 V-06 variations: no range, no step, too many buckets, no literals', () => {
  refused('@l = «lhist(1, 10, 10, 1)»;', 'lhist() min must be less than max (provided min 10 and max 10)');
  refused('@l = «lhist(1, 0, 10, 0)»;', 'lhist() step must be >= 1 (provided 0)');
  refused('@l = «lhist(1, 0, 1001, 1)»;', 'lhist() too many buckets, must be <= 1000 (would need 1001)');
  refused('@l = «lhist(1, 0, pid, 1)»;', 'lhist() expects an integer literal as argument 3 (uint32 provided)');
  refused('@l = «lhist(1, 0, 10)»;', 'lhist() requires exactly 4 arguments (3 provided)');
  accepted('@l = lhist(1, -1000, 0, 1);');
});

test('M-11 one map has histograms of one kind', () => {
  refused('@h = hist(1); @h = «hist(1, 2)»;', '@h: all hist() of one map must have a single bits argument.');
  refused(
    '@l = lhist(1, 0, 10, 1); @l = «lhist(1, 0, 10, 2)»;',
    '@l: all lhist() of one map must have one minimum, maximum and step.',
  );
  accepted('@h = hist(1); @h = hist(1, 0); @l = lhist(1, 0, 10, 1); @l = lhist(2, 0, 10, 1);');
});

test('V-10 aggregations take numbers', () => {
  refused('@x = «sum("a")»;', 'sum() expects an integer as argument 1 (string[2] provided)');
  refused('@x = «count(1)»;', 'count() takes no arguments (1 provided)');
});

test('V-10 variations: pointers, tuples, every kind', () => {
  refused('@x = «min((int8*)0)»;', 'min() expects an integer as argument 1 (int8 * provided)');
  for (const name of ['max', 'avg', 'stats', 'hist', 'quantile'])
    refused(`@x = «${name}((1, 2))»;`, `${name}() expects an integer as argument 1 ((int8,int8) provided)`);
  refused('@x = «lhist(comm, 0, 10, 1)»;', 'lhist() expects an integer as argument 1 (string[16] provided)');
  accepted('@x = sum((uint64)(int8*)5); @b = sum(true); @c = count();');
});

test('M-18 M-08 what has no value', () => {
  refused('@x = «print(5)»;', 'print() has no value: it can only be used as a statement');
  refused('@x[1] = «clear(@x)»;', 'clear() has no value: it can only be used as a statement');
});

test('M-03 E-31 a key has bytes', () => {
  refused('«@x[()]» = 1;', "Value of type '()' cannot be used as a map key.");
});
