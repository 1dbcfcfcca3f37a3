/**
 * Scans a text for the leaves of its target class and has those tested that it may satisfy.
 *
 * Most texts end after one scan without a candidate. Texts that repeat from request to request (field values, cookies, all
 * names) are looked up by (class, text) first; what is kept are the leaves the text satisfies by itself, and those that
 * need more than the text. Filters on names and exclusions are applied after either way.
 */
import { LEAF } from '../http/value.ts';
import { CandidateBuffer } from '../matcher/candidate-buffer.ts';
import type { ValueCache } from '../matcher/value-cache.ts';
import type { Evaluation } from './evaluation.ts';
import type { LeafTester } from './leaf-tester.ts';
import { typedLeaf } from './leaf-values.ts';
import { offerSegment } from './long-values.ts';
import type { Segment } from './long-values.ts';
import type { RuleProgram, SelectionTest } from './program.ts';
import { FALSE, OPEN, TRUE } from './three-valued.ts';
import type { Truth } from './three-valued.ts';

/** Leaf number and result (two bits) of what one text satisfies; OPEN: to be evaluated in its place. */
export type CachedLeaves = Int32Array;

const NO_LEAVES: CachedLeaves = new Int32Array(0);

export class TextScanner {
  readonly #evaluation: Evaluation;
  readonly #program: RuleProgram;
  readonly #tester: LeafTester;
  readonly #cache: ValueCache<CachedLeaves>;
  readonly #candidates = new CandidateBuffer();

  constructor(evaluation: Evaluation, tester: LeafTester, cache: ValueCache<CachedLeaves>) {
    this.#evaluation = evaluation;
    this.#program = evaluation.program;
    this.#tester = tester;
    this.#cache = cache;
  }

  /** A whole value that hardly comes again. `leafType`: what it was in JSON. */
  scan(
    target: number,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    leafType: number,
    at: number,
    length: number,
  ): void {
    const candidates = this.#candidates;
    candidates.count = 0;
    this.#program.patterns.scan(target, text, candidates);
    if (candidates.count === 0) return;
    const { leaves, entryLeaf } = this.#program;
    const { states, plan } = this.#evaluation;
    for (let i = 0; i < candidates.count; i++) {
      const id = entryLeaf[candidates.ids[i]];
      if (plan.leafActive[id] === 0) continue;
      const leaf = leaves[id];
      const test = leaf.selection as SelectionTest;
      const value = test.typed ? typedLeaf(leafType, text) : text;
      if (test.spans !== null) {
        const isNumber = leafType === LEAF.NUMBER;
        this.#tester.collect(leaf, test, origin, facet, name, path, text, value, isNumber, at, length);
      } else if (states[id] !== TRUE) {
        const known = candidates.confirmed[i] === 1 ? TRUE : OPEN;
        this.#tester.offer(leaf, test, origin, facet, name, path, value, known);
      }
    }
  }

  /** A segment of a long value. */
  scanSegment(segment: Segment): void {
    offerSegment(this.#tester, this.#evaluation, this.#candidates, segment);
  }

  /** A whole text that repeats. */
  scanRepeating(
    target: number,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
  ): void {
    this.offerKnown(this.satisfiedBy(target, origin, name, path, text), origin, facet, name, path, text);
  }

  /** Offers a text to the leaves of which `satisfiedBy` told. */
  offerKnown(
    known: CachedLeaves,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
  ): void {
    const { leaves } = this.#program;
    const { states, plan } = this.#evaluation;
    for (let i = 0; i < known.length; i++) {
      const id = known[i] >> 2;
      if (plan.leafActive[id] === 0 || states[id] === TRUE) continue;
      const leaf = leaves[id];
      const test = leaf.selection as SelectionTest;
      this.#tester.offer(leaf, test, origin, facet, name, path, text, known[i] & 3);
    }
  }

  /** Everything the text alone decides, whatever the state of this transaction: the same for every value with this text. */
  satisfiedBy(target: number, origin: number, name: string, path: string, text: string): CachedLeaves {
    let known = this.#cache.get(target, text);
    if (known === undefined) {
      known = this.#decide(target, origin, name, path, text);
      this.#cache.offer(target, text, known);
    }
    return known;
  }

  #decide(target: number, origin: number, name: string, path: string, text: string): CachedLeaves {
    const candidates = this.#candidates;
    candidates.count = 0;
    this.#program.patterns.scan(target, text, candidates);
    if (candidates.count === 0) return NO_LEAVES;
    const found: number[] = [];
    const seen = new Set<number>();
    for (let i = 0; i < candidates.count; i++) {
      const id = this.#program.entryLeaf[candidates.ids[i]];
      if (seen.has(id)) continue;
      seen.add(id);
      const test = this.#program.leaves[id].selection as SelectionTest;
      let result: Truth = OPEN;
      if (candidates.confirmed[i] === 1) result = TRUE;
      // An excluded value counts whatever its text says.
      else if (test.pure && test.exclusions.length === 0)
        result = this.#tester.evaluate(test, origin, name, path, text);
      if (result !== FALSE) found.push((id << 2) | result);
    }
    return Int32Array.from(found);
  }
}
