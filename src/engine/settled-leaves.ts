/**
 * The values that settled the leaves of one exchange. A few dozen at most, so a list that is searched: a map that is
 * emptied gets a new table, and V8 puts that of an old map among old objects, where every request would leave it behind.
 */
import type { MaybeValue } from '../http/value.ts';

/** What settled a leaf; kept by reference, made into a `Witness` only when a report is asked for. */
export interface Settled {
  readonly origin: number;
  readonly facet: number;
  readonly name: string;
  readonly path: string;
  readonly value: MaybeValue;
  /** Number of the step, to find the value whose arrival decided a rule. */
  readonly step: number;
  readonly pointer: string | undefined;
  readonly reason: string | undefined;
}

export class SettledLeaves {
  readonly #leaves: number[] = [];
  readonly #values: (Settled | undefined)[] = [];
  #count = 0;

  get(leaf: number): Settled | undefined {
    for (let at = this.#count - 1; at >= 0; at--) if (this.#leaves[at] === leaf) return this.#values[at];
    return undefined;
  }

  /** A leaf settles once in a phase, so the list is no longer than the program has leaves. */
  set(leaf: number, value: Settled): void {
    this.#leaves[this.#count] = leaf;
    this.#values[this.#count++] = value;
  }

  /** Forgets the leaves of a phase that begins anew. */
  deleteWhere(isForgotten: (leaf: number) => boolean): void {
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      if (isForgotten(this.#leaves[at])) continue;
      this.#leaves[kept] = this.#leaves[at];
      this.#values[kept++] = this.#values[at];
    }
    this.#values.fill(undefined, kept, this.#count);
    this.#count = kept;
  }

  clear(): void {
    if (this.#count > 0) this.#values.fill(undefined, 0, this.#count);
    this.#count = 0;
  }
}
