/**
 * Tests one value for one leaf: filter on names, exclusions, the test itself, and what is noted when it holds.
 *
 * Who calls has found out already that the value may satisfy the leaf, or does so for certain.
 */
import { ORIGIN, PART } from '../http/value.ts';
import type { MaybeValue } from '../http/value.ts';
import type { Evaluation } from './evaluation.ts';
import { holdSpan } from './masks.ts';
import type { Leaf, SelectionTest } from './program.ts';
import { FALSE, OPEN, TRUE } from './three-valued.ts';
import type { Truth } from './three-valued.ts';

export class LeafTester {
  readonly #evaluation: Evaluation;
  readonly longAtoms = new Map<number, Uint8Array>();

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  reset(): void {
    if (this.longAtoms.size > 0) this.longAtoms.clear();
  }

  /** Runs the test of a leaf on a value, whatever its filter and exclusions say. */
  evaluate(test: SelectionTest, origin: number, name: string, path: string, value: MaybeValue): Truth {
    const evaluation = this.#evaluation;
    evaluation.part = PART.WHOLE;
    evaluation.boundNames[test.binding] = name;
    evaluation.boundPaths[test.binding] = path;
    evaluation.boundOrigins[test.binding] = origin;
    return test.test(evaluation, value);
  }

  /** `known`: what is known already; OPEN when the test has to run. */
  offer(
    leaf: Leaf,
    test: SelectionTest,
    origin: number,
    facet: number,
    name: string,
    path: string,
    value: MaybeValue,
    known: Truth,
  ): void {
    if (test.filter !== null && !test.filter(origin, facet, name, path)) return;
    if (test.exclusions.length > 0 && this.isExcluded(test, origin, facet, name, path)) {
      // An excluded value takes the side that favours no match (docs/language.md, Evaluation 9).
      if (leaf.negative) this.#evaluation.settle(leaf.id, TRUE);
      return;
    }
    const result = known === OPEN ? this.evaluate(test, origin, name, path, value) : known;
    if (result !== FALSE) this.record(leaf.id, result, origin, facet, name, path, value);
  }

  /** Settles a leaf and remembers the value that did it. */
  record(
    id: number,
    result: Truth,
    origin: number,
    facet: number,
    name: string,
    path: string,
    value: MaybeValue,
  ): void {
    const evaluation = this.#evaluation;
    if (result === TRUE && evaluation.states[id] !== TRUE) {
      evaluation.settled.set(id, {
        origin,
        facet,
        name,
        path,
        value,
        step: evaluation.step,
        pointer: undefined,
        reason: undefined,
      });
    }
    evaluation.settle(id, result);
  }

  isExcluded(test: SelectionTest, origin: number, facet: number, name: string, path: string): boolean {
    const { exclusionStates } = this.#evaluation;
    for (const { exclusion, drops } of test.exclusions) {
      if (exclusionStates[exclusion] === TRUE && drops(origin, facet, name, path)) return true;
    }
    return false;
  }

  /** Like `offer`, for a leaf all of whose matches are to be masked: `text` stands at `at` in the body. */
  collect(
    leaf: Leaf,
    test: SelectionTest,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    value: MaybeValue,
    isNumber: boolean,
    at: number,
    length: number,
  ): void {
    if (test.filter !== null && !test.filter(origin, facet, name, path)) return;
    if (this.isExcluded(test, origin, facet, name, path)) return;
    const result = this.evaluate(test, origin, name, path, value);
    if (result === FALSE) return;
    // A value that cannot be told to match is covered if another lets the rule hold.
    if (at >= 0) this.collectSpans(leaf, test, origin, text, at, length, isNumber);
    this.record(leaf.id, result, origin, facet, name, path, value);
  }

  /** Text is masked where the test holds inside it, a JSON leaf as a whole. */
  collectSpans(
    leaf: Leaf,
    test: SelectionTest,
    origin: number,
    text: string,
    at: number,
    length: number,
    isNumber: boolean,
  ): void {
    const evaluation = this.#evaluation;
    let spans = evaluation.spans.get(leaf.id);
    if (spans === undefined) evaluation.spans.set(leaf.id, (spans = []));
    if (origin !== ORIGIN.response_text) {
      holdSpan(spans, at, at + length, isNumber);
    } else if (test.spans !== null) {
      const found = test.spans(evaluation, text);
      for (let i = 0; i + 1 < found.length; i += 2) holdSpan(spans, at + found[i], at + found[i + 1], false);
    }
  }
}
