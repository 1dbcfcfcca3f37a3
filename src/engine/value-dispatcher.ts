/**
 * Brings each value to the leaves that look at it: target class, prefilter, candidates, full test, leaf state.
 *
 * Most values end after one scan without a candidate. Values that repeat from request to request (field values,
 * cookies, all names) are looked up by (class, text) first; what is kept are the leaves the text satisfies by itself,
 * and those that need more than the text. Filters on names and exclusions are applied after either way.
 */
import { ORIGIN, PART, LEAF, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { FileRecord, MaybeValue, ValueSink } from '../http/value.ts';
import { CandidateBuffer } from '../matcher/candidate-buffer.ts';
import type { ValueCache } from '../matcher/value-cache.ts';
import { AccumulatorFeed } from './accumulator-feed.ts';
import type { Evaluation } from './evaluation.ts';
import { holdSpan } from './masks.ts';
import { FACET, FACETS, ORIGIN_FILE, ORIGIN_SCALAR } from './program.ts';
import type { Leaf, RuleProgram, SelectionTest } from './program.ts';
import { EMPTY_ARRAY, EMPTY_OBJECT, partOf, typedLeaf } from './leaf-values.ts';
import { offerSegment } from './long-values.ts';
import type { SegmentTarget } from './long-values.ts';
import { FALSE, OPEN, TRUE, UNKNOWN } from './three-valued.ts';
import type { Truth } from './three-valued.ts';

/** Leaf number and result (two bits) of what one text satisfies; OPEN: to be evaluated in its place. */
export type CachedLeaves = Int32Array;

/** Origins whose values repeat. */
const REPEATING =
  (1 << ORIGIN.header) | (1 << ORIGIN.cookie) | (1 << ORIGIN.response_header) | (1 << ORIGIN_SCALAR);
const ARGUMENT_ORIGINS =
  (1 << ORIGIN.query) |
  (1 << ORIGIN.form) |
  (1 << ORIGIN.json) |
  (1 << ORIGIN.multipart) |
  (1 << ORIGIN.xml) |
  (1 << ORIGIN.nested);

const NO_LEAVES: CachedLeaves = new Int32Array(0);

export class ValueDispatcher implements ValueSink, SegmentTarget {
  readonly #evaluation: Evaluation;
  readonly #program: RuleProgram;
  readonly #cache: ValueCache<CachedLeaves>;
  readonly #candidates = new CandidateBuffer();
  readonly accumulators: AccumulatorFeed;
  readonly longAtoms = new Map<number, Uint8Array>();
  readonly #lengths = new Float64Array(32);
  readonly #half: number;
  /** Called after each value: rules and thresholds are looked at between values, never inside one. */
  onStep: (() => void) | null = null;
  /** Called after the step of a value, or the first segment of one, that may hold JSON of its own, whose leaves are steps that follow. */
  onText: ((origin: number, name: string, path: string, text: string, part: number) => void) | null = null;
  /** The verdict is final: nothing more is looked at. */
  stopped = false;

  constructor(evaluation: Evaluation, cache: ValueCache<CachedLeaves>) {
    this.#evaluation = evaluation;
    this.#program = evaluation.program;
    this.#cache = cache;
    this.#half = Math.max(1, evaluation.program.settings.bodyWindowBytes >>> 1);
    this.accumulators = new AccumulatorFeed(evaluation);
  }

  reset(): void {
    this.onStep = null;
    this.onText = null;
    this.stopped = false;
    if (this.longAtoms.size > 0) this.longAtoms.clear();
  }

  value(
    origin: number,
    name: string,
    path: string,
    text: string,
    part: number,
    leaf: number,
    at: number,
    length: number,
  ): void {
    if (this.stopped) return;
    const evaluation = this.#evaluation;
    evaluation.step++;
    const first = (part & PART.FIRST) !== 0;
    if (((1 << origin) & ARGUMENT_ORIGINS) !== 0) {
      evaluation.argumentBytes += first ? name.length + text.length : text.length - this.#half;
    }
    this.#offerFacet(origin, FACET.VALUE, name, path, text, part, leaf, at, length);
    if (first) {
      this.#offerFacet(origin, FACET.NAME, name, path, name, PART.WHOLE, LEAF.TEXT, -1, 0);
      this.#offerFacet(origin, FACET.PATH, name, path, path, PART.WHOLE, LEAF.TEXT, -1, 0);
    }
    this.onStep?.();
    if (this.onText !== null && !this.stopped && first && leaf === LEAF.TEXT && origin !== ORIGIN.nested) {
      this.onText(origin, name, path, text, part);
    }
  }

  /** A scalar that selections look at, under the name of its field. */
  scalar(target: number, field: string, value: MaybeValue): void {
    if (typeof value === 'string') {
      this.#scan(target, ORIGIN_SCALAR, FACET.VALUE, field, field, value, value, -1, 0);
    } else if (value !== undefined) {
      this.#offerDirect(target, field, value);
    } else {
      this.#settleExcluded(target, field);
    }
  }

  /** A test on an excluded scalar favours no match, whether the scalar is there or not (docs/language.md, Evaluation 9). */
  #settleExcluded(target: number, field: string): void {
    for (const id of this.#program.targets.leavesOf[target]) {
      const leaf = this.#program.leaves[id];
      const test = leaf.selection as SelectionTest;
      if (!leaf.negative || test.exclusions.length === 0) continue;
      if (test.filter !== null && !test.filter(ORIGIN_SCALAR, FACET.VALUE, field, field)) continue;
      if (this.isExcluded(test, ORIGIN_SCALAR, FACET.VALUE, field, field)) this.#evaluation.settle(id, TRUE);
    }
  }

  file(file: FileRecord): void {
    if (this.stopped) return;
    const evaluation = this.#evaluation;
    evaluation.step++;
    for (const { leaf: id, part } of this.#program.targets.fileLeaves) {
      if (evaluation.plan.leafActive[id] === 0 || evaluation.states[id] === TRUE) continue;
      const leaf = this.#program.leaves[id];
      const test = leaf.selection as SelectionTest;
      const value = part === null ? file.filename : partOf(file, part);
      evaluation.boundFiles[test.binding] = file;
      this.#offer(leaf, test, ORIGIN_FILE, FACET.VALUE, file.name, file.name, value, OPEN);
    }
    for (const { part, target } of this.#program.targets.fileTexts) {
      if (evaluation.plan.targetActive[target] === 1) this.#offerFileText(file, target, file[part]);
    }
    this.accumulators.file(file);
    this.onStep?.();
  }

  #offerFileText(file: FileRecord, target: number, text: string): void {
    const { patterns, leaves, entryLeaf } = this.#program;
    const { plan, states, boundFiles } = this.#evaluation;
    const candidates = this.#candidates;
    candidates.count = 0;
    patterns.scan(target, text, candidates);
    for (let i = 0; i < candidates.count; i++) {
      const id = entryLeaf[candidates.ids[i]];
      if (plan.leafActive[id] === 0 || states[id] === TRUE) continue;
      const test = leaves[id].selection as SelectionTest;
      boundFiles[test.binding] = file;
      const known = candidates.confirmed[i] === 1 ? TRUE : OPEN;
      this.#offer(leaves[id], test, ORIGIN_FILE, FACET.VALUE, file.name, file.name, text, known);
    }
  }

  /**
   * An object or array begins: to a path with `[*]` it is an element like any other, of a type no literal has. No step
   * of its own: rules are looked at with the next value.
   */
  container(origin: number, name: string, path: string, isArray: boolean): void {
    if (this.stopped) return;
    const evaluation = this.#evaluation;
    const value = isArray ? EMPTY_ARRAY : EMPTY_OBJECT;
    const set = this.#program.targets.sets[origin * FACETS + FACET.VALUE];
    const target = set.byName?.get(name) ?? set.generic;
    if (target >= 0) {
      for (const id of this.#program.targets.leavesOf[target]) {
        const leaf = this.#program.leaves[id];
        const test = leaf.selection as SelectionTest;
        if (!test.typed || evaluation.plan.leafActive[id] === 0 || evaluation.states[id] === TRUE) continue;
        this.#offer(leaf, test, origin, FACET.VALUE, name, path, value, OPEN);
      }
    }
    this.accumulators.container(origin, value, name, path);
  }

  #offerFacet(
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    part: number,
    leaf: number,
    at: number,
    length: number,
  ): void {
    const evaluation = this.#evaluation;
    const set = this.#program.targets.sets[origin * FACETS + facet];
    const target = set.byName === null ? set.generic : (set.byName.get(name) ?? set.generic);
    if (target >= 0 && evaluation.plan.targetActive[target] === 1) {
      if (part === PART.WHOLE) {
        const value = leaf === LEAF.TEXT ? text : typedLeaf(leaf, text);
        this.#scan(target, origin, facet, name, path, text, value, at, length);
      } else {
        const soFar = part === PART.FIRST ? text.length : this.#lengths[origin] + text.length - this.#half;
        this.#lengths[origin] = soFar;
        offerSegment(this, evaluation, this.#candidates, {
          target,
          origin,
          name,
          path,
          text,
          part,
          soFar,
          at,
          isEarly: false,
        });
      }
    }
    this.accumulators.offer(origin, facet, name, path, text, part, leaf);
  }

  #scan(
    target: number,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    value: MaybeValue,
    at: number,
    length: number,
  ): void {
    if (facet !== FACET.VALUE || ((1 << origin) & REPEATING) !== 0) {
      this.#scanCached(target, origin, facet, name, path, text);
      return;
    }
    const { leaves, entryLeaf } = this.#program;
    const { states, plan } = this.#evaluation;
    const candidates = this.#candidates;
    candidates.count = 0;
    this.#program.patterns.scan(target, text, candidates);
    for (let i = 0; i < candidates.count; i++) {
      const id = entryLeaf[candidates.ids[i]];
      if (plan.leafActive[id] === 0) continue;
      const leaf = leaves[id];
      const test = leaf.selection as SelectionTest;
      if (test.spans !== null) this.#collect(leaf, test, origin, facet, name, path, text, value, at, length);
      else if (states[id] !== TRUE) {
        const known = candidates.confirmed[i] === 1 ? TRUE : OPEN;
        this.#offer(leaf, test, origin, facet, name, path, test.typed ? value : text, known);
      }
    }
  }

  #scanCached(target: number, origin: number, facet: number, name: string, path: string, text: string): void {
    let known = this.#cache.get(target, text);
    if (known === undefined) {
      known = this.#satisfiedBy(target, origin, name, path, text);
      this.#cache.offer(target, text, known);
    }
    const { leaves } = this.#program;
    const { states, plan } = this.#evaluation;
    for (let i = 0; i < known.length; i++) {
      const id = known[i] >> 2;
      if (plan.leafActive[id] === 0 || states[id] === TRUE) continue;
      const leaf = leaves[id];
      this.#offer(leaf, leaf.selection as SelectionTest, origin, facet, name, path, text, known[i] & 3);
    }
  }

  /** Everything the text alone decides, whatever the state of this transaction, so that it can be kept. */
  #satisfiedBy(target: number, origin: number, name: string, path: string, text: string): CachedLeaves {
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
        result = this.#evaluate(test, origin, name, path, text);
      if (result !== FALSE) found.push((id << 2) | result);
    }
    return Int32Array.from(found);
  }

  #evaluate(test: SelectionTest, origin: number, name: string, path: string, value: MaybeValue): Truth {
    const evaluation = this.#evaluation;
    evaluation.part = PART.WHOLE;
    evaluation.boundNames[test.binding] = name;
    evaluation.boundPaths[test.binding] = path;
    evaluation.boundOrigins[test.binding] = origin;
    return test.test(evaluation, value);
  }

  /** `known`: what is known already; OPEN when the test has to run. */
  #offer(
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
    const result = known === OPEN ? this.#evaluate(test, origin, name, path, value) : known;
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

  #collect(
    leaf: Leaf,
    test: SelectionTest,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    value: MaybeValue,
    at: number,
    length: number,
  ): void {
    if (test.filter !== null && !test.filter(origin, facet, name, path)) return;
    if (this.isExcluded(test, origin, facet, name, path)) return;
    const result = this.#evaluate(test, origin, name, path, test.typed ? value : text);
    if (result === FALSE) return;
    // A value that cannot be told to match is covered if another lets the rule hold.
    if (at >= 0) this.collectSpans(leaf, test, origin, text, at, length, typeof value === 'number');
    this.record(leaf.id, result, origin, facet, name, path, test.typed ? value : text);
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

  /** A scalar that is no text, or cannot be read, among the picks of a selection. */
  #offerDirect(target: number, field: string, value: MaybeValue): void {
    for (const id of this.#program.targets.leavesOf[target]) {
      const leaf = this.#program.leaves[id];
      const unreadable = value === UNREADABLE ? UNKNOWN : OPEN;
      this.#offer(
        leaf,
        leaf.selection as SelectionTest,
        ORIGIN_SCALAR,
        FACET.VALUE,
        field,
        field,
        value,
        unreadable,
      );
    }
  }
}
