/**
 * Who is looked for in a text of one target, and with which automata.
 *
 * Targets that look for nearly the same share the automata of their group (target-groups.ts): a table holds what one kind
 * of value needs and nothing else, so the part that is read stays in the cache.
 */
import { AlphabetPlan } from './alphabet-plan.ts';
import { EntryBounds } from './entry-bounds.ts';
import type { Clause } from './literals.ts';
import type { Requirement } from './requirement.ts';
import { groupsOf } from './target-groups.ts';

/** The entries that a text is scanned for. */
export interface MemberPlan {
  /** Bit e: entry e looks at the text. */
  readonly members: Int32Array;
  /** Per alphabet, as the other lists. */
  readonly plans: readonly AlphabetPlan[];
  /** Members without a clause. */
  readonly always: readonly Int32Array[];
  /** Whether any member waits for a literal. */
  readonly filtered: readonly boolean[];
  /** No member matches a shorter text. */
  readonly shortest: readonly number[];
}

export interface AlphabetStatistics {
  /** Entries that cannot match a text over the alphabet. */
  readonly impossible: number;
  /** Entries found by their literals. */
  readonly filtered: number;
  /** Entries only masks and lengths hold back. */
  readonly always: number;
  /** Of all automata of the alphabet together, as the figures below. */
  readonly literals: number;
  readonly states: number;
  readonly tableBytes: number;
}

/** Makes the plans of sets of entries. */
export class MemberPlanner {
  /** Per alphabet, by entry. */
  readonly #requirements: readonly (readonly (Requirement | null)[])[];
  readonly #bounds: readonly EntryBounds[];
  /** Targets often have the same entries in a branch. */
  readonly #made = new Map<string, readonly AlphabetPlan[]>();

  constructor(requirements: readonly (readonly (Requirement | null)[])[]) {
    this.#requirements = requirements;
    this.#bounds = requirements.map((ofAlphabet) => new EntryBounds(ofAlphabet));
  }

  /** The plan of each target, given its entries in ascending order. */
  planTargets(targets: ReadonlyMap<number, readonly number[]>): Map<number, MemberPlan> {
    const plans = new Map<number, MemberPlan>();
    for (const group of groupsOf(targets)) {
      const automata = this.#automataOf(group.entries);
      for (const target of group.targets) plans.set(target, this.#plan(targets.get(target) ?? [], automata));
    }
    return plans;
  }

  /** With automata that hold the literals of these entries alone. */
  planApart(entries: readonly number[]): MemberPlan {
    return this.#plan(entries, this.#automataOf(entries));
  }

  /**
   * A clause that the entry waits for in any text, or none if it matches no text; null if it waits for none. Erased bytes are
   * left out of its literals.
   */
  clausesOf(entry: number): readonly Clause[] | null {
    const requirement = this.#requirements[this.#requirements.length - 1]?.[entry] ?? null;
    if (requirement === null) return [];
    return requirement.clauses.length === 0 ? null : requirement.clauses.slice(0, 1);
  }

  statistics(): readonly AlphabetStatistics[] {
    return this.#bounds.map(({ possible, awaited }, alphabet) => {
      const filtered = awaited.reduce((count, bits) => count + (bits === 0 ? 0 : 1), 0);
      const all = possible.reduce((count, flag) => count + flag, 0);
      const made = [...this.#made.values()].map((plans) => plans[alphabet]);
      const sum = (of: (plan: AlphabetPlan) => number) => made.reduce((total, plan) => total + of(plan), 0);
      return {
        impossible: possible.length - all,
        filtered,
        always: all - filtered,
        literals: sum((plan) => plan.literals),
        states: sum((plan) => plan.automaton.states),
        tableBytes: sum((plan) => plan.automaton.tableBytes),
      };
    });
  }

  #automataOf(entries: readonly number[]): readonly AlphabetPlan[] {
    const key = entries.join();
    let made = this.#made.get(key);
    if (made === undefined) {
      const inside = new Set(entries);
      made = this.#requirements.map(
        (ofAlphabet, alphabet) =>
          new AlphabetPlan(
            ofAlphabet.map((requirement, entry) => (inside.has(entry) ? requirement : null)),
            undefined,
            this.#bounds[alphabet],
          ),
      );
      this.#made.set(key, made);
    }
    return made;
  }

  #plan(entries: readonly number[], plans: readonly AlphabetPlan[]): MemberPlan {
    const members = new Int32Array(((this.#requirements[0]?.length ?? 0) >>> 5) + 1);
    for (const entry of entries) members[entry >>> 5] |= 1 << (entry & 31);
    return {
      members,
      plans,
      always: this.#bounds.map(({ possible, awaited }) =>
        Int32Array.from(entries.filter((i) => possible[i] === 1 && awaited[i] === 0)),
      ),
      filtered: this.#bounds.map(({ awaited }) => entries.some((i) => awaited[i] !== 0)),
      shortest: this.#bounds.map((bounds) =>
        entries.reduce(
          (least, i) => (bounds.possible[i] === 1 ? Math.min(least, bounds.minLength(i)) : least),
          Infinity,
        ),
      ),
    };
  }
}
