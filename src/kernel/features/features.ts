import { answerTo, type FeatureAnswer, type FeatureProbe } from './answer.ts';
import type { ProgramSpec } from '../../spec/index.ts';
import { allowsKfunc, hasHelper, probes } from './probes.ts';
import { isTakenAway } from './taken-away.ts';

export type FeatureName = keyof typeof probes;

export const featureNames = Object.keys(probes) as readonly FeatureName[];

const answers = new Map<string, FeatureAnswer>();

/** Asks the kernel, by trying (well under a millisecond each), once per feature and process. */
export function probeFeature(name: FeatureName): FeatureAnswer {
  const { minimumKernel } = probes[name];
  if (isTakenAway(name)) return { answer: 'no', minimumKernel, reason: 'taken away by --no-feature' };
  return answerOf(name);
}

function answerOf(name: FeatureName): FeatureAnswer {
  return remembered(name, probes[name]);
}

/**
 * What every kernel has from a release on, however it is built, and the one of these that is newest: a kernel that has
 * it has all the others, which saves their trials.
 */
const NEWEST_CERTAIN = 'signed-division';
const CERTAIN: ReadonlySet<FeatureName> = new Set([
  'mmapable-array',
  'large-map-key',
  'map-batch',
  'map-batch-percpu-array',
  'no-prealloc-tracing',
  'probe-read-kernel',
  'ktime-boot',
  'lookup-percpu-elem',
  'for-each-map-elem',
  'loop',
  'atomic-fetch',
]);

/** Whether the feature is there for sure. Where nothing is known the answer is false: see `probeFeature`. */
export function haveFeature(name: FeatureName): boolean {
  if (CERTAIN.has(name) && !isTakenAway(name) && answerOf(NEWEST_CERTAIN).answer === 'yes') return true;
  return probeFeature(name).answer === 'yes';
}

/** What a feature is, for messages, and the release that brought it. */
export function describeFeature(name: FeatureName): { readonly title: string; readonly minimumKernel: string } {
  const { title, minimumKernel } = probes[name];
  return { title, minimumKernel };
}

/** Whether programs of a type (BPF_PROG_TYPE_*) may call a helper (BPF_FUNC_*). The answer has no minimum kernel. */
export function haveHelper(programType: number, helper: number): boolean {
  const probe = { title: 'helper', minimumKernel: '', probe: () => hasHelper(programType, helper) };
  return remembered(`helper ${helper} in ${programType}`, probe).answer === 'yes';
}

/** Whether such a program may call a kernel function (kfunc). False too where the kernel has none of this name. */
export function mayCallKfunc(
  program: Pick<ProgramSpec, 'type' | 'expectedAttachType' | 'attachTo'>,
  name: string,
): boolean {
  if (isTakenAway('kfunc')) return false;
  const probe = { title: 'kfunc', minimumKernel: '', probe: () => allowsKfunc(program, name) };
  const { type, expectedAttachType, attachTo } = program;
  return remembered(`kfunc ${name} in ${type} ${expectedAttachType} ${attachTo?.name}`, probe).answer === 'yes';
}

function remembered(name: string, probe: FeatureProbe): FeatureAnswer {
  let answer = answers.get(name);
  if (answer === undefined) {
    answer = answerTo(probe);
    answers.set(name, answer);
  }
  return answer;
}
