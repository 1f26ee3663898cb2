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
  return remembered(name, probes[name]);
}

/** Whether the feature is there for sure. Where nothing is known the answer is false: see `probeFeature`. */
export function haveFeature(name: FeatureName): boolean {
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
