/** What one test of a rule came to in one exchange: read from the state the evaluation keeps anyway. */
import type { Shown, Witness } from '../api.ts';
import type { Evaluation } from '../evaluation.ts';
import { scalarWitness, valueWitness } from '../report.ts';
import { FALSE, OPEN, TRUE } from '../three-valued.ts';
import type { Truth } from '../three-valued.ts';

export type TruthName = 'true' | 'false' | 'unknown' | 'open';

export interface LeafTrace {
  readonly truth: TruthName;
  /** The value that settled it; for a test on a scalar the scalar itself, whatever came of it. */
  readonly witness: Witness | undefined;
  /** The settling text, not redacted and not cut, for showing what transformations make of it; undefined when redacted. */
  readonly text: string | undefined;
}

export function truthName(truth: Truth): TruthName {
  if (truth === TRUE) return 'true';
  if (truth === FALSE) return 'false';
  return truth === OPEN ? 'open' : 'unknown';
}

/** A value that a test looked at. */
export type TracedValue = Required<Pick<LeafTrace, 'witness' | 'text'>>;

/** The first `most` values that an accumulator kept, as a leaf sees them. */
export function traceValues(
  evaluation: Evaluation,
  id: number,
  accumulator: number,
  most: number,
): { readonly first: readonly TracedValue[]; readonly count: number } {
  const leaf = evaluation.program.leaves[id];
  const { retained } = evaluation.accumulators[accumulator];
  const first = retained.slice(0, most).map((kept): TracedValue => {
    const settled = { ...kept, step: 0, pointer: undefined, reason: undefined };
    const witness = { ...valueWitness(evaluation, leaf, settled), text: undefined, offset: -1 };
    const isText = typeof kept.value === 'string' && isPlain(witness.value);
    return { witness, text: isText ? (kept.value as string) : undefined };
  });
  return { first, count: retained.length };
}

export function traceLeaf(evaluation: Evaluation, id: number): LeafTrace {
  const leaf = evaluation.program.leaves[id];
  // No value is brought to a leaf whose rules are all of other routes.
  if (evaluation.plan.leafActive[id] === 0) return { truth: 'open', witness: undefined, text: undefined };
  const truth = truthName(evaluation.leaf(id));
  const settled = evaluation.settled.get(id);
  if (settled !== undefined) {
    const witness = valueWitness(evaluation, leaf, settled);
    const isText = typeof settled.value === 'string' && isPlain(witness.value);
    return { truth, witness, text: isText ? (settled.value as string) : undefined };
  }
  if (leaf.subject === null) return { truth, witness: undefined, text: undefined };
  const value = leaf.subject(evaluation);
  const witness = scalarWitness(evaluation, leaf);
  return { truth, witness, text: typeof value === 'string' && isPlain(witness.value) ? value : undefined };
}

function isPlain(value: Shown): value is string {
  return typeof value === 'string';
}
