/**
 * Probes that run in Sonde's own process, by a test run of a raw tracepoint program: begin and end once, self at a
 * signal, test and bench when asked for.
 */
import { ProgramType } from '../../abi/index.ts';
import type { ProbePhase } from '../../spec/index.ts';
import type { AttachPointText } from '../syntax/index.ts';
import { NO_ARGS, pointError, refused, wrongCount } from './messages.ts';
import type { Provider, Resolution } from './provider.ts';

export const begin = phaseProvider('begin');
export const end = phaseProvider('end');
export const test = namedProvider('test');
export const bench = namedProvider('bench');

export const self: Provider = {
  name: 'self',
  aliases: ['self'],
  resolve: resolveSelf,
  list: () => ({ lines: ['self:signal:SIGUSR1'], notes: [] }),
};

function phaseProvider(name: 'begin' | 'end'): Provider {
  return {
    name,
    aliases: [name],
    resolve: (point) => {
      if (point.components.length === 1) return ownProcess(name, name, name);
      const message = `${name} probes should not have a target, found '${point.text}'`;
      return refused(pointError(point, 'component-count', message, [`Write just ${name}.`]));
    },
    list: () => ({ lines: [], notes: [] }),
  };
}

function namedProvider(kind: 'test' | 'bench'): Provider {
  return {
    name: kind,
    aliases: [kind],
    resolve: (point) => {
      const [, name, ...more] = point.components;
      if (name === undefined || name.text === '' || more.length > 0)
        return wrongCount(point, kind, '1', `${kind}:name`);
      return ownProcess(kind, kind, `${kind}:${name.text}`, point.name ?? name.text);
    },
    list: () => ({ lines: [], notes: [] }),
  };
}

function resolveSelf(point: AttachPointText): Resolution {
  const [, trigger, signal, ...more] = point.components;
  if (trigger === undefined || signal === undefined || more.length > 0)
    return wrongCount(point, 'self', '2', 'self:signal:SIGUSR1');
  if (trigger.text !== 'signal')
    return refused(
      pointError(point, 'trigger', `Invalid trigger '${trigger.text}' of self probe`, ['There is: signal.']),
    );
  if (signal.text !== 'SIGUSR1') {
    const message = `self:signal can't be attached to '${signal.text}'`;
    return refused(pointError(point, 'signal', message, ['Only SIGUSR1 is free for scripts.']));
  }
  return ownProcess('self', 'signal', 'self:signal:SIGUSR1');
}

function ownProcess(provider: string, phase: ProbePhase, name: string, label?: string): Resolution {
  return {
    variants: [
      {
        provider,
        phase,
        programType: ProgramType.RawTracepoint,
        points: [{ hook: { kind: 'testRun' }, name }],
        pointCount: 1,
        ...(label === undefined ? {} : { label }),
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
