/** lsm: where the kernel asks its security modules whether something may be done. The probe looks on and allows it. */
import { AttachType, ProgramType } from '../../../abi/index.ts';
import type { Btf } from '../../../btf/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { globMatcher, isPattern, matcherOf } from '../glob.ts';
import { declare } from '../kprobe/list.ts';
import { prototypeOf, typedFunction } from '../kprobe/prototype.ts';
import { didYouMean, missing, noMatches, wrongCount } from '../messages.ts';
import type { ListOptions, Provider, Resolution, ResolveOptions } from '../provider.ts';

export const lsm: Provider = { name: 'lsm', aliases: ['lsm'], resolve, list };

/** The program itself, and the trampoline that calls it: of a stack, they are left out. */
const OWN_FRAMES = 2;
/** Of the empty function that stands for each hook. */
const PREFIX = 'bpf_lsm_';

function resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const [, hook, ...more] = point.components;
  if (hook === undefined || hook.text === '' || more.length > 0) return wrongCount(point, 'lsm', '1', 'lsm:file_open');
  const { btf } = target;
  if (btf === undefined)
    return missing(point, options, { code: 'no-btf', message: 'lsm probes need BTF, which this kernel lacks.' });
  if (!target.have('fentry')) {
    return missing(point, options, {
      code: 'no-lsm',
      message: "lsm can't be attached: this kernel doesn't let programs hook into its functions.",
    });
  }
  const names = isPattern(hook) ? hookNames(btf).filter(matcherOf(hook)) : [hook.text];
  const variants = names.flatMap((name) => variantAt(name, btf, options) ?? []);
  if (variants.length > 0) return { variants, diagnostics: [] };
  const close = nearest(hook.text, hookNames(btf));
  return noMatches(point, options, `lsm:${hook.text}`, [didYouMean(close === undefined ? undefined : `lsm:${close}`)]);
}

function variantAt(hook: string, btf: Btf, options: ResolveOptions): ProbeVariant | undefined {
  const prototype = prototypeOf(btf, PREFIX + hook);
  const typed = prototype === undefined ? undefined : typedFunction(btf, prototype);
  if (typed === undefined || 'error' in typed) return undefined;
  const name = `lsm:${hook}`;
  return {
    provider: 'lsm',
    phase: 'run',
    programType: ProgramType.Lsm,
    expectedAttachType: AttachType.LsmMac,
    attachTo: { kind: 'function', name: PREFIX + hook },
    points: [{ hook: { kind: 'lsm', name: hook }, name }],
    pointCount: 1,
    context: {
      space: 'kernel',
      probeName: { kind: 'fixed', name },
      probeType: 'lsm',
      args: typed.fields,
      ...(typed.result === undefined ? {} : { returnValue: typed.result }),
      kernelStack: true,
      ownStackFrames: OWN_FRAMES,
      userStack: true,
    },
    verdict: 0,
    filterByPid: options.pid !== undefined,
  };
}

function hookNames(btf: Btf): readonly string[] {
  const all = [...btf.names('func')].filter((name) => name.startsWith(PREFIX));
  return [...new Set(all)].map((name) => name.slice(PREFIX.length)).sort();
}

function list(components: readonly string[], target: Target, options: ListOptions): ReturnType<Provider['list']> {
  const { btf } = target;
  if (btf === undefined) return { lines: [], notes: ["LSM hooks can't be listed: this kernel has no BTF."] };
  if (components.length > 1) return { lines: [], notes: [] };
  const names = hookNames(btf).filter(globMatcher(components[0] || '*'));
  return {
    lines: names.flatMap((name) => [`lsm:${name}`, ...(options.verbose ? argumentLines(btf, name) : [])]),
    notes: [],
  };
}

function argumentLines(btf: Btf, hook: string): readonly string[] {
  const parameters = prototypeOf(btf, PREFIX + hook)?.parameters ?? [];
  return parameters.map(({ name, typeId }, index) => `    ${declare(btf, typeId, name || `arg${index}`)}`);
}
