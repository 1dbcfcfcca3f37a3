/**
 * The prefilter: which of many entries could match a value, at a cost that hardly depends on how many there are.
 *
 * Presence of bytes decides the alphabet; the alphabet's automaton reports literals; an entry all of whose clauses
 * were seen, whose masks and length fit and whose chain leads to the scanned variant is a candidate. Candidates with an
 * exact search are confirmed here, the others are the caller's. A match is never lost: each step checks a necessary
 * condition (property test: matcher-differential against naive evaluation). Scanning is linear in the value: a scan
 * meets each literal and each entry once per variant, and RE2 is linear too.
 */
import { assert } from '../core/assert.ts';
import { AlphabetPlan, type AlphabetStatistics, CLAUSE_BITS } from './alphabet-plan.ts';
import { ALPHABETS } from './alphabets.ts';
import type { CandidateBuffer } from './candidate-buffer.ts';
import { type ChainLeaf, ChainTrie, ChainWalk } from './chain-trie.ts';
import { ERASED } from './literals.ts';
import type { ChainStep, PatternEntry } from './pattern-entry.ts';
import { ByteSet } from './byte-set.ts';
import { alphabetOf, type PresenceMask } from './presence.ts';
import type { CompiledRegex } from './regex.ts';
import { parseNeed, requirementOf } from './requirement.ts';

export { CandidateBuffer } from './candidate-buffer.ts';
export type { ChainStep, Need, PatternEntry } from './pattern-entry.ts';

const CLAUSE_MASK = (1 << CLAUSE_BITS) - 1;

/** The part of the set that looks at one target class. */
interface TargetPlan {
  /** Bit e: entry e looks at the target. */
  readonly members: Int32Array;
  /** Nodes of the chain trie whose variants are scanned. */
  readonly scanNodes: Int32Array;
  /** A value without these bits is its only variant. */
  readonly triggers: PresenceMask;
  /** Per alphabet: members without a clause. */
  readonly always: readonly Int32Array[];
  /** Per alphabet: whether any member waits for a literal. */
  readonly filtered: readonly boolean[];
  /** Per alphabet: no member matches a shorter text. */
  readonly shortest: readonly number[];
}

export interface PatternSetStatistics {
  readonly entries: number;
  readonly chainNodes: number;
  readonly alphabets: readonly AlphabetStatistics[];
}

export class PatternSet {
  readonly statistics: PatternSetStatistics;
  readonly #ids: Int32Array;
  readonly #exact: readonly (CompiledRegex | undefined)[];
  readonly #leaves: readonly (readonly ChainLeaf[])[];
  readonly #plans: readonly AlphabetPlan[];
  readonly #targets: (TargetPlan | undefined)[] = [];
  readonly #walk: ChainWalk;
  /** Doubles count scans without ever wrapping. */
  readonly #seenStamps: Float64Array;
  readonly #seenBits: Uint8Array;
  readonly #reportStamps: Float64Array;
  readonly #testedStamps: number[] = [];
  #scanEpoch = 0;
  #valueEpoch = 0;
  #testEpoch = 0;

