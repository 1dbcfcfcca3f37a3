/**
 * What the scanner needs for texts over one alphabet: the automaton, the clauses each entry waits for, and the bounds
 * checked behind it. Entries that cannot match such a text are left out; entries without a clause are listed per
 * target by the pattern set.
 */
import { AUTOMATON_TABLE_BYTES_MAX, LITERAL_BYTES_MAX } from '../core/limits.ts';
import { Automaton, tableBytes } from './automaton.ts';
import { MASKS_MAX, type Requirement } from './requirement.ts';
import { ANY_TEXT, presenceOf } from './presence.ts';

/** Clauses an automaton value can name: two bits beside the entry. */
export const CLAUSE_BITS = 2;
const BOUNDS_STRIDE = MASKS_MAX * 2 + 2;
const LENGTH_MAX = 0x7fff_ffff;

export interface AlphabetStatistics {
  /** Entries that cannot match a text over the alphabet. */
  readonly impossible: number;
  /** Entries found by their literals. */
  readonly filtered: number;
  /** Entries only masks and lengths hold back. */
  readonly always: number;
  readonly literals: number;
  readonly states: number;
  readonly tableBytes: number;
}

export class AlphabetPlan {
  readonly automaton: Automaton;
  /** Bits of the clauses an entry waits for; 0 when it has none or cannot match. */
  readonly awaited: Uint8Array;
  readonly possible: Uint8Array;
  readonly statistics: AlphabetStatistics;
  /** Per entry: low and high of each mask, then least and greatest length. */
  readonly #bounds: Int32Array;

  /** `tableBytesMax` bounds the automaton. */
  constructor(requirements: readonly (Requirement | null)[], tableBytesMax = AUTOMATON_TABLE_BYTES_MAX) {
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
    const literals = fittingLiterals(requirements, tableBytesMax);
    this.automaton = new Automaton(literals);
    const filtered = this.awaited.reduce((count, bits) => count + (bits === 0 ? 0 : 1), 0);
    const possible = this.possible.reduce((count, flag) => count + flag, 0);
    this.statistics = {
      impossible: entries - possible,
      filtered,
      always: possible - filtered,
      literals: literals.size,
      states: this.automaton.states,
      tableBytes: this.automaton.tableBytes,
    };
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

/** Prefixes of all literals, as long as the table stays within its limit: shorter ones filter less, not wrongly. */
function fittingLiterals(
  requirements: readonly (Requirement | null)[],
  tableBytesMax: number,
): Map<string, number[]> {
  let bytes = LITERAL_BYTES_MAX;
  for (;;) {
    const literals = collectLiterals(requirements, bytes);
    if (bytes <= 2 || tableBytes(literals) <= tableBytesMax) return literals;
    bytes -= 2;
  }
}

function collectLiterals(
  requirements: readonly (Requirement | null)[],
  bytesMax: number,
): Map<string, number[]> {
  const literals = new Map<string, number[]>();
  requirements.forEach((requirement, entry) => {
    requirement?.clauses.forEach((clause, bit) => {
      const value = (entry << CLAUSE_BITS) | (1 << bit);
      for (const literal of clause) {
        const prefix = literal.slice(0, bytesMax);
        const values = literals.get(prefix);
        if (values === undefined) literals.set(prefix, [value]);
        else if (values.at(-1) !== value) values.push(value);
      }
    });
  });
  return literals;
}
