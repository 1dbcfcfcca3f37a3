/**
 * Brings values to the accumulators whose selections take them, and has the rules that wait for a count looked at.
 *
 * An accumulator counts what arrived, whatever tests make of it: it has no prefilter and no cache, only its own filter.
 */
import { LEAF, PART, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { FileRecord, MaybeValue } from '../http/value.ts';
import type { Evaluation } from './evaluation.ts';
import { partOf, typedLeaf } from './leaf-values.ts';
import { FACET, ORIGIN_FILE, ORIGIN_SCALAR } from './program.ts';

const ORIGINS_MAX = 32;

export class AccumulatorFeed {
  readonly #evaluation: Evaluation;
  /** Numbers of accumulators by origin. */
  readonly #byOrigin: readonly (readonly number[])[];

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
    this.#byOrigin = Array.from({ length: ORIGINS_MAX }, (_, origin) =>
      evaluation.program.accumulators.flatMap((spec, index) =>
        (spec.origins & (1 << origin)) !== 0 ? [index] : [],
      ),
    );
  }

  /** Whether any accumulator takes values of the origin, or their names or paths. */
  listensTo(origin: number): boolean {
    return this.#byOrigin[origin].length > 0;
  }

  /** One facet of a value, or of a segment of one. */
  offer(
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    part: number,
    leaf: number,
  ): void {
    const taking = this.#byOrigin[origin];
    for (let i = 0; i < taking.length; i++) {
      this.#offerTo(taking[i], origin, facet, name, path, text, part, leaf);
    }
  }

  file(file: FileRecord): void {
    const { accumulators, plan } = this.#evaluation;
    for (const index of this.#byOrigin[ORIGIN_FILE]) {
      if (plan.accumulatorActive[index] === 0) continue;
      const { filePart } = accumulators[index].spec;
      const value = filePart === null ? file.filename : partOf(file, filePart);
      this.#accumulate(index, value, file.name, file.name, ORIGIN_FILE, FACET.VALUE, file);
    }
  }

  /** An object or array as an element of its own. */
  container(origin: number, value: MaybeValue, name: string, path: string): void {
    const { accumulators, plan } = this.#evaluation;
    for (const index of this.#byOrigin[origin]) {
      const { spec } = accumulators[index];
      if (!spec.typed || plan.accumulatorActive[index] === 0) continue;
      if (!spec.filter(origin, FACET.VALUE, name, path)) continue;
      this.#accumulate(index, value, name, path, origin, FACET.VALUE, null);
    }
  }

  /** A scalar among the picks, under the name of its field. */
  scalar(index: number, value: MaybeValue, field: string): void {
    if (value !== undefined) this.#accumulate(index, value, field, field, ORIGIN_SCALAR, FACET.VALUE, null);
  }

  #offerTo(
    index: number,
    origin: number,
    facet: number,
    name: string,
    path: string,
    text: string,
    part: number,
    leaf: number,
  ): void {
    const evaluation = this.#evaluation;
    const { spec } = evaluation.accumulators[index];
    if (evaluation.plan.accumulatorActive[index] === 0 || (spec.facets & (1 << facet)) === 0) return;
    if (!spec.filter(origin, facet, name, path)) return;
    // `container` has counted it.
    if (spec.typed && leaf === LEAF.EMPTY) return;
    if (part !== PART.WHOLE) {
      if ((part & PART.FIRST) === 0) return;
      const value = spec.plain && spec.kind === 'count' ? '' : UNREADABLE;
      evaluation.accumulators[index].take(value, name, path, origin, facet, null);
      this.#touchWatchers(spec.watchers);
      return;
    }
    const value = spec.typed && leaf !== LEAF.TEXT ? typedLeaf(leaf, text) : text;
    this.#accumulate(index, value, name, path, origin, facet, null);
  }

  #accumulate(
    index: number,
    value: MaybeValue,
    name: string,
    path: string,
    origin: number,
    facet: number,
    file: FileRecord | null,
  ): void {
    const accumulator = this.#evaluation.accumulators[index];
    accumulator.spec.expand(this.#evaluation, value, (result) =>
      accumulator.take(result, name, path, origin, facet, file),
    );
    this.#touchWatchers(accumulator.spec.watchers);
  }

  #touchWatchers(watchers: readonly number[]): void {
    for (const leaf of watchers) this.#evaluation.touch(leaf);
  }
}
