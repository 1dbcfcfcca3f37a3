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
import { type AlphabetPlan, CLAUSE_BITS } from './alphabet-plan.ts';
import { ALPHABETS } from './alphabets.ts';
import { BranchScreens } from './branch-screen.ts';
import type { CandidateBuffer } from './candidate-buffer.ts';
import { type ChainLeaf, ChainTrie, ChainWalk, ROOT } from './chain-trie.ts';
import { ERASED } from './literals.ts';
import { type AlphabetStatistics, type MemberPlan, MemberPlanner } from './member-plan.ts';
import type { ChainStep, PatternEntry } from './pattern-entry.ts';
import { ByteSet } from './byte-set.ts';
import { alphabetOf } from './presence.ts';
import type { CompiledRegex } from './regex.ts';
import { type Erasure, parseNeed, type Requirement, requirementOf } from './requirement.ts';
import { type ScanPoint, ScanRoute } from './scan-route.ts';

export { CandidateBuffer } from './candidate-buffer.ts';
export type { ChainStep, Need, PatternEntry } from './pattern-entry.ts';

const NOWHERE: ScanPoint = { least: Infinity, clauses: [] };
const CLAUSE_MASK = (1 << CLAUSE_BITS) - 1;

/** The part of the set that looks at one target class. */
interface TargetPlan {
  /** Leads to the variants that are scanned. */
  readonly route: ScanRoute;
  readonly whole: MemberPlan;
  /** The entries of a branch that every text takes, with automata of their own. */
  readonly branches: ReadonlyMap<number, MemberPlan>;
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
  readonly #targets: (TargetPlan | undefined)[] = [];
  readonly #walk: ChainWalk;
  readonly #screens = new BranchScreens();
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
    const requirements = ALPHABETS.map((): (Requirement | null)[] => []);
    // The trees of one need at a time: those of all would be most of what compiling holds, some 150 MB.
    for (const { need, chain } of entries) {
      const parsed = parseNeed(need);
      const erasure = erasureOf(chain);
      ALPHABETS.forEach((alphabet, i) => requirements[i].push(requirementOf(parsed, alphabet, erasure)));
    }
    const planner = new MemberPlanner(requirements);
    const members = new Map<number, number[]>();
    entries.forEach((entry, i) => {
      for (const target of new Set(entry.targets)) {
        const known = members.get(target);
        if (known === undefined) members.set(target, [i]);
        else known.push(i);
      }
    });
    const wholes = planner.planTargets(members);
    for (const [target, ofTarget] of members) {
      const whole = wholes.get(target);
      if (whole !== undefined) this.#targets[target] = this.#planTarget(ofTarget, whole, planner, trie);
    }
    this.#walk = new ChainWalk(trie);
    this.#seenStamps = new Float64Array(entries.length);
    this.#seenBits = new Uint8Array(entries.length);
    this.#reportStamps = new Float64Array(entries.length);
    this.statistics = {
      entries: entries.length,
      chainNodes: trie.parents.length,
      alphabets: planner.statistics(),
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
    const { route } = plan;
    route.take(walk);
    for (let i = 0; i < route.count; i++) {
      const of =
        route.branches[i] === ROOT ? plan.whole : (plan.branches.get(route.branches[i]) ?? plan.whole);
      this.#scanVariant(of, route.variants[i], route.count === 1, out);
    }
  }

  #planTarget(
    members: readonly number[],
    whole: MemberPlan,
    planner: MemberPlanner,
    trie: ChainTrie,
  ): TargetPlan {
    const all = whole.plans[whole.plans.length - 1].bounds;
    const scans = new Map<number, ScanPoint>();
    for (const entry of members) {
      const least = all.minLength(entry);
      const clauses = planner.clausesOf(entry);
      for (const { scan } of this.#leaves[entry]) {
        const known = scans.get(scan) ?? NOWHERE;
        scans.set(scan, {
          least: Math.min(known.least, least),
          clauses: known.clauses === null || clauses === null ? null : [...known.clauses, ...clauses],
        });
      }
    }
    const route = new ScanRoute(trie, scans, this.#screens);
    const branches = new Map<number, MemberPlan>();
    for (const [branch, nodes] of route.scansByBranch()) {
      const inside = members.filter((entry) => this.#leaves[entry].some(({ scan }) => nodes.has(scan)));
      // Where most entries are in the branch, automata of its own would only be more memory.
      if (inside.length * 2 <= members.length) branches.set(branch, planner.planApart(inside));
    }
    return { route, whole, branches };
  }

  #scanVariant(target: MemberPlan, variant: number, only: boolean, out: CandidateBuffer): void {
    const walk = this.#walk;
    const level = alphabetOf(walk.lows[variant], walk.highs[variant]);
    if (walk.texts[variant].length < target.shortest[level]) return;
    const plan = target.plans[level];
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
    return (before | bit) === plan.bounds.awaited[entry];
  }

  #consider(entry: number, plan: AlphabetPlan, variant: number, only: boolean, out: CandidateBuffer): void {
    const walk = this.#walk;
    if (this.#reportStamps[entry] === this.#valueEpoch) return;
    if (!plan.bounds.admits(entry, walk.lows[variant], walk.highs[variant], walk.texts[variant].length))
      return;
    const exact = this.#exact[entry];
    const holds =
      exact === undefined ? only || this.#leadsTo(entry, variant) : this.#confirm(entry, exact, variant);
    if (!holds) return;
    this.#reportStamps[entry] = this.#valueEpoch;
    out.push(this.#ids[entry], exact !== undefined);
  }

  #leadsTo(entry: number, variant: number): boolean {
    const leaves = this.#leaves[entry];
    for (let i = 0; i < leaves.length; i++) if (this.#walk.scannedAt(leaves[i].scan) === variant) return true;
    return false;
  }

  /** Runs the exact search on each distinct text that the entry's chain makes of the variant. */
  #confirm(entry: number, exact: CompiledRegex, variant: number): boolean {
    const leaves = this.#leaves[entry];
    const walk = this.#walk;
    this.#testEpoch++;
    for (let i = 0; i < leaves.length; i++) {
      if (walk.scannedAt(leaves[i].scan) !== variant) continue;
      const text = walk.variantAt(leaves[i].leaf);
      if (this.#testedStamps[text] === this.#testEpoch) continue;
      this.#testedStamps[text] = this.#testEpoch;
      if (exact.test(walk.texts[text])) return true;
    }
    return false;
  }
}

/** What the erasing steps of a chain do to a text; null without such steps. */
function erasureOf(chain: readonly ChainStep[]): Erasure | null {
  const erasing = chain.filter((step) => step.erases);
  if (erasing.length === 0) return null;
  return erasing.reduce<Erasure>(
    (all, { brings, joins }) => ({
      brought: all.brought.union(brings === undefined ? ERASED : ByteSet.of(brings)),
      joined: all.joined.union(joins === undefined ? ByteSet.all() : ByteSet.of(joins).foldCase()),
    }),
    { brought: ByteSet.of(''), joined: ByteSet.of('') },
  );
}
