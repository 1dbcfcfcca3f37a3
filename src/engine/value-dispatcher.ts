/**
 * Brings each value to who looks at it: the value, its name and its path, to the leaves of their target classes and to the
 * accumulators.
 *
 * Fields of a JSON document come again and again, so what follows from the name of a leaf alone is found out once a
 * document: the class of its value, and what the name satisfies as a text of its own.
 */
import { NAME_ROUTES_MAX } from '../core/limits.ts';
import { ORIGIN, PART, LEAF, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { FileRecord, MaybeValue, ValueSink } from '../http/value.ts';
import { CandidateBuffer } from '../matcher/candidate-buffer.ts';
import type { ValueCache } from '../matcher/value-cache.ts';
import { AccumulatorFeed } from './accumulator-feed.ts';
import type { Evaluation } from './evaluation.ts';
import { LeafTester } from './leaf-tester.ts';
import { EMPTY_ARRAY, EMPTY_OBJECT, partOf } from './leaf-values.ts';
import { FACET, FACETS, ORIGIN_FILE, ORIGIN_SCALAR } from './program.ts';
import type { RuleProgram, SelectionTest } from './program.ts';
import { TextScanner } from './text-scanner.ts';
import type { CachedLeaves } from './text-scanner.ts';
import { OPEN, TRUE, UNKNOWN } from './three-valued.ts';

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
/** Origins whose names come again within a body, as strings whose hash is known. */
const NAMED_AGAIN = (1 << ORIGIN.json) | (1 << ORIGIN.response_json);

/** What follows from the name of a value. */
class NameRoute {
  readonly origin: number;
  /** Class of the value; -1 when nobody listens. */
  readonly target: number;
  /** What the name satisfies by itself. */
  readonly leaves: CachedLeaves;

  constructor(origin: number, target: number, leaves: CachedLeaves) {
    this.origin = origin;
    this.target = target;
    this.leaves = leaves;
  }
}

const NO_LEAVES: CachedLeaves = new Int32Array(0);

export class ValueDispatcher implements ValueSink {
  readonly #evaluation: Evaluation;
  readonly #program: RuleProgram;
  readonly #candidates = new CandidateBuffer();
  readonly accumulators: AccumulatorFeed;
  /** Tests values and segments for leaves. */
  readonly tester: LeafTester;
  readonly #scanner: TextScanner;
  readonly #nameRoutes = new Map<string, NameRoute>();
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
    this.#half = Math.max(1, evaluation.program.settings.bodyWindowBytes >>> 1);
    this.accumulators = new AccumulatorFeed(evaluation);
    this.tester = new LeafTester(evaluation);
    this.#scanner = new TextScanner(evaluation, this.tester, cache);
  }

  reset(): void {
    this.onStep = null;
    this.onText = null;
    this.stopped = false;
    this.tester.reset();
    if (this.#nameRoutes.size > 0) this.#nameRoutes.clear();
  }

  value(
    origin: number,
    name: string,
    path: string,
    text: string,
    part: number,
    leafType: number,
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
    const route = ((1 << origin) & NAMED_AGAIN) !== 0 ? this.#nameRoute(origin, name, path) : null;
    const target = route === null ? this.#activeTarget(origin, FACET.VALUE, name) : route.target;
    if (target >= 0) this.#offerValue(target, origin, name, path, text, part, leafType, at, length);
    const isCounted = this.accumulators.listensTo(origin);
    if (isCounted) this.accumulators.offer(origin, FACET.VALUE, name, path, text, part, leafType);
    if (first) {
      if (route === null) this.#offerRepeating(origin, FACET.NAME, name, path, name);
      else if (route.leaves.length > 0)
        this.#scanner.offerKnown(route.leaves, origin, FACET.NAME, name, path, name);
      if (isCounted) this.accumulators.offer(origin, FACET.NAME, name, path, name, PART.WHOLE, LEAF.TEXT);
      this.#offerRepeating(origin, FACET.PATH, name, path, path);
      if (isCounted) this.accumulators.offer(origin, FACET.PATH, name, path, path, PART.WHOLE, LEAF.TEXT);
    }
    this.onStep?.();
    if (
      this.onText !== null &&
      !this.stopped &&
      first &&
      leafType === LEAF.TEXT &&
      origin !== ORIGIN.nested
    ) {
      this.onText(origin, name, path, text, part);
    }
  }

  /** A scalar that selections look at, under the name of its field. */
  scalar(target: number, field: string, value: MaybeValue): void {
    if (typeof value === 'string') {
      this.#scanner.scanRepeating(target, ORIGIN_SCALAR, FACET.VALUE, field, field, value);
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
      if (this.tester.isExcluded(test, ORIGIN_SCALAR, FACET.VALUE, field, field))
        this.#evaluation.settle(id, TRUE);
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
      this.tester.offer(leaf, test, ORIGIN_FILE, FACET.VALUE, file.name, file.name, value, OPEN);
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
      this.tester.offer(leaves[id], test, ORIGIN_FILE, FACET.VALUE, file.name, file.name, text, known);
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
    const set = this.#evaluation.targetSets[origin * FACETS + FACET.VALUE];
    const target = set.byName?.get(name) ?? set.generic;
    if (target >= 0) {
      for (const id of this.#program.targets.leavesOf[target]) {
        const leaf = this.#program.leaves[id];
        const test = leaf.selection as SelectionTest;
        if (!test.typed || evaluation.plan.leafActive[id] === 0 || evaluation.states[id] === TRUE) continue;
        this.tester.offer(leaf, test, origin, FACET.VALUE, name, path, value, OPEN);
      }
    }
    this.accumulators.container(origin, value, name, path);
  }

  /** Class of one facet of values of this name; -1 when no leaf that is active listens. */
  #activeTarget(origin: number, facet: number, name: string): number {
    const set = this.#evaluation.targetSets[origin * FACETS + facet];
    const target = set.byName === null ? set.generic : (set.byName.get(name) ?? set.generic);
    return target >= 0 && this.#evaluation.plan.targetActive[target] === 1 ? target : -1;
  }

  #offerRepeating(origin: number, facet: number, name: string, path: string, text: string): void {
    const target = this.#activeTarget(origin, facet, name);
    if (target >= 0) this.#scanner.scanRepeating(target, origin, facet, name, path, text);
  }

  #nameRoute(origin: number, name: string, path: string): NameRoute {
    const known = this.#nameRoutes.get(name);
    if (known?.origin === origin) return known;
    const target = this.#activeTarget(origin, FACET.VALUE, name);
    const names = this.#activeTarget(origin, FACET.NAME, name);
    const leaves = names < 0 ? NO_LEAVES : this.#scanner.satisfiedBy(names, origin, name, path, name);
    const route = new NameRoute(origin, target, leaves);
    if (this.#nameRoutes.size < NAME_ROUTES_MAX) this.#nameRoutes.set(name, route);
    return route;
  }

  #offerValue(
    target: number,
    origin: number,
    name: string,
    path: string,
    text: string,
    part: number,
    leafType: number,
    at: number,
    length: number,
  ): void {
    if (part !== PART.WHOLE) {
      const soFar = part === PART.FIRST ? text.length : this.#lengths[origin] + text.length - this.#half;
      this.#lengths[origin] = soFar;
      this.#scanner.scanSegment({ target, origin, name, path, text, part, soFar, at, isEarly: false });
    } else if (((1 << origin) & REPEATING) !== 0) {
      this.#scanner.scanRepeating(target, origin, FACET.VALUE, name, path, text);
    } else {
      this.#scanner.scan(target, origin, FACET.VALUE, name, path, text, leafType, at, length);
    }
  }

  /** A scalar that is no text, or cannot be read, among the picks of a selection. */
  #offerDirect(target: number, field: string, value: MaybeValue): void {
    const known = value === UNREADABLE ? UNKNOWN : OPEN;
    for (const id of this.#program.targets.leavesOf[target]) {
      const leaf = this.#program.leaves[id];
      const test = leaf.selection as SelectionTest;
      this.tester.offer(leaf, test, ORIGIN_SCALAR, FACET.VALUE, field, field, value, known);
    }
  }
}
