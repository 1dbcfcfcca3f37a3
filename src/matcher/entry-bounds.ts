/**
 * What each entry demands of a text over one alphabet beside literals: bytes that must occur, and a length. All groups of
 * targets share it, as it does not depend on who else is looked for.
 */
import { ANY_TEXT, presenceOf } from './presence.ts';
import { MASKS_MAX, type Requirement } from './requirement.ts';

const BOUNDS_STRIDE = MASKS_MAX * 2 + 2;
const LENGTH_MAX = 0x7fff_ffff;

export class EntryBounds {
  /** Bits of the clauses an entry waits for; 0 when it has none or cannot match. */
  readonly awaited: Uint8Array;
  readonly possible: Uint8Array;
  /** Per entry: low and high of each mask, then least and greatest length. */
  readonly #bounds: Int32Array;

  /** By entry; null for one that cannot match. */
  constructor(requirements: readonly (Requirement | null)[]) {
    const entries = requirements.length;
    this.awaited = new Uint8Array(entries);
    this.possible = new Uint8Array(entries);
    this.#bounds = new Int32Array(entries * BOUNDS_STRIDE);
    requirements.forEach((requirement, entry) => {
      if (requirement === null) return;
      this.possible[entry] = 1;
      this.awaited[entry] = (1 << requirement.clauses.length) - 1;
      this.#setBounds(entry, requirement);
    });
  }

  /** Whether a text with this presence and length passes the masks and bounds of the entry. */
  admits(entry: number, low: number, high: number, length: number): boolean {
    const bounds = this.#bounds;
    const at = entry * BOUNDS_STRIDE;
    return (
      length >= bounds[at + 6] &&
      length <= bounds[at + 7] &&
      ((low & bounds[at]) | (high & bounds[at + 1])) !== 0 &&
      ((low & bounds[at + 2]) | (high & bounds[at + 3])) !== 0 &&
      ((low & bounds[at + 4]) | (high & bounds[at + 5])) !== 0
    );
  }

  /** Bytes a text must have for the entry to match. */
  minLength(entry: number): number {
    return this.#bounds[entry * BOUNDS_STRIDE + 6];
  }

  #setBounds(entry: number, requirement: Requirement): void {
    const at = entry * BOUNDS_STRIDE;
    for (let i = 0; i < MASKS_MAX; i++) {
      const mask = i < requirement.masks.length ? presenceOf(requirement.masks[i]) : ANY_TEXT;
      this.#bounds[at + 2 * i] = mask.low;
      this.#bounds[at + 2 * i + 1] = mask.high;
    }
    this.#bounds[at + 6] = Math.min(requirement.minLength, LENGTH_MAX);
    this.#bounds[at + 7] = Math.min(requirement.maxLength, LENGTH_MAX);
  }
}
