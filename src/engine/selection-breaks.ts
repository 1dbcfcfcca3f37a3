/** A selection that broke off has one more, unknown value: every test on it that is not settled becomes unknown. */
import type { BodyKind } from '../http/body/reader.ts';
import { ORIGIN } from '../http/value.ts';
import { ORIGINS_OF_KIND } from './body-origins.ts';
import type { Evaluation } from './evaluation.ts';
import { OPEN, UNKNOWN } from './three-valued.ts';

/** Origins that a fault in a request body of that kind leaves incomplete: `nested` too, as a value that was not read may hold JSON. */
export function originsOfBody(kind: BodyKind, includingText: boolean): readonly number[] {
  return includingText ? [...ORIGINS_OF_KIND[kind], ORIGIN.text] : ORIGINS_OF_KIND[kind];
}

export function breakSelections(evaluation: Evaluation, origins: readonly number[]): void {
  const { program, plan, states } = evaluation;
  for (const origin of origins) {
    for (const leaf of program.targets.leavesOfOrigin[origin]) {
      if (plan.leafActive[leaf] === 1 && states[leaf] === OPEN) evaluation.settle(leaf, UNKNOWN);
    }
    for (const accumulator of evaluation.accumulators) {
      if ((accumulator.spec.origins & (1 << origin)) === 0) continue;
      accumulator.breakOff();
      for (const leaf of accumulator.spec.watchers) evaluation.touch(leaf);
    }
  }
}
