/** begin and end: run once in Sonde's own process, by a test run of a raw tracepoint program. */
import { ProgramType } from '../../abi/index.ts';
import type { AttachPointText } from '../syntax/index.ts';
import { NO_ARGS, pointError, refused } from './messages.ts';
import type { Provider, Resolution } from './provider.ts';

function phaseProvider(name: 'begin' | 'end'): Provider {
  return {
    name,
    aliases: [name],
    resolve: (point) => resolve(name, point),
    list: () => ({ lines: [], notes: [] }),
  };
}

export const begin = phaseProvider('begin');
export const end = phaseProvider('end');

function resolve(name: 'begin' | 'end', point: AttachPointText): Resolution {
  if (point.components.length > 1) {
    return refused(
      pointError(point, 'component-count', `${name} probes should not have a target, found '${point.text}'`, [
        `Write just ${name}.`,
      ]),
    );
  }
  return {
    variants: [
      {
        provider: name,
        phase: name,
        programType: ProgramType.RawTracepoint,
        points: [{ hook: { kind: 'testRun' }, name }],
        pointCount: 1,
        context: {
          space: 'kernel',
          probeName: { kind: 'fixed', name },
          probeType: 'special',
          args: { error: NO_ARGS },
          userMode: { kind: 'constant', value: 1 },
          kernelStack: true,
          userStack: true,
        },
        filterByPid: false,
      },
    ],
    diagnostics: [],
  };
}
