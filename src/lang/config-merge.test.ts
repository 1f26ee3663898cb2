import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeConfig } from './config-merge.ts';
import { defaultConfig } from './config.ts';
import { renderDiagnostics } from './diagnostic/index.ts';
import { parse } from './syntax/index.ts';

function merge(block: string, environment: Record<string, string> = {}) {
  const source = { name: 'stdin', text: `config = { ${block} } begin { }` };
  const { config, diagnostics } = mergeConfig(parse(source, { positional: [] }).script?.config, environment);
  return {
    config,
    messages: renderDiagnostics(source, diagnostics, { colour: false })
      .split('\n')
      .filter((line) => /(ERROR|WARNING|HINT): /.test(line)),
  };
}

describe('settings of a script', () => {
  it('has the documented defaults', () => {
    const { config, messages } = merge('');
    assert.deepEqual(config, defaultConfig);
    assert.deepEqual(
      [config.maxStrlen, config.maxMapKeys, config.missingProbes, config.strTruncTrailer],
      [1024, 4096, 'error', '..'],
    );
    assert.deepEqual(messages, []);
  });

  it('takes the block over the defaults and the environment over both', () => {
    const { config } = merge(
      'max_strlen = 5; BPFTRACE_MAX_MAP_KEYS = 7; print_maps_on_exit = false; stack_mode = perf; license = "Dual MIT/GPL"',
      {
        BPFTRACE_MAX_STRLEN: '9',
        BPFTRACE_STR_TRUNC_TRAILER: '_x',
        BPFTRACE_PERF_RB_PAGES: '16',
      },
    );
    assert.deepEqual(
      [
        config.maxStrlen,
        config.maxMapKeys,
        config.printMapsOnExit,
        config.stackMode,
        config.license,
        config.strTruncTrailer,
        config.ringBytes,
      ],
      [9, 7, false, 'perf', 'Dual MIT/GPL', '_x', 65536],
    );
  });

  it('takes old names, silently from the environment', () => {
    const { config, messages } = merge('strlen = 64; no_cpp_demangle = 1; use_blazesym = true', {
      BPFTRACE_MAP_KEYS_MAX: '3',
    });
    assert.deepEqual([config.maxStrlen, config.cppDemangle, config.maxMapKeys], [64, false, 3]);
    assert.deepEqual(messages, [
      'stdin:1:12-23: WARNING: strlen: is deprecated. Use max_strlen instead.',
      'stdin:1:25-44: WARNING: no_cpp_demangle: is deprecated. Use cpp_demangle instead.',
    ]);
  });

  it('refuses what it does not know or understand', () => {
    const cases: readonly (readonly [string, ...string[]])[] = [
      ['nosuch = 1', 'stdin:1:12-22: ERROR: nosuch: not a known configuration option'],
      [
        'max_strln = 1',
        'stdin:1:12-25: ERROR: max_strln: not a known configuration option',
        'HINT: Did you mean max_strlen?',
      ],
      ['max_strlen = a', 'stdin:1:12-26: ERROR: max_strlen: expecting a number, got a'],
      ['btf = "x"', 'stdin:1:12-21: ERROR: btf: can only be set as an environment variable'],
      [
        'missing_probes = maybe',
        'stdin:1:12-34: ERROR: missing_probes: expecting one of error, warn, ignore, got maybe',
      ],
      ['perf_rb_pages = 3', 'stdin:1:12-29: ERROR: perf_rb_pages: expecting a power of two up to 524288, got 3'],
    ];
    for (const [block, ...messages] of cases) assert.deepEqual(merge(block).messages, messages);
    assert.deepEqual(merge('', { BPFTRACE_MAX_PROBES: 'x', BPFTRACE_OTHER: '1' }).messages, [
      'ERROR: BPFTRACE_MAX_PROBES: expecting a number, got x',
    ]);
  });
});