  /** Compiles the entries; ids must be unique. @throws RegexSyntaxError */
  constructor(entries: readonly PatternEntry[]) {
    assert(new Set(entries.map((entry) => entry.id)).size === entries.length, 'entry ids are unique');
    const trie = new ChainTrie();
    this.#ids = Int32Array.from(entries, (entry) => entry.id);
    this.#exact = entries.map((entry) => entry.exact);
    this.#leaves = entries.map((entry) => trie.addChain(entry.chain));
    const needs = entries.map((entry) => parseNeed(entry.need));
    const brought = entries.map((entry, i) =>
      this.#leaves[i].some(({ leaf, scan }) => leaf !== scan) ? broughtBy(entry.chain) : null,
    );
    this.#plans = ALPHABETS.map(
      (alphabet) => new AlphabetPlan(needs.map((need, i) => requirementOf(need, alphabet, brought[i]))),
    );
    for (const target of new Set(entries.flatMap((entry) => entry.targets))) {
      this.#targets[target] = this.#planTarget(entries, target, trie);
    }
    this.#walk = new ChainWalk(trie);
    this.#seenStamps = new Float64Array(entries.length);
    this.#seenBits = new Uint8Array(entries.length);
    this.#reportStamps = new Float64Array(entries.length);
    this.statistics = {
      entries: entries.length,
      chainNodes: trie.parents.length,
      alphabets: this.#plans.map((plan) => plan.statistics),
    };
  }

  /** Fills `out` with the candidates for a latin1 value of the target; clears it first. */
  scan(target: number, text: string, out: CandidateBuffer): void {
    out.clear();
    const plan = this.#targets[target];
    if (plan === undefined) return;
    const walk = this.#walk;
    this.#valueEpoch++;
    walk.begin(text);
    if ((walk.lows[0] & plan.triggers.low) !== 0 || (walk.highs[0] & plan.triggers.high) !== 0) {
      for (let i = 0; i < plan.scanNodes.length; i++) walk.variantAt(plan.scanNodes[i]);
    }
    // Confirming may add variants behind erasing steps; those are not scanned.
    const variants = walk.count;
    for (let variant = 0; variant < variants; variant++)
      this.#scanVariant(plan, variant, variants === 1, out);
  }

  #planTarget(entries: readonly PatternEntry[], target: number, trie: ChainTrie): TargetPlan {
    const members = new Int32Array((entries.length >>> 5) + 1);
    const scanNodes = new Set<number>();
    const list: number[] = [];
    entries.forEach((entry, i) => {
      if (!entry.targets.includes(target)) return;
      members[i >>> 5] |= 1 << (i & 31);
      list.push(i);
      for (const { scan } of this.#leaves[i]) scanNodes.add(scan);
    });
    let [low, high] = [0, 0];
    for (const node of scanNodes) {
      const mask = trie.pathTriggers(node);
      low |= mask.low;
      high |= mask.high;
    }
    return {
      members,
      scanNodes: Int32Array.from(scanNodes).sort(),
      triggers: { low, high },
      always: this.#plans.map((plan) =>
        Int32Array.from(list.filter((i) => plan.possible[i] === 1 && plan.awaited[i] === 0)),
      ),
      filtered: this.#plans.map((plan) => list.some((i) => plan.awaited[i] !== 0)),
      shortest: this.#plans.map((plan) =>
        list.reduce(
          (least, i) => (plan.possible[i] === 1 ? Math.min(least, plan.minLength(i)) : least),
          Infinity,
        ),
      ),
    };
  }

  #scanVariant(target: TargetPlan, variant: number, only: boolean, out: CandidateBuffer): void {
    const walk = this.#walk;
    const level = alphabetOf(walk.lows[variant], walk.highs[variant]);
    if (walk.texts[variant].length < target.shortest[level]) return;
    const plan = this.#plans[level];
    const always = target.always[level];
    for (let i = 0; i < always.length; i++) this.#consider(always[i], plan, variant, only, out);
    if (!target.filtered[level]) return;
    this.#scanEpoch++;
    const { hits, offsets, values } = plan.automaton;
    const hitCount = plan.automaton.scan(walk.texts[variant]);
    for (let h = 0; h < hitCount; h++) {
      const end = offsets[hits[h] + 1];
      for (let v = offsets[hits[h]]; v < end; v++) {
        const entry = values[v] >>> CLAUSE_BITS;
        if ((target.members[entry >>> 5] & (1 << (entry & 31))) === 0) continue;
        if (this.#completes(entry, values[v] & CLAUSE_MASK, plan))
          this.#consider(entry, plan, variant, only, out);
      }
    }
  }

  /** Notes a clause of the entry; whether it was the last one missing in this scan. */
  #completes(entry: number, bit: number, plan: AlphabetPlan): boolean {
    const before = this.#seenStamps[entry] === this.#scanEpoch ? this.#seenBits[entry] : 0;
    if ((before & bit) !== 0) return false;
    this.#seenStamps[entry] = this.#scanEpoch;
    this.#seenBits[entry] = before | bit;
    return (before | bit) === plan.awaited[entry];
  }

  #consider(entry: number, plan: AlphabetPlan, variant: number, only: boolean, out: CandidateBuffer): void {
    const walk = this.#walk;
    if (this.#reportStamps[entry] === this.#valueEpoch) return;
    if (!plan.admits(entry, walk.lows[variant], walk.highs[variant], walk.texts[variant].length)) return;
    const exact = this.#exact[entry];
    const holds =
      exact === undefined ? only || this.#leadsTo(entry, variant) : this.#confirm(entry, exact, variant);
    if (!holds) return;
    this.#reportStamps[entry] = this.#valueEpoch;
    out.push(this.#ids[entry], exact !== undefined);
  }

  #leadsTo(entry: number, variant: number): boolean {
    const leaves = this.#leaves[entry];
    for (let i = 0; i < leaves.length; i++) if (this.#walk.variantAt(leaves[i].scan) === variant) return true;
    return false;
  }

  /** Runs the exact search on each distinct text that the entry's chain makes of the variant. */
  #confirm(entry: number, exact: CompiledRegex, variant: number): boolean {
    const leaves = this.#leaves[entry];
    const walk = this.#walk;
    this.#testEpoch++;
    for (let i = 0; i < leaves.length; i++) {
      if (walk.variantAt(leaves[i].scan) !== variant) continue;
      const text = walk.variantAt(leaves[i].leaf);
      if (this.#testedStamps[text] === this.#testEpoch) continue;
      this.#testedStamps[text] = this.#testEpoch;
      if (exact.test(walk.texts[text])) return true;
    }
    return false;
  }
}

/** Bytes that the erasing steps at the end of a chain may put into a text that has none of them. */
function broughtBy(chain: readonly ChainStep[]): ByteSet {
  let brought = ByteSet.of('');
  for (let i = chain.length - 1; i >= 0 && chain[i].erases; i--) {
    const { brings } = chain[i];
    brought = brought.union(brings === undefined ? ERASED : ByteSet.of(brings));
  }
  return brought;
}
