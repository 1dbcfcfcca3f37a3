/**
 * `count`, `sum`, `repeats`, `one` over a selection, and the values a retaining binder block keeps.
 *
 * Each holds a bounded amount: `repeats` counts REPEATED_NAMES_MAX different values, `collect` keeps RETAINED_VALUES_MAX
 * values of RETAINED_BYTES_MAX in all; beyond, and when the selection broke off, the result is unknown.
 */
import { REPEATED_NAMES_MAX, RETAINED_BYTES_MAX, RETAINED_VALUES_MAX } from '../core/limits.ts';
import { UNKNOWN } from '../http/value.ts';
import type { FileRecord, MaybeValue } from '../http/value.ts';
import type { AccumulatorReading, RetainedValue } from './evaluation-context.ts';
import type { AccumulatorSpec } from './program.ts';

export class Accumulator implements AccumulatorReading {
  readonly spec: AccumulatorSpec;
  readonly retained: RetainedValue[] = [];
  /** Something could not be read or kept. */
  incomplete = false;
  #number = 0;
  #bytes = 0;
  #only: MaybeValue = undefined;
  readonly #seen = new Map<string, number>();

  constructor(spec: AccumulatorSpec) {
    this.spec = spec;
  }

  reset(): void {
    this.incomplete = false;
    this.#number = 0;
    this.#bytes = 0;
    this.#only = undefined;
    this.retained.length = 0;
    if (this.#seen.size > 0) this.#seen.clear();
  }

  /** The count, sum or largest repetition so far; a lower bound while the phase runs. */
  get soFar(): number {
    return this.#number;
  }

  /** The result at the end of the phase. */
  get result(): MaybeValue {
    if (this.incomplete) return UNKNOWN;
    if (this.spec.kind !== 'one') return this.#number;
    return this.#number > 1 ? UNKNOWN : this.#only;
  }

  /** The selection broke off: there may be more. */
  breakOff(): void {
    this.incomplete = true;
  }

  take(
    value: MaybeValue,
    name: string,
    path: string,
    origin: number,
    facet: number,
    file: FileRecord | null,
  ): void {
    // A value that is kept has a name, whatever it says: exclusions and blocks look at that too.
    if (value === UNKNOWN && this.spec.kind !== 'collect') {
      this.incomplete = true;
      return;
    }
    switch (this.spec.kind) {
      case 'count':
        if (value !== undefined) this.#number++;
        break;
      case 'sum':
        if (typeof value === 'number') this.#number += value;
        break;
      case 'one':
        if (value === undefined) break;
        this.#number++;
        this.#only = value;
        break;
      case 'repeats':
        this.#repeat(value);
        break;
      case 'collect':
        this.#retain({ value, name, path, origin, facet, file });
    }
  }

  #repeat(value: MaybeValue): void {
    if (value === undefined) return;
    const key = typeof value === 'object' && 'text' in value ? value.text : String(value);
    const times = (this.#seen.get(key) ?? 0) + 1;
    if (times === 1 && this.#seen.size >= REPEATED_NAMES_MAX) {
      this.incomplete = true;
      return;
    }
    this.#seen.set(key, times);
    if (times > this.#number) this.#number = times;
  }

  #retain(entry: RetainedValue): void {
    this.#bytes += entry.name.length + (typeof entry.value === 'string' ? entry.value.length : 8);
    if (this.retained.length >= RETAINED_VALUES_MAX || this.#bytes > RETAINED_BYTES_MAX) {
      this.incomplete = true;
      return;
    }
    this.retained.push(entry);
  }
}
