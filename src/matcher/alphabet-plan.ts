/**
 * What the scanner needs for texts over one alphabet: the automaton of the literals that some entries wait for, and the
 * bounds checked behind it. Entries that cannot match such a text are left out; entries without a clause are listed per
 * target (member-plan.ts).
 */
import { AUTOMATON_TABLE_BYTES_MAX, LITERAL_BYTES_MAX } from '../core/limits.ts';
import { Automaton, tableBytes } from './automaton.ts';
import { EntryBounds } from './entry-bounds.ts';
import { prefixOf } from './literals.ts';
import type { Requirement } from './requirement.ts';

/** Clauses an automaton value can name: two bits beside the entry. */
export const CLAUSE_BITS = 2;

export class AlphabetPlan {
  readonly automaton: Automaton;
  readonly bounds: EntryBounds;
  readonly literals: number;

  /** By entry; null for those that are not looked for. `tableBytesMax` bounds the automaton. */
  constructor(
    requirements: readonly (Requirement | null)[],
    tableBytesMax = AUTOMATON_TABLE_BYTES_MAX,
    bounds = new EntryBounds(requirements),
  ) {
    const literals = fittingLiterals(requirements, tableBytesMax);
    this.automaton = new Automaton(literals);
    this.bounds = bounds;
    this.literals = literals.size;
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
        const prefix = prefixOf(literal, bytesMax);
        const values = literals.get(prefix);
        if (values === undefined) literals.set(prefix, [value]);
        else if (values.at(-1) !== value) values.push(value);
      }
    });
  });
  return literals;
}
